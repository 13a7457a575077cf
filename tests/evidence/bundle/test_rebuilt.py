"""A bundle whose commit is built again, and what came of that."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from evidence import verify
from tests.evidence.bundle.forging import Bundle, answer
from tests.evidence.conftest import Stranger


@pytest.mark.slow
def test_rebuilt_commit_has_the_same_bytes(
    signed: Stranger, whole: Bundle, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a ZIP of the clone, without the seller's key."""
    source = whole.home / "clone.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for path in sorted((signed.root / ".git").rglob("*")):
            if path.is_file():
                archive.write(path, f"till/{path.relative_to(signed.root)}")
    script = Path(verify.__file__).parents[1] / "build_evidence.py"
    whole.options = ["--rebuild", str(source), "--build", f"{sys.executable} {script} --no-color"]

    assert answer(whole, whole.zip()) == ("", 0)
    assert "all 89 files are the same, byte by byte." in capfd.readouterr().out


def test_build_that_leaves_nothing_or_something_else_is_refused(
    signed: Stranger, whole: Bundle
) -> None:
    path = whole.zip()
    rebuild = ["--rebuild", str(signed.root), "--build"]
    whole.options = [*rebuild, "git status --short"]
    assert answer(whole, path) == ("rebuild-failed", 111)

    other = whole.copy(whole.home).swap("site/index.html", "none is broken", "all is well")
    made = other.recount().folder("other")
    whole.options = [*rebuild, f"cp -r {made} build"]
    assert answer(whole, path) == ("rebuild-differs", 112)
