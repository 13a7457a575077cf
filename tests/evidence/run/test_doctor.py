"""The doctor: what a machine can prove, without knowing any project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.doctor import Finding, examine
from evidence.engine.project import Service
from evidence.engine.register.model import Register
from tests.evidence.run.conftest import Bench, gate


def findings(bench: Bench, register: Register, **options: object) -> dict[str, Finding]:
    project = replace(bench.project, **options)  # type: ignore[arg-type]
    return {finding.what: finding for finding in examine(project, register)}


def test_sound_machine_is_found_sound(bench: Bench) -> None:
    found = findings(bench, Register(gates=(gate("tests", pytest=("tests",)),)))
    for what in ("engine", "git", "commit", "cores", "project's Python", "test gates", "MkDocs"):
        assert found[what].ok, found[what]
    assert found["commit"].found.endswith(", clean")


def test_missing_need_names_the_gates_it_keeps_from_running(bench: Bench) -> None:
    register = Register(gates=(gate("one", needs=("nosuch", "sh")), gate("two", needs=("nosuch",))))
    found = findings(bench, register)
    assert found["nosuch"] == Finding(
        None, "nosuch", "not found, for one, two", "install nosuch to run one, two"
    )
    assert found["sh"].ok


def test_services_are_started_and_stopped_and_a_failing_one_shows_its_words(
    bench: Bench,
) -> None:
    script = 'import sys; print(\'{"A": "1", "B": "2"}\', flush=True); sys.stdin.read()'
    good = Service("good", ("{python}", "-c", script))
    bad = Service("bad", ("{python}", "-c", "print('no disk'); raise SystemExit(3)"))
    found = findings(bench, Register(), services=(good, bad))
    assert found["service good"] == Finding(True, "service good", "started, gave A, B")
    assert found["service bad"] == Finding(
        False,
        "service bad",
        "service bad ended with exit code 3 before it was ready\nno disk",
        "mend its `start`",
    )


def test_folder_without_git_is_told_with_the_next_step(bench: Bench) -> None:
    bench.stranger.git("update-ref", "-d", "HEAD")
    found = findings(bench, Register())
    assert found["commit"].ok is False
    assert found["commit"].next_step == "commit your files, then run again"


def test_python_that_cannot_be_asked_ends_the_examination_with_a_finding(bench: Bench) -> None:
    found = findings(bench, Register(), python="nopython")
    assert found["project's Python"] == Finding(
        False,
        "project's Python",
        "nopython: not found on PATH",
        "install it, or set [tool.evidence] python",
    )


def test_key_that_builds_are_signed_with_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVIDENCE_SIGNING_KEY", raising=False)
    assert findings(bench, Register())["signing"] == Finding(
        None,
        "signing",
        "no key is named, builds are unsigned",
        "name a key of ssh by EVIDENCE_SIGNING_KEY, so that a buyer can tell a build from a "
        "forgery",
    )
    found = findings(bench, Register(), signing_key="gone")["signing"]
    assert found.ok is False
    assert "gone is no file" in found.found
