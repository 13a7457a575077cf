"""publish.mutations: what a claim's page and evidence.json say of its mutants."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema

from evidence.engine.falsify.model import MutantRun, Outcome, Trial
from evidence.engine.judge.model import Breakages, Mutation
from evidence.engine.mistakes import Place
from evidence.engine.publish import mutations as published
from evidence.engine.publish.mutations import mutations_json, mutations_view
from evidence.engine.register.model import Waiver

KILL = Trial("t::own", Outcome.ASSERTION)
WAIVER = Waiver(
    "till/money.py::total", "", "None returned", "equivalent", "Nobody reads it.", "sam", "5" * 64,
    Place("evidence/waivers.yml", 2),
)  # fmt: skip


def mutant(number: int, why: str = "") -> MutantRun:
    return MutantRun(
        id=f"{number:012}",
        path="till/money.py",
        unit="total",
        line=number,
        operator="None returned",
        symbol="5" * 64,
        diff=("-    return a < b", "+    return None"),
        why=why,
    )


BROKEN = Breakages(
    mutations=(
        Mutation(mutant(1), Outcome.ASSERTION, KILL),
        Mutation(mutant(2), Outcome.CRASH, KILL),
        Mutation(mutant(3), Outcome.SURVIVED, uncited=Trial("t::other", Outcome.ASSERTION)),
        Mutation(mutant(4), Outcome.SURVIVED, waiver=WAIVER),
        Mutation(mutant(5, why="its fork died"), Outcome.NOT_TRIED),
        Mutation(mutant(6), Outcome.LEFT_OUT),
    ),
    notes=("Weak: it crashes.",),
)


def test_page_counts_kills_and_shows_what_lived_with_its_edit() -> None:
    view = mutations_view(BROKEN)
    assert view is not None
    assert view.says == (
        "6 small edits of the cited code: noticed 1 by an assertion, 1 by a crash; 2 not noticed; "
        "1 waived; 1 not tried in this build."
    )
    assert [(live.place, live.word.label, live.remarks) for live in view.lives] == [
        (
            "till/money.py:3",
            "survived",
            ("Only t::other notices it, which this claim does not cite.",),
        ),
        ("till/money.py:5", "not tried", ("its fork died",)),
        ("till/money.py:4", "waived", ("equivalent: Nobody reads it. (sam)",)),
    ]
    assert view.notes == BROKEN.notes
    assert view.lives[0].diff == (
        '<pre class="ev-diff"><span class="ev-diff-old">-    return a &lt; b</span>\n'
        '<span class="ev-diff-new">+    return None</span></pre>'
    )


def test_mutants_are_counted_of_a_function_and_of_all_that_a_class_holds() -> None:
    put, other = replace(mutant(7), unit="Drawer.put"), replace(mutant(8), path="till/other.py")
    broken = Breakages(tuple(Mutation(each, Outcome.SURVIVED) for each in (mutant(1), put, other)))
    counts = {
        "till/money.py::total": 1,
        "till/money.py::Drawer": 1,
        "till/money.py::Drawer.put": 1,
        "till/money.py::tot": 0,
        "till/money.py::": 0,
    }
    assert {name: broken.of(name) for name in counts} == counts


def test_claim_without_mutants_shows_none() -> None:
    assert mutations_view(Breakages()) is None


def test_contract_holds_counts_and_whatever_was_not_killed() -> None:
    told = mutations_json(BROKEN)
    assert {name: told[name] for name in ("assertion", "crash", "timeout", "untried")} == {
        "assertion": 1,
        "crash": 1,
        "timeout": 0,
        "untried": 1,
    }
    survived, waived = told["survived"], told["waived"]
    assert isinstance(survived, list)
    assert isinstance(waived, list)
    assert [each["outcome"] for each in survived] == ["survived", "not tried"]
    assert [(each["id"], each["reason"]) for each in waived] == [(f"{4:012}", "Nobody reads it.")]
    schema = json.loads(
        (Path(published.__file__).parent / "evidence.schema.json").read_text("utf-8")
    )
    part = schema["$defs"]["claim"]["properties"]["mutants"]
    jsonschema.validate(told, {**part, "$defs": schema["$defs"]})
