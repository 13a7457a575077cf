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


@pytest.fixture(scope="session")
def slim(signed: Stranger, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Without scripts, styles and Markdown, which no check reads more of than their bytes."""
    made = Bundle.of(signed.root / "build", keys, tmp_path_factory.mktemp("slim"))
    left_out = ("docs/", "site/assets/", "site/search/")
    made.files = {name: data for name, data in made.files.items() if not name.startswith(left_out)}
    return made.reseal()


@pytest.fixture
def bundle(slim: Bundle, tmp_path: Path) -> Bundle:
    """That build without ballast, to be tampered with."""
    return slim.copy(tmp_path)


@pytest.fixture
def whole(signed: Stranger, keys: Keys, tmp_path: Path) -> Bundle:
    """That build as it was published."""
    return Bundle.of(signed.root / "build", keys, tmp_path)
