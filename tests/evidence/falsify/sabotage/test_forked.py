"""falsify.sabotage.forked: a fork is believed where a cited test noticed, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Outcome
from evidence.engine.falsify.sabotage import forked
from evidence.engine.falsify.sabotage.bodies import Change
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply
from evidence.engine.falsify.sabotage.forked import Quick, quick, try_forked
from evidence.engine.falsify.server import Answer
from evidence.engine.falsify.trace import Trace
from evidence.engine.register.model import Area, Gate, Patch, Register
from evidence.engine.run.services import ServiceFailed, Services
from tests.evidence.falsify.sabotage.forks import (
    BENCH,
    CAUGHT,
    CLAIM,
    FILE,
    GATE,
    NOW,
    OTHER,
    PATCH,
    ROOT,
    TEST,
    WAS,
    Worker,
    asked,
    trial,
    tried,
)


def test_what_a_cited_test_notices_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(ROOT, CAUGHT)
    found = tried(monkeypatch, worker, asked())
    assert {run.outcome for run in found.caught.values()} == {Outcome.ASSERTION}
    run = found.caught["patch-0"]
    assert run.killed_by == (f"{TEST}[1]",)
    assert run.log == (f"{TEST}[1]", "  assert 1 == 2")
    assert (found.checked, found.complaints) == ({}, [])
    broken = {"file": str(ROOT / FILE), "unit": "f", "first_line": 1, "text": NOW}
    assert worker.asked[0] == ([TEST], [broken], True)
    assert worker.texts[:2] == [f"{FILE} {NOW}", f"{FILE} whole"]


def test_where_forks_went_is_kept_of_what_was_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    led = Trace(frozenset({"m.py::led"}))
    worker = Worker(ROOT, replace(CAUGHT, trace=led), unbroken=Trace(files=frozenset({"page"})))
    found = tried(monkeypatch, worker, asked())
    assert found.traces == dict.fromkeys(found.caught, Trace(led.functions, frozenset({"page"})))
    assert len(found.traces) == 4
    assert found.shared == worker.shared


def test_nobody_knows_where_a_patch_led_when_its_tests_went_nobody_knows_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Worker(ROOT, replace(CAUGHT, trace=Trace()), unbroken=None)
    assert set(tried(monkeypatch, worker, asked()).traces.values()) == {None}


@pytest.mark.parametrize(
    ("where", "outcome", "is_caught_as"),
    [
        (str(ROOT / FILE), "assertion", Outcome.CRASH),
        (str(ROOT / FILE), "crash", Outcome.CRASH),
        ("tests/test_till.py", "crash", Outcome.CRASH),
        ("tests/test_till.py", "assertion", Outcome.ASSERTION),
    ],
)
def test_an_assertion_of_the_broken_file_itself_is_a_crash(
    monkeypatch: pytest.MonkeyPatch, where: str, outcome: str, is_caught_as: Outcome
) -> None:
    worker = Worker(ROOT, Answer((trial(TEST, outcome, where),)))
    found = tried(monkeypatch, worker, asked())
    assert {run.outcome for run in found.caught.values()} == {is_caught_as}


@pytest.mark.parametrize(
    "worker",
    [
        Worker(ROOT, Answer((trial(TEST, "passed"),))),
        Worker(ROOT, Answer((trial(TEST, "timeout"),))),
        Worker(ROOT, Answer((trial(TEST, "setup error"),))),
        Worker(ROOT, Answer((trial(TEST, "missing"),))),
        Worker(ROOT, Answer((trial(TEST, "crash", phase="teardown"),))),
        Worker(ROOT, Answer((), died="it was ended")),
        Worker(ROOT, Answer((trial(TEST, "assertion"),), died="it was ended")),
        Worker(ROOT, Answer((trial(TEST, "assertion"),), cannot="it stands elsewhere")),
        Worker(ROOT, Answer(())),
        Worker(ROOT, CAUGHT, red=(TEST,)),
        Worker(ROOT, CAUGHT, later=(TEST,)),
        Worker(ROOT, CAUGHT, dies=True),
    ],
    ids=lambda worker: "",
)
def test_whatever_is_not_certain_is_left_to_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    found = tried(monkeypatch, worker, asked())
    assert (found.caught, found.checked) == ({}, {})


def test_one_red_test_leaves_its_patch_to_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = tried(monkeypatch, Worker(ROOT, CAUGHT, red=(OTHER,)), asked(tests=(TEST, OTHER)))
    assert found.caught == {}


def test_the_last_of_several_tests_is_the_one_that_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer((trial(TEST, "passed"), trial(OTHER, "assertion")))
    found = tried(monkeypatch, Worker(ROOT, answer), asked(tests=(TEST, OTHER)))
    assert {run.killed_by for run in found.caught.values()} == {(f"{OTHER}[1]",)}


def test_what_forks_share_with_each_other_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tried(monkeypatch, Worker(ROOT, CAUGHT, connected=("localhost:1",)), asked())
    assert len(found.complaints) == 1
    assert "a connection to localhost:1 open" in found.complaints[0]


def test_each_gate_has_servers_of_its_own_for_its_own_patches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What its own tests load is loaded before they fork."""
    served: list[tuple[str, list[str], Sequence[str]]] = []

    @contextmanager
    def pool(gate: Gate, tests: list[str], *, warm: Sequence[str], **_: Any) -> Iterator[Any]:
        served.append((gate.id, tests, warm))
        yield ()

    def recorded_by(*told: Any) -> Any:
        assert told[3] == [FILE]
        return [
            SimpleNamespace(
                gate=each, lines=Lines(), broadest=lambda tests, each=each: [f"{each.id} {tests}"]
            )
            for each in (GATE, others)
        ]

    others = replace(GATE, id="others")
    patches = asked() + [(others, each) for _, each in asked(tests=(OTHER,))]
    monkeypatch.setattr(forked, "pool", pool)
    monkeypatch.setattr(forked, "recorded_by", recorded_by)
    monkeypatch.setattr(forked, "_in_gate", lambda found, patches, *told: counted.append(patches))
    counted: list[Sequence[Quick]] = []
    try_forked(
        patches,
        register=Register(),
        runs=(),
        results=Path(),
        bench=BENCH,
        services=cast(Services, None),
    )
    assert served == [
        ("tests", [TEST], [f"tests {[TEST]}"]),
        ("others", [OTHER], [f"others {[OTHER]}"]),
    ]
    assert [{each.tests for each in patches} for patches in counted] == [{(TEST,)}, {(OTHER,)}]
    assert [len(patches) for patches in counted] == [4, 4]


def test_for_few_patches_no_server_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(ROOT, CAUGHT)
    assert tried(monkeypatch, worker, asked(3)).caught == {}
    assert worker.asked == []


def test_a_service_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(gate: Gate, tests: Sequence[str], **_: Any) -> Any:
        raise ServiceFailed("no database", ())

    patches = asked()
    with monkeypatch.context() as patch:
        found = tried(patch, Worker(ROOT, CAUGHT), patches)
        patch.setattr(forked, "pool", refused)
        found = try_forked(
            patches,
            register=Register(),
            runs=(),
            results=Path(),
            bench=BENCH,
            services=cast(Services, None),
        )
    assert found.complaints == ["Gate tests: no database."]


def test_some_of_what_was_caught_is_set_apart_to_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = tried(monkeypatch, Worker(ROOT, CAUGHT), asked(), checked=1)
    assert (sorted(found.checked), len(found.caught)) == (["patch-0"], 3)


class Littered(Worker):
    """The first that is asked is cut off and leaves rows, which the next test stumbles over; it
    sees nothing else."""

    rows: int = 0

    def renew(self) -> None:
        self.rows = 0

    def ask(self, tests: Sequence[Mapping[str, Any]], broken: Any, *, stop: bool) -> Answer:
        answer = super().ask(tests, broken, stop=stop)
        if broken is None:
            return answer
        if len(self.asked) == 1:
            self.rows = 1
            return self.answer
        return CAUGHT if self.rows else Answer((trial(TEST, "passed"),))


@pytest.mark.parametrize(
    "cut_off",
    [
        Answer((trial(TEST, "timeout"),)),
        Answer((trial(OTHER, "passed"), trial(TEST, "timeout"))),
        Answer((), died="it was ended by SIGSEGV"),
    ],
)
def test_what_a_patch_that_was_cut_off_left_behind_catches_no_other(
    monkeypatch: pytest.MonkeyPatch, cut_off: Answer
) -> None:
    worker = Littered(ROOT, cut_off)
    assert tried(monkeypatch, worker, asked()).caught == {}
    assert len(worker.asked) == 4


def test_a_server_that_nobody_was_cut_off_in_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (CAUGHT, Answer((trial(TEST, "passed"),)), Answer((), cannot="it moved")):
        worker = Worker(ROOT, answer)
        tried(monkeypatch, worker, asked())
        assert worker.renewed == 0


REGISTER = Register(areas=(Area("Till", "", "till.yml", (CLAIM,)),), gates=(GATE,))


def looked_at(tmp_path: Path, after: str | None, patch: Patch = PATCH) -> Any:
    (tmp_path / FILE).write_text(WAS, "utf-8")

    def break_(diff: str) -> None:
        if after is None:
            raise DoesNotApply("it no longer fits")
        (tmp_path / FILE).write_bytes(after.encode("utf-8", "surrogateescape"))

    clone = SimpleNamespace(root=tmp_path, break_=break_)
    return quick(patch, REGISTER, cast(Clone, clone), tmp_path)


def test_a_patch_of_function_bodies_may_be_tried_in_a_fork(tmp_path: Path) -> None:
    gate, found = looked_at(tmp_path, NOW)
    assert gate == GATE
    assert found == Quick(PATCH, (TEST,), (Change(FILE, "f", 1, NOW, (2, 2)),), {FILE: NOW})


@pytest.mark.parametrize(
    ("after", "patch"),
    [
        pytest.param(None, PATCH, id="no longer applies"),
        pytest.param(f"LIMIT = 1\n{WAS}", PATCH, id="more than bodies"),
        pytest.param("", PATCH, id="emptied"),
        pytest.param("\udcff", PATCH, id="no text"),
        pytest.param(NOW, replace(PATCH, touches=(FILE, "new.py")), id="new file"),
        pytest.param(NOW, replace(PATCH, touches=(FILE, "a.html")), id="no Python"),
        pytest.param(NOW, replace(PATCH, breaks="tests", is_control=True), id="breaks a gate"),
        pytest.param(NOW, replace(PATCH, breaks="TILL-02"), id="no tests"),
    ],
)
def test_any_other_patch_is_tried_in_processes_of_its_own(
    tmp_path: Path, after: str | None, patch: Patch
) -> None:
    (tmp_path / "a.html").write_text("tea", "utf-8")
    assert looked_at(tmp_path, after, patch) is None
