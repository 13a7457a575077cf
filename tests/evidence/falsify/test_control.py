"""falsify.control: a test has its turn on unbroken code once, before it may notice a mutant."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.inside import fork
from evidence.engine.falsify.inside.fork import open_connections
from evidence.engine.falsify.pool import Worker
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.falsify.trace import Trace
from evidence.engine.run.bench import Bench

TEST, OTHER, THIRD = "t.py::a", "t.py::b", "t.py::c"
BENCH = cast(Bench, SimpleNamespace(stop=threading.Event()))
_Ends = str | Mapping[str, str]


WENT = Trace(frozenset({"m.py::f"}))


class Server:
    """Answers each question in turn as it is told: with one word for all tests, or with words for
    those that have a turn. An empty word is the server's own end."""

    def __init__(self, *ends: _Ends, controls: Controls | None = None, **answer: Any) -> None:
        self.ends, self.answer, self.controls = list(ends), answer, controls
        self.asked: list[tuple[list[str], bool]] = []
        self.was_locked: list[bool] = []

    def ask(self, tests: Sequence[Mapping[str, Any]], mutant: None, *, stop: bool) -> Answer:
        assert mutant is None
        self.asked.append(([test["test"] for test in tests], stop))
        if self.controls:
            self.was_locked.append(self.controls._turns[TEST].locked())
        ends = self.ends.pop(0)
        if ends == "":
            raise ServerDied("it ended")
        by_test = dict.fromkeys(self.asked[-1][0], ends) if isinstance(ends, str) else ends
        trials = [
            {"test": test, "outcome": end, "message": "", "elapsed_s": 0.1, "starts": test == OTHER}
            for test, end in by_test.items()
        ]
        return Answer(tuple(trials), **self.answer)


def worker(server: Server) -> Worker:
    return cast(Worker, SimpleNamespace(server=server, died=[], bury=lambda why: None))


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
    assert len(server.asked) == len(outcomes)
    assert controls.red == red
    assert controls.flaky == set(red) - ({TEST} if outcomes[-1] == "assertion" else set())


def test_two_workers_give_a_test_one_turn() -> None:
    controls = Controls()
    server = Server("passed", controls=controls)
    assert controls.green(TEST, worker(server))
    assert server.was_locked == [True]
    assert not controls._turns[TEST].locked()


def test_a_test_that_ends_the_server_is_red_and_not_tried_again() -> None:
    controls, server = Controls(), Server("")

    with pytest.raises(ServerDied):
        controls.green(TEST, worker(server))
    assert not controls.green(TEST, worker(server))
    assert controls.red == {TEST: "the fork server died: it ended"}


def test_all_have_their_turn_alone_and_only_who_is_not_green_once_more() -> None:
    controls = Controls(seconds={"t.py::known": 1.0}, red={"t.py::red": "it is red"})
    # The third's fork ended for nobody's fault: it never had its turn there.
    server = Server("crash", "assertion", "passed", {}, "passed", connected=("a:1",), trace=WENT)

    controls.before([THIRD, OTHER, TEST, "t.py::known", "t.py::red"], [worker(server)], BENCH)

    assert server.asked == [([each], True) for each in (TEST, TEST, OTHER, THIRD, THIRD)]
    # Whoever did not pass at once may have gone another way since.
    assert controls.traces == {TEST: None, OTHER: WENT, THIRD: None}
    assert controls.red == {"t.py::red": "it is red", TEST: "assertion"}
    assert controls.seconds == {"t.py::known": 1.0, OTHER: 0.1, THIRD: 0.1}
    assert (controls.starters, controls.flaky) == ({OTHER}, set())
    assert [line.partition(" open, ")[0] for line in controls.complaints] == [
        "The session's set-up leaves a connection to a:1"
    ]
    assert [controls.is_green(test) for test in (TEST, OTHER, "t.py::red", "t.py::x")] == [
        *(False, True, False, False)
    ]


def test_a_test_whose_fork_ends_alone_too_is_red_and_says_why() -> None:
    controls, server = Controls(), Server({}, {}, died="it exited with 3")
    controls.before([TEST], [worker(server)], BENCH)
    assert controls.red == {TEST: "its fork died: it exited with 3"}


def test_so_many_tests_share_a_fork_once_more_and_no_more_of_them() -> None:
    tests = [f"t.py::test_{number:02}" for number in range(60)]
    server = Server("passed", "passed", "passed")
    Controls(seconds=dict.fromkeys(tests, 0.01)).after(tests, [worker(server)], BENCH)
    assert [len(asked) for asked, _ in server.asked] == [25, 25, 10]
    assert [test for asked, _ in server.asked for test in asked] == tests


def test_those_that_take_long_share_no_fork_and_come_first() -> None:
    seconds = {"t.py::short": 0.5, TEST: 1.5, OTHER: 2.0, THIRD: 3.0, "t.py::last": 0.1}
    server = Server(*["passed"] * 4)
    Controls(seconds=seconds).after(sorted(seconds), [worker(server)], BENCH)
    assert [asked for asked, _ in server.asked] == [
        [THIRD],
        [OTHER],
        [TEST, "t.py::short"],
        ["t.py::last"],
    ]


def test_who_lost_no_server_but_had_no_turn_is_red() -> None:
    controls = Controls(seconds={OTHER: 0.1})
    controls.before([TEST, OTHER], [], BENCH)
    assert controls.red == {TEST: "no fork server lived to run it"}


def test_who_took_kills_and_is_red_now_takes_none() -> None:
    controls = Controls(seconds=dict.fromkeys((TEST, OTHER, THIRD), 0.1), red={"t.py::red": ""})
    server = Server({TEST: "crash", OTHER: "passed"}, "crash", "passed")

    controls.after([THIRD, OTHER, TEST, "t.py::red"], [worker(server)], BENCH)

    # The first may have ended the fork; who passes alone is as green as before.
    assert server.asked == [([TEST, OTHER, THIRD], False), ([TEST], True), ([THIRD], True)]
    assert controls.flaky == {TEST}
    assert controls.red == {
        "t.py::red": "",
        TEST: "flaky: it passed before mutants were tried and failed after that",
    }
    assert [controls.is_green(test) for test in (TEST, OTHER, THIRD)] == [False, True, True]


@pytest.mark.parametrize(("ends", "is_sound"), [("passed", True), ("crash", False), ({}, False)])
def test_a_server_is_sound_when_the_test_passes_in_it_now(ends: _Ends, is_sound: bool) -> None:
    server = Server(ends)
    assert Controls(red={TEST: "it was red"}).is_sound(TEST, worker(server)) is is_sound
    assert server.asked == [([TEST], True)]


def test_a_deadline_hangs_on_what_the_test_took_unbroken_and_on_patience() -> None:
    controls = Controls(seconds={TEST: 3.0})
    one, other = "t.py::a[1]", "t.py::a[2]"
    assert controls.order(TEST, [one, other], first=[other]) == {
        "test": TEST,
        "cases": [one, other],
        "first": [other],
        "deadline_s": 17.0,
    }
    assert controls.order(TEST, patience=3.0)["deadline_s"] == 51.0
    unmeasured = {"test": OTHER, "cases": [], "first": [], "deadline_s": 120.0}
    assert controls.order(OTHER, patience=2.0) == unmeasured


def test_worker_that_cannot_start_leaves_its_tests_red() -> None:
    controls = Controls()
    bench: Any = SimpleNamespace(stop=SimpleNamespace(is_set=lambda: True, set=lambda: None))
    controls.before(["t.py::a"], [], bench)
    assert controls.red == {"t.py::a": "no fork server lived to run it"}


def test_open_connection_is_seen_and_told() -> None:
    controls = Controls()
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = open_connections(but=-1)
        with socket.create_connection(server.getsockname()) as connection:
            found = [each for each in open_connections(but=-1) if each not in before]
            assert found == [f"127.0.0.1:{server.getsockname()[1]}"]
            assert open_connections(but=connection.fileno()) == before
    controls._complain_of(found)
    assert list(controls.complaints) == [
        f"The session's set-up leaves a connection to {found[0]} open, which all forks would "
        "share; close it with os.register_at_fork(before=…)."
    ]


def test_where_no_system_lists_what_is_open_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fork, "_MINE", tmp_path / "none")
    assert open_connections(but=-1) == []
