"""Gate: the import contracts of `pyproject.toml` hold for the shop and for the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """import-linter's exit code; both wings are put on its path."""
    root = Path(__file__).resolve().parent.parent.parent
    paths = os.pathsep.join([str(root / "app"), str(root)])
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": paths}, cwd=root)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
