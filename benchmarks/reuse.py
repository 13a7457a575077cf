"""What a second build costs when nothing or one function has changed, beside the build that it
repeats: with every mutant tried, and without."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lib.beside import ROOT, measure, python, show
from lib.big import write_project

CLAIMS, WITH_MUTANTS = 500, 200
# Adds the same in another order, so that everything stays as green as it was.
CHANGE = """
import subprocess, sys
from pathlib import Path
file = Path(sys.argv[1]) / "src/area_0000.py"
one, other = "return event + 7\\n", "return 7 + event\\n"
text = file.read_text("utf-8")
file.write_text(text.replace(*((one, other) if one in text else (other, one))), "utf-8")
sys.exit(subprocess.call(sys.argv[2:]))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), CLAIMS)
        build = [sys.executable, str(ROOT / "build_evidence.py"), "--project", folder]
        # Here mutants would only hide what publishing costs.
        build.append("--no-falsify")
        commands = {
            "everything": [*build, "--no-cache"],
            "nothing changed": build,
            "start Python and import the engine": python("import evidence.engine.cli"),
        }
        show(f"{CLAIMS:,} claims with their tests", measure(commands, times=2))
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), WITH_MUTANTS)
        build = [sys.executable, str(ROOT / "build_evidence.py"), "--project", folder]
        commands = {
            "everything": [*build, "--no-cache"],
            "one function changed": python(CHANGE, folder, *build),
            "nothing changed": build,
        }
        show(f"{WITH_MUTANTS:,} claims with every mutant", measure(commands, times=2))


if __name__ == "__main__":
    main()
