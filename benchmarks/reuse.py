"""What a second build costs when nothing has changed, beside the build that it repeats."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lib.beside import ROOT, measure, python, show
from lib.big import write_project

CLAIMS = 500


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), CLAIMS)
        build = [sys.executable, str(ROOT / "build_evidence.py"), "--project", folder]
        # Mutants are measured elsewhere; here they would only hide what publishing costs.
        build.append("--no-falsify")
        commands = {
            "everything": [*build, "--no-cache"],
            "nothing changed": build,
            "start Python and import the engine": python("import evidence.engine.cli"),
        }
        show(f"{CLAIMS:,} claims with their tests", measure(commands, times=2))


if __name__ == "__main__":
    main()
