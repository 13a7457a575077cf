"""One real build of a stranger's repository, signed; everything else is a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evidence.engine.cli import main
from evidence.engine.publish.sealing import VARIABLE
from tests.evidence.bundle.forging import Bundle, Keys
from tests.evidence.conftest import Stranger


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def signed(
    first_stranger: Stranger, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Stranger:
    """A stranger's repository after one whole signed build. Not to be changed."""
    root = tmp_path_factory.mktemp("signed") / "till"
    repository = Stranger(shutil.copytree(first_stranger.root, root))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(keys.file()))
        patch.setenv("NO_COLOR", "1")
        assert main(["--project", str(root), "--no-color"]) == 0
    return repository


@pytest.fixture
def bundle(signed: Stranger, keys: Keys, tmp_path: Path) -> Bundle:
    """The bundle of that build, to be tampered with."""
    return Bundle.of(signed.root / "build", keys, tmp_path)
