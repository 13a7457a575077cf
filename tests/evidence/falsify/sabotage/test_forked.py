"""falsify.sabotage.forked: a fork is believed where a cited test noticed, and some are checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage import forked
from evidence.engine.falsify.sabotage.bodies import Change
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply
from evidence.engine.falsify.sabotage.forked import Forked, Quick, quick, try_forked
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Area, Claim, Gate, Link, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.services import ServiceFailed, Services

PLACE = Place("p")
TEST, OTHER = "tests/test_till.py::test_adds", "tests/test_till.py::test_takes"
GATE = Gate("tests", "They pass.", PLACE, pytest=("tests",))
ROOT = Path("copy")
FILE, WAS, NOW = "till.py", "def f():\n    return 1\n", "def f():\n    return 2\n"
PATCH = Patch("adds-one", PLACE, "TILL-01", False, "It adds one.", "-1\n+2\n", (FILE,))


def trial(test: str, outcome: str, where: str = "tests/test_till.py") -> dict[str, Any]:
    told = {"test": test, "case": f"{test}[1]", "outcome": outcome, "message": "assert 1 == 2"}
    return {**told, "where": where, "elapsed_s": 0.1, "starts": False}


@dataclass
class Worker:
    """Its server answers on broken code as told, test by test; on unbroken code all pass but those
    in `red`. It takes down the file as it stood when a question was asked."""

    root: Path
    answer: Answer
    red: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    dies: bool = False
    connected: tuple[str, ...] = ()
    asked: list[Any] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def server(self) -> Worker:
        return self

    @property
    def copy(self) -> Worker:
        return self

    def bury(self, why: str) -> None:
        self.died.append(why)

    @contextmanager
    def broken(self, path: str, text: str) -> Iterator[None]:
        self.texts.append(f"{path} {text}")
        yield
        self.texts.append(f"{path} whole")

    def ask(self, tests: Sequence[Mapping[str, Any]], broken: Any, *, stop: bool) -> Answer:
        if self.dies:
            raise ServerDied("it ended")
        names = [test["test"] for test in tests]
        if broken is None:
            red = self.red if not self.asked else (*self.red, *self.later)
            ends = tuple(trial(n, "crash" if n in red else "passed") for n in names)
            return Answer(ends, connected=self.connected)
        self.asked.append((names, broken, stop))
        return self.answer


def asked(number: int = 4, tests: tuple[str, ...] = (TEST,)) -> list[tuple[Gate, Quick]]:
    change = Change(FILE, "f", 1, NOW)
    return [
        (GATE, Quick(replace(PATCH, name=f"patch-{n}"), tests, (change,), {FILE: NOW}))
        for n in range(number)
    ]


def tried(
    monkeypatch: pytest.MonkeyPatch,
    worker: Worker,
    patches: list[tuple[Gate, Quick]],
    *,
    share: float = 0.0,
) -> Forked:
    @contextmanager
    def pool(gate: Gate, tests: Sequence[str], **_: Any) -> Iterator[tuple[Any, ...]]:
        assert (gate, tests) == (GATE, sorted({t for _, each in patches for t in each.tests}))
        yield (worker,)

    monkeypatch.setattr(forked, "pool", pool)
    monkeypatch.setattr(forked, "_SHARE", share)
    bench = SimpleNamespace(stop=threading.Event(), tree=SimpleNamespace(commit="c" * 40))
    told: list[None] = []
    found = try_forked(
        patches,
        register=Register(),
        runs=(),
        results=Path(),
        bench=cast(Bench, bench),
        services=cast(Services, None),
        tell=lambda: told.append(None),
    )
    assert len(told) >= len(found.caught)
    return found


CAUGHT = Answer((trial(TEST, "assertion"),))


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
            SimpleNamespace(gate=each, broadest=lambda tests, each=each: [f"{each.id} {tests}"])
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
        bench=cast(Bench, SimpleNamespace(tree=SimpleNamespace(commit=""))),
        services=cast(Services, None),
        tell=lambda: None,
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
            bench=cast(Bench, SimpleNamespace(tree=SimpleNamespace(commit=""))),
            services=cast(Services, None),
            tell=lambda: None,
        )
    assert found.complaints == ["Gate tests: no database."]


def test_a_share_by_the_commit_is_checked_and_has_to_be_caught_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, again = (tried(monkeypatch, Worker(ROOT, CAUGHT), asked(8), share=0.3) for _ in range(2))
    assert (len(found.caught), len(found.checked)) == (5, 3)
    assert found.checked == again.checked
    assert found.disagreements(found.checked) == []
    name = next(iter(found.checked))
    lived = replace(found.checked[name], outcome=Outcome.SURVIVED)
    assert found.disagreements({**found.checked, name: lived}) == [
        f"Patch {name}: assertion in a fork, survived in processes of its own."
    ]
    crashed: dict[str, PatchRun] = {
        each: replace(run, outcome=Outcome.CRASH) for each, run in found.checked.items()
    }
    assert found.disagreements(crashed) == []


CLAIM = Claim("TILL-01", "Till", "It adds.", PLACE, tests=(Link(TEST, PLACE),))
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
    assert found == Quick(PATCH, (TEST,), (Change(FILE, "f", 1, NOW),), {FILE: NOW})


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
