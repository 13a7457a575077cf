"""The verifier as one file that a buyer can read, run alone and ask what it answers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evidence import sign, verify
from tests.evidence.bundle.forging import Bundle


@pytest.mark.parametrize("module", [verify, sign])
def test_it_imports_nothing_but_the_standard_library(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or "?"]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
    }
    assert names <= {*sys.stdlib_module_names}


def test_verifier_is_written_in_python_3_9() -> None:
    source = Path(verify.__file__).read_text("utf-8")
    ast.parse(source, feature_version=(3, 9))
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass\n", feature_version=(3, 9))


def test_bundle_carries_the_verifier_and_it_runs_alone(bundle: Bundle) -> None:
    root = bundle.folder()
    done = subprocess.run(
        [sys.executable, "-I", "-S", root / "verify.py", root, "--signers", bundle.keys.signers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("ok       accepted: ")


def test_help_lists_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verify.main(["--help"])
    said = capsys.readouterr().out
    for code, (name, meaning) in verify.REASONS.items():
        assert re.search(rf"^ +{code}  {name} +{re.escape(meaning)}$", said, re.M), name


def test_day_that_is_none_is_told(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        verify.main(["bundle", "--at", "tomorrow"])
    assert refused.value.code == 2
    assert "tomorrow: a day such as 20261231 expected" in capsys.readouterr().err
