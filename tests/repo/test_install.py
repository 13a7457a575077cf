"""What set-up leaves behind so that everything after it starts sooner, and stays right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CHECKED_BY_DIGEST = (3).to_bytes(4, "little")  # PEP 552: the flags of such a file.

# Stands in for the environment's Python: pytest is only noted, lest it write into this one's.
PYTHON = """#!/bin/sh
case "$2" in
  pytest) env > "{folder}/asked"; echo "$@" >> "{folder}/asked"; cat *.py >> "{folder}/asked" ;;
  *) exec "{python}" "$@" ;;
esac
"""


def value(root: Path) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", "import module; print(module.VALUE)"],
        cwd=root / "app",
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def test_own_code_is_compiled_once_and_no_edit_is_missed(
    install: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("FOR_ALL_PROCESSES", "1")
    python, module = tmp_path / "python", tmp_path / "app/module.py"
    python.write_text(PYTHON.format(folder=tmp_path, python=sys.executable), "utf-8")
    python.chmod(0o755)
    module.parent.mkdir()
    module.write_text("VALUE = 1\n", "utf-8")
    install.keep_bytecode(python, tmp_path)
    (compiled,) = module.parent.glob("__pycache__/module.*.pyc")
    assert compiled.read_bytes()[4:8] == CHECKED_BY_DIGEST
    assert value(tmp_path) == "1"
    before = module.stat()
    module.write_text("VALUE = 2\n", "utf-8")
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert value(tmp_path) == "2"
    asked = (tmp_path / "asked").read_text("utf-8")
    assert "--collect-only" in asked
    assert install._PLUGINS in asked
    assert "FOR_ALL_PROCESSES=1" in asked
    assert "PYTHONDONTWRITEBYTECODE" not in asked
