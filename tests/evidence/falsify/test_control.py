"""falsify.control: a test has its turn on unbroken code once, before it may notice a mutant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.pool import Worker
from evidence.engine.falsify.server import Answer, ServerDied

TEST = "t.py::a"


class Server:
    """Ends each test in turn as it is told; an empty word is the server's own end."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes, self.asked = list(outcomes), 0

    def ask(self, tests: Sequence[Mapping[str, Any]], mutant: None, *, stop: bool) -> Answer:
        self.asked += 1
        outcome = self.outcomes.pop(0)
        if not outcome:
            raise ServerDied("it ended")
        told = {"outcome": outcome, "message": "", "elapsed_s": 0.1, "starts": False}
        return Answer(tuple({**told, "test": test["test"]} for test in tests))

    def clean(self, text: str) -> str:
        return text


def worker(server: Server) -> Worker:
    return cast(Worker, SimpleNamespace(server=server))


@pytest.mark.parametrize(
    ("outcomes", "is_green", "red"),
    [
        (["passed"], True, {}),
        (["assertion", "assertion"], False, {TEST: "assertion"}),
        (["crash", "passed"], False, {TEST: "flaky: it failed (crash) and then passed by itself"}),
    ],
)
def test_a_test_has_its_turn_once_when_it_is_first_needed(
    outcomes: list[str], is_green: bool, red: dict[str, str]
) -> None:
    controls, server = Controls(), Server(*outcomes)

    assert [controls.green(TEST, worker(server)) for _ in range(3)] == [is_green] * 3
    assert server.asked == len(outcomes)
    assert controls.red == red


def test_a_test_that_ends_the_server_is_red_and_not_tried_again() -> None:
    controls, server = Controls(), Server("")

    with pytest.raises(ServerDied):
        controls.green(TEST, worker(server))
    assert not controls.green(TEST, worker(server))
    assert controls.red == {TEST: "the fork server died: it ended"}
