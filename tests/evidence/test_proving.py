"""proving: what is wrong with the harness is said as soon as it is known; what results hang on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine import proving
from evidence.engine.falsify.known import NOTHING
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage import stage
from evidence.engine.falsify.sabotage.stage import Sabotaged
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.mistakes import Place
from evidence.engine.project import Service
from evidence.engine.register.model import Area, Claim, Gate, Link, Register
from tests.evidence.falsify.sabotage.lane import PATCH

CAUGHT = PatchRun("adds-one", "TILL-01", "It adds one.", (), Outcome.ASSERTION)


class Told:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda text: self.said.append((name, text))


@pytest.mark.parametrize(
    ("patches", "done", "said"),
    [
        (
            (PATCH,),
            Sabotaged((CAUGHT,), ("A fork lied.", "Another did.")),
            [
                ("stage", "sabotage"),
                ("note", "1 broken on purpose: 1 caught by an assertion"),
                ("problem", "A fork lied."),
                ("problem", "Another did."),
            ],
        ),
        ((), Sabotaged(()), []),
    ],
)
def test_complaints_about_patches_are_said(
    monkeypatch: pytest.MonkeyPatch, patches: Any, done: Sabotaged, said: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(stage, "sabotage", lambda *_: done)
    told = cast(Any, Told())
    given = cast(Any, None)
    proving._break_promises(given, Register(patches=patches), given, told, given)
    assert told.said == said


PLACE = Place("p")
GATE = Gate("tests", "They pass.", PLACE, pytest=("tests",), services=("postgres",))
TEST = Link("tests/test_till.py::test_adds", PLACE)
CLAIM = Claim("TILL-01", "Till", "It adds.", PLACE, tests=(TEST,))
SERVICE = Service("postgres", ("serve",), 5.0)


def known_of(root: Path, **changed: Any) -> Any:
    """With one small project, told otherwise in one way."""
    told: dict[str, Any] = {"gate": GATE, "services": (SERVICE,), "share": ("modules",)}
    told |= {"env": (), "secret_names": ("*KEY*",), "secret_patterns": ()}
    told |= {"outside": "python 3.11", "commit": "a" * 40, "files": {}} | changed
    given = {name: told[name] for name in ("services", "share", "env")}
    hidden = {name: told[name] for name in ("secret_names", "secret_patterns")}
    project = SimpleNamespace(root=root, **given, **hidden)
    register = Register(areas=(Area("Till", "", "t.yml", (CLAIM,)),), gates=(told["gate"],))
    reuse = SimpleNamespace(files=told["files"], outside=told["outside"])
    return proving.known_of(cast(Any, project), register, told["commit"], cast(Any, reuse), NOTHING)


@pytest.mark.parametrize(
    "changed",
    [
        {"gate": replace(GATE, env=(("RATE", "2"),))},
        {"gate": replace(GATE, pytest=("tests", "-W", "error"))},
        {"gate": replace(GATE, services=())},
        {"gate": replace(GATE, id="others")},
        {"services": (replace(SERVICE, start=("serve", "--fast")),)},
        {"share": ()},
        {"env": (("RATE", "2"),)},
        {"secret_names": ()},
        {"secret_patterns": ("till_.*",)},
        {"outside": "python 3.12"},
    ],
    ids=str,
)
def test_what_no_trial_is_seen_to_open_concerns_everybody(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    """The engine reads gates, services and shared folders where the project stands."""
    shared = Shared(Trace())
    same, other = known_of(tmp_path), known_of(tmp_path, **changed)
    assert same.now.of_shared(shared) == known_of(tmp_path).now.of_shared(shared)
    assert same.now.of_shared(shared) != other.now.of_shared(shared)


@pytest.mark.parametrize("word", ["{commit}", "nothing"])
def test_whoever_is_told_the_commit_hangs_on_it(tmp_path: Path, word: str) -> None:
    gate = replace(GATE, env=(("COMMIT", word),))
    keys = {
        known_of(tmp_path, gate=gate, commit=commit * 40).now.of_shared(Shared(Trace()))
        for commit in "ab"
    }
    assert len(keys) == (2 if word == "{commit}" else 1)


def test_what_is_known_is_of_this_commit_and_of_the_cited_tests(tmp_path: Path) -> None:
    path = TEST.text.partition("::")[0]
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text("def test_adds(): ...\n", "utf-8")
    known = known_of(tmp_path, commit="b" * 40, files={path: "file 1"})
    assert (known.commit, known.files, known.before) == ("b" * 40, {path: "file 1"}, NOTHING)
    # Whatever a cited test's own file says concerns its tests alone.
    changed = known_of(tmp_path, commit="b" * 40, files={path: "file 2"})
    opened = Shared(Trace(files=frozenset({path})))
    assert known.now.of_shared(opened) == changed.now.of_shared(opened)
    asked_git = Trace(files=frozenset({".git"}))
    elsewhere = known_of(tmp_path, commit="c" * 40, files={path: "file 1"})
    assert known.now.of([TEST.text], asked_git) != elsewhere.now.of([TEST.text], asked_git)
