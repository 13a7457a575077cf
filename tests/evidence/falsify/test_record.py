"""falsify.record: what was written is what is read; what is no record says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun, Trial
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.mistakes import CannotRun

FOUND = Falsification(
    claims={"TILL-01": ("abc",)},
    left_out={"TILL-01": ("abc",)},
    mutants=(
        MutantRun(
            id="abc",
            path="till/money.py",
            unit="total",
            line=3,
            operator="None returned",
            symbol="5" * 64,
            diff=("-a", "+b"),
            trials=(Trial("t::a", Outcome.SURVIVED), Trial("t::b", Outcome.CRASH, "KeyError: 1")),
            fresh=True,
            reused_from="a" * 40,
        ),
    ),
    red={"t::c": "it failed."},
    flaky=("t::d",),
    complaints=("Something is off.",),
    audited=1,
    patches=(
        PatchRun("p", "ruff", "It breaks.", ("+x",), Outcome.RED, killed_by=("t",), log=("red",)),
    ),
    keys={"till/money.py::total": "c" * 64},
    traces={
        "till/money.py::total": Trace(frozenset({"m.py::f"}), frozenset({"a", "m.py"})),
        "till/money.py::paid": Trace(frozenset({"m.py::f", "m.py::g"})),
        "unknown": None,
    },
    shared=Shared(Trace(files=frozenset({"m.py"})), frozenset({"m.py::f", "m.py::g"})),
    shared_key="e" * 64,
)


@pytest.mark.parametrize("found", [FOUND, Falsification(), Falsification(shared=Shared(None))])
def test_what_was_written_is_read(tmp_path: Path, found: Falsification) -> None:
    write_falsified(tmp_path, found)
    assert read_falsified(tmp_path) == found
    assert [each.name for each in tmp_path.iterdir()] == ["falsified.json"]


def test_a_name_that_is_no_text_is_read_as_it_was(tmp_path: Path) -> None:
    found = replace(FOUND, traces={"f": Trace(files=frozenset({"caf\udce9.txt"}))})
    write_falsified(tmp_path, found)
    assert read_falsified(tmp_path) == found


def test_each_name_is_written_once(tmp_path: Path) -> None:
    write_falsified(tmp_path, FOUND)
    text = (tmp_path / "falsified.json").read_text("utf-8")
    assert {text.count(f'"m.py::{name}"') for name in "fg"} == {1}


def test_a_number_that_names_nothing_is_no_record(tmp_path: Path) -> None:
    write_falsified(tmp_path, FOUND)
    path = tmp_path / "falsified.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**told, "names": told["names"][:-1]}), "utf-8")
    with pytest.raises(CannotRun, match=r"falsified\.json: cannot be read"):
        read_falsified(tmp_path)


def test_run_in_which_nothing_was_broken_has_none(tmp_path: Path) -> None:
    assert read_falsified(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"format": 1}', '{"format": 4}', '{"format": 5}', '{"format": 5, "claims": 3}'],
)
def test_file_that_is_no_record_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "falsified.json").write_text(text, "utf-8")
    with pytest.raises(CannotRun, match=r"falsified\.json: cannot be read .*; run the gates again"):
        read_falsified(tmp_path)


def test_record_of_another_engine_is_told(tmp_path: Path) -> None:
    write_falsified(tmp_path, FOUND)
    path = tmp_path / "falsified.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**told, "format": told["format"] + 1}), "utf-8")
    with pytest.raises(CannotRun, match="another version of the engine wrote it"):
        read_falsified(tmp_path)


def test_claim_knows_its_mutants_and_a_target_its_patches() -> None:
    assert FOUND.of("TILL-01") == FOUND.mutants
    assert FOUND.of("TILL-02") == ()
    assert FOUND.against("ruff") == FOUND.patches
    assert FOUND.against("mypy") == ()
