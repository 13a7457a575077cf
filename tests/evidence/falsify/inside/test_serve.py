"""falsify.inside.serve: what a server leaves out that pytest would do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from _pytest.unraisableexception import gc_collect_iterations_key

from evidence.engine.falsify.inside.serve import _end_without_sweeping


def test_a_server_ends_without_looking_for_what_nobody_closed() -> None:
    config: Any = SimpleNamespace(stash=pytest.Stash())
    _end_without_sweeping(config)
    assert config.stash[gc_collect_iterations_key] == 0
