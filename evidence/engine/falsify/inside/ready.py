"""Everything that tests share for a whole session, set up once, before anything is forked."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest


def set_up_session(session: pytest.Session, items: Iterable[pytest.Item]) -> dict[str, Any]:
    """Set up the session's fixtures that these tests use; those left to each child, by name.

    A fixture that starts a thread cannot be shared: a fork has only the thread that forked. One
    that fails is left too, so that the test that needs it says why.
    """
    session._setupstate.setup(session)  # type: ignore[arg-type]
    left: dict[str, Any] = {}
    for item in items:
        if isinstance(item, pytest.Function):
            for name in item._fixtureinfo.name2fixturedefs:
                _set_up(item, name, left)
            # The item starts afresh in its child, and finds the session's fixtures done.
            item._initrequest()
    return left


def end_left(left: dict[str, Any], item: pytest.Item) -> None:
    """End the fixtures that are left to children, which a test in this process has set up."""
    if isinstance(item, pytest.Function):
        item._initrequest()
        for definition in reversed(left.values()):
            if definition.cached_result is not None:
                definition.finish(item._request)


def _set_up(item: pytest.Function, name: str, left: dict[str, Any]) -> None:
    definitions = item._fixtureinfo.name2fixturedefs.get(name)
    definition: Any = definitions[-1] if definitions else None
    if definition is None or definition.scope != "session" or definition.params is not None:
        return
    if definition.cached_result is not None or name in left:
        return
    for other in definition.argnames:
        _set_up(item, other, left)
    if left.keys() & set(definition.argnames):
        left[name] = definition
        return
    before = threading.active_count()
    try:
        item._request.getfixturevalue(name)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        left[name] = definition
    if name in left or threading.active_count() > before:
        left[name] = definition
        definition.finish(item._request)
