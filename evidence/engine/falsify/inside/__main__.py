"""Started by path: `python <this folder> <descriptor> <pytest's arguments>`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

_NAME = "_evidence_inside"


def _start() -> int:
    folder = Path(__file__).resolve().parent
    # Python puts this folder first on the path, where its modules would hide the project's.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None  # noqa: S101 - the file stands beside this one
    sys.modules[_NAME] = importlib.util.module_from_spec(spec)
    code: int = importlib.import_module(f"{_NAME}.serve").main(int(sys.argv[1]), sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(_start())
