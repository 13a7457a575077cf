"""Gate: ruff finds nothing to mend, and nothing to format."""

from __future__ import annotations

import subprocess
import sys


def main() -> int:
    """The worse of ruff's two exit codes."""
    ruff = [sys.executable, "-m", "ruff"]
    linted = subprocess.run([*ruff, "check", "--no-cache", "."], check=False).returncode
    formatted = subprocess.run(
        [*ruff, "format", "--no-cache", "--check", "."], check=False
    ).returncode
    return max(linted, formatted)


if __name__ == "__main__":
    sys.exit(main())
