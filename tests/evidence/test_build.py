"""build.run: what a build does, in which order, and what each command leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.engine import build, lock, reuse
from evidence.engine.arguments import Order, read_order
from evidence.engine.judge import verdict
from evidence.engine.publish import publication, sealing
from evidence.engine.report import Reporter

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

    def conclude(order: Order, *given: Any) -> int:
        register, found, judgement, _, where, sealed = given
        assert (register, found, judgement) == (REGISTER, FOUND, JUDGEMENT)
        done.append(f"concluded {where} {sealed}".strip())
        return 1

    monkeypatch.setattr(build, "_same_again", lambda order: None)
    monkeypatch.setattr(build, "_load_and_check", does("loaded", (PROJECT, REGISTER)))
    monkeypatch.setattr(build, "_prepare_publishing", does("prepared"))
    monkeypatch.setattr(build, "reporter_for", lambda order: Reporter(live=False))
    monkeypatch.setattr(lock, "alone", alone)
    monkeypatch.setattr(reuse, "reuse_of", does("asked", Reuse(done)))
    monkeypatch.setattr(build, "new_or_same_run", does("ran", FOUND))
    monkeypatch.setattr(build, "recorded_run", does("read", FOUND))
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


def test_build_loads_runs_judges_and_publishes(done: list[str]) -> None:
    assert build.run(read_order([])) == 1
    assert done == [
        *("loaded", "prepared", "locked", "asked", "ran", "judged", "published"),
        *(KEPT, "unlocked", END),
    ]


def test_site_publishes_what_was_recorded_and_waits_for_nobody_if_asked(done: list[str]) -> None:
    build.run(replace(read_order(["site"]), wait=False))
    assert done == [
        *("loaded", "prepared", "locked if free", "asked", "read", "judged", "published"),
        *(KEPT, "unlocked", END),
    ]


@pytest.mark.parametrize("arguments", [["run"], ["--only", "tests"]])
def test_run_and_one_gate_alone_publish_nothing(done: list[str], arguments: list[str]) -> None:
    build.run(read_order(arguments))
    assert done == ["loaded", "locked", "asked", "ran", "judged", "unlocked", "concluded"]


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
