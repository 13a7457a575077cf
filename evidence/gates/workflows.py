"""Gate: the workflows pin their actions, ask for little and leak nothing, as zizmor sees it.

Exit code 0 when it finds nothing at its strictest, else its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WORKFLOWS = ".github/workflows"
OPTIONS = ["--offline", "--quiet", "--persona", "pedantic", "--format", "plain"]


def main() -> int:
    found = sorted(path.name for path in Path(WORKFLOWS).glob("*.yml"))
    if not found:
        sys.stdout.write(f"{WORKFLOWS}: no workflow found, at least one expected\n")
        return 1
    zizmor = Path(sys.executable).parent / "zizmor"
    ended = subprocess.run([str(zizmor), *OPTIONS, WORKFLOWS], check=False)
    if ended.returncode == 0:
        sys.stdout.write(f"{', '.join(found)}: nothing found\n")
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
