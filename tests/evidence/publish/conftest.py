"""A tiny project, judged by hand, to publish from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evidence.publish.sample import Sample, make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "shop")
