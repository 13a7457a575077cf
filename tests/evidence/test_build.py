"""build.run: what a build does, in which order, and what each command leaves out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine import build, lock, reuse
from evidence.engine.arguments import Order, read_order
from evidence.engine.cli import main
from evidence.engine.judge import verdict
from evidence.engine.judge.model import Status
from evidence.engine.mistakes import CannotRun
from evidence.engine.publish import publication, sealing
from evidence.engine.report import Reporter
from evidence.engine.run import tree
from evidence.engine.run.model import GateStatus
from tests.evidence.conftest import Stranger

# Kept here, for most tests put something else in their place.
CONCLUDE = build._conclude

PROJECT: Any = SimpleNamespace(work=Path("work"), build=Path("build"))
REGISTER: Any = SimpleNamespace(name="register")
FOUND: Any = SimpleNamespace(name="found")
JUDGEMENT: Any = SimpleNamespace(name="judgement")


class Reuse:
    def __init__(self, done: list[str]) -> None:
        self._done = done

    def keep_build(self, said: list[str], code: int) -> None:
        self._done.append(f"kept {said} {code}")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done; every stage of a build takes itself down and hands on what it has."""
    done: list[str] = []

    def does(name: str, gives: Any = None) -> Callable[..., Any]:
        def stage(*_: object, **__: object) -> Any:
            done.append(name)
            return gives

        return stage

    @contextmanager
    def alone(work: Path, *, wait: bool, tell: object) -> Iterator[None]:
        done.append("locked" if wait else "locked if free")
        yield
        done.append("unlocked")

    def judge(*given: object) -> Any:
        assert given == (PROJECT, REGISTER, FOUND)
        return does("judged", JUDGEMENT)()

    def as_it_stands(order: Order, given: object) -> Any:
        assert given is seen
        return does("read again", (PROJECT, REGISTER, Reuse(done)))()

    def conclude(order: Order, *given: Any) -> int:
        register, found, judgement, _, where, sealed = given
        assert (register, found, judgement) == (REGISTER, FOUND, JUDGEMENT)
        done.append(f"concluded {where} {sealed}".strip())
        return 1

    monkeypatch.setattr(build, "_same_again", lambda order: None)
    seen = SimpleNamespace(project=PROJECT)
    monkeypatch.setattr(build, "_read", does("read", seen))
    monkeypatch.setattr(build, "_as_it_stands", as_it_stands)
    monkeypatch.setattr(build, "_prepare_publishing", does("prepared"))
    monkeypatch.setattr(build, "reporter_for", lambda order: Reporter(live=False))
    monkeypatch.setattr(lock, "alone", alone)
    monkeypatch.setattr(build, "new_or_same_run", does("ran", FOUND))
    monkeypatch.setattr(build, "recorded_run", does("looked up", FOUND))
    monkeypatch.setattr(verdict, "judge", judge)
    monkeypatch.setattr(build, "_stands_already", lambda *given: False)
    monkeypatch.setattr(publication, "publish", does("published"))
    monkeypatch.setattr(sealing, "signing_key", lambda project: Path("key"))
    monkeypatch.setattr(sealing, "signed_by", lambda key: f"signed by {key}")
    monkeypatch.setattr("evidence.engine.report.summary_lines", lambda *given: [str(given[3])])
    monkeypatch.setattr(build, "_exit_code", lambda found, judgement: 1)
    monkeypatch.setattr(build, "_conclude", conclude)
    return done


END = "concluded build/site/index.html signed by key"
KEPT = "kept ['build/site/index.html'] 1"


def test_build_reads_again_what_changed_while_it_waited_then_runs_judges_and_publishes(
    done: list[str],
) -> None:
    assert build.run(read_order([])) == 1
    assert done == [
        *("read", "prepared", "locked", "read again", "ran", "judged", "published"),
        *(KEPT, "unlocked", END),
    ]


def test_site_publishes_what_was_recorded_and_waits_for_nobody_if_asked(done: list[str]) -> None:
    build.run(replace(read_order(["site"]), wait=False))
    assert done == [
        *("read", "prepared", "locked if free", "read again", "looked up", "judged", "published"),
        *(KEPT, "unlocked", END),
    ]


@pytest.mark.parametrize("arguments", [["run"], ["--only", "tests"]])
def test_run_and_one_gate_alone_publish_nothing(done: list[str], arguments: list[str]) -> None:
    build.run(read_order(arguments))
    assert done == ["read", "locked", "read again", "ran", "judged", "unlocked", "concluded"]


def test_site_that_stands_already_is_not_published_again(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_stands_already", lambda *given: True)
    build.run(read_order([]))
    assert "published" not in done
    assert done[-3:] == [KEPT, "unlocked", END]


def test_nothing_is_done_when_nothing_has_changed(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_same_again", lambda order: 0)
    assert build.run(read_order([])) == 0
    assert done == []


class Told:
    """What a call says at its end, in a reporter's place."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def summary(self, *given: object) -> None:
        assert given == (REGISTER, FOUND, JUDGED, "where", "sealed")
        self.said.append("summary")

    def problem(self, sentence: str) -> None:
        self.said.append(sentence)


JUDGED: Any = SimpleNamespace(
    complaints=(), says_too_much=(), counts=lambda: {Status.MET: 3, Status.PARTLY: 0, Status.NOT: 0}
)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(build, "_has_failed", lambda found: False)
    monkeypatch.setattr(build, "_exit_code", lambda found, judgement: 0)
    monkeypatch.setattr(JUDGED, "says_too_much", ())
    monkeypatch.setattr(FOUND, "tree", SimpleNamespace(dirty=False), raising=False)
    return Told()


def conclude(told: Told, *arguments: str) -> int:
    order, reporter = read_order(arguments), cast(Any, told)
    return CONCLUDE(order, REGISTER, FOUND, JUDGED, reporter, "where", "sealed")


def counted(partly: int = 0, failed: int = 0) -> Callable[[], dict[Status, int]]:
    return lambda: {Status.MET: 3, Status.PARTLY: partly, Status.NOT: failed}


@pytest.mark.parametrize(("has_failed", "code"), [(False, 0), (True, 1)])
def test_one_gate_alone_says_that_nothing_was_judged(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    has_failed: bool,
    code: int,
) -> None:
    monkeypatch.setattr(build, "_has_failed", lambda found: has_failed)
    assert conclude(told, "--only", "tests", "--only", "lint") == code
    assert capsys.readouterr().out == (
        "lint, tests ran alone, so no claim was judged or published.\n"
    )
    assert told.said == []


def test_build_ends_with_its_summary_and_the_number_of_what_was_found(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert conclude(told) == 0
    monkeypatch.setattr(build, "_exit_code", lambda found, judgement: 1)
    assert conclude(told) == 1
    assert told.said == ["summary", "summary"]


def test_sentence_that_is_not_borne_is_told_at_its_place(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = SimpleNamespace(place="public_claims.yml:3", where="README.md")
    said = SimpleNamespace(public=public, unborne_by=("A-01", "A-02"))
    monkeypatch.setattr(JUDGED, "says_too_much", (said,))
    conclude(told)
    assert told.said == [
        "summary",
        "public_claims.yml:3  README.md says more than is proved: A-01, A-02 not Met; prove it, "
        "or say less.",
    ]


def test_a_harness_that_cannot_be_trusted_says_so_at_the_end(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JUDGED, "complaints", ("A fork lied.", "So did one."))
    conclude(told)
    assert told.said == [
        "summary",
        "The harness that breaks code cannot be trusted: A fork lied.",
        "The harness that breaks code cannot be trusted: So did one.",
    ]


@pytest.mark.parametrize(
    ("counts", "is_dirty", "why"),
    [
        (counted(), False, ""),
        (counted(partly=1, failed=1), False, "not every claim in scope is Met"),
        (counted(partly=1), False, "not every claim in scope is Met"),
        (counted(failed=1), True, "not every claim in scope is Met and changes are not committed"),
        (counted(), True, "changes are not committed"),
    ],
)
def test_release_is_held_back_by_what_a_build_may_lack(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    counts: Callable[[], dict[Status, int]],
    is_dirty: bool,
    why: str,
) -> None:
    monkeypatch.setattr(JUDGED, "counts", counts)
    monkeypatch.setattr(FOUND.tree, "dirty", is_dirty)
    assert conclude(told) == 0
    assert conclude(told, "--release") == int(bool(why))
    assert told.said == ["summary", "summary", *([f"No release: {why}."] if why else [])]


@pytest.mark.parametrize(
    ("gate", "complaints", "says_too_much", "failed", "code"),
    [
        (GateStatus.PASSED, (), (), 0, 0),
        (GateStatus.NOT_RUN, (), (), 0, 0),
        (GateStatus.FAILED, (), (), 0, 1),
        (GateStatus.PASSED, ("A fork lied.",), (), 0, 1),
        (GateStatus.PASSED, (), ("too much",), 0, 1),
        (GateStatus.PASSED, (), (), 1, 1),
    ],
)
def test_number_of_a_build_stands_for_all_that_it_found(
    gate: GateStatus,
    complaints: tuple[str, ...],
    says_too_much: tuple[str, ...],
    failed: int,
    code: int,
) -> None:
    found: Any = SimpleNamespace(gates=[SimpleNamespace(status=gate)])
    judged: Any = SimpleNamespace(
        complaints=complaints, says_too_much=says_too_much, counts=counted(failed=failed)
    )
    assert build._has_failed(found) is (gate is GateStatus.FAILED)
    assert build._exit_code(found, judged) == code


def test_files_that_change_while_they_are_read_are_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At first when its turn has come, and again while it reads them."""
    files = [{"a": "1"}, {"a": "2"}, {"a": "2"}, {"a": "3"}, {"a": "3"}, {"a": "3"}]
    loads: list[Any] = []

    def load(order: Order) -> tuple[Any, Any, tuple[str, ...]]:
        loads.append(f"register {len(loads) + 1}")
        return PROJECT, loads[-1], ("a dead link",)

    def reuse_of(project: object, register: object) -> Any:
        return SimpleNamespace(project=project, register=register, files=files.pop(0))

    checked: list[object] = []
    monkeypatch.setattr(build, "_check_files", lambda order, *given: checked.append(given))
    monkeypatch.setattr(build, "_project_of", lambda order: PROJECT)
    monkeypatch.setattr(build, "load", load)
    monkeypatch.setattr(build, "_check", lambda order, *given: checked.append(given))
    monkeypatch.setattr(tree, "read_files", lambda project: files.pop(0))
    monkeypatch.setattr(reuse, "reuse_of", reuse_of)

    order = read_order([])
    seen = build._read(order)
    assert (seen.project, seen.register, seen.files) == (PROJECT, "register 1", {"a": "1"})
    assert checked == [(PROJECT, {"a": "1"}), (PROJECT, "register 1", ("a dead link",))]
    project, register, found = build._as_it_stands(order, seen)
    assert (project, register, found.register) == (PROJECT, "register 3", "register 3")
    assert checked[-1] == (PROJECT, "register 3", ("a dead link",))
    assert files == []


def test_build_that_waited_proves_what_stands_there_then(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def alone(work: Path, *, wait: bool, tell: object) -> Iterator[None]:
        stranger.replace("evidence/claims/till.yml", "says: A basket", "says: A whole basket")
        stranger.commit()
        yield

    monkeypatch.setattr(lock, "alone", alone)
    assert main(["--project", str(stranger.root), "--no-color", "--no-falsify"]) == 0
    told = json.loads(stranger.read("build/site/evidence.json"))
    assert told["commit"] == stranger.git("rev-parse", "HEAD")
    assert told["claims"][0]["says"].startswith("A whole basket costs ")


INNER = {"a.py": "file 1", "inner/": "folder 2"}


def test_file_that_git_passes_over_is_told_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tree, "overlooked", lambda project: ["till/money.py"])
    build._check_files(read_order([]), PROJECT, {"a.py": "file 1"})
    assert capsys.readouterr().out == (
        "till/money.py: git was told to pass over it, so this counts as a build over changes; end "
        "that by `git update-index --no-assume-unchanged --no-skip-worktree till/money.py`\n"
    )


@pytest.mark.parametrize(
    ("arguments", "is_refused"),
    [([], True), (["run"], True), (["--no-falsify"], False), (["site"], False)],
)
def test_nothing_is_broken_beside_a_repository_within_this_one(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], is_refused: bool
) -> None:
    monkeypatch.setattr(tree, "overlooked", lambda project: [])
    refused: Any = pytest.raises(CannotRun, match=r"^inner/: is a repository within this one, ")
    with refused if is_refused else nullcontext():
        build._check_files(read_order(arguments), PROJECT, INNER)
