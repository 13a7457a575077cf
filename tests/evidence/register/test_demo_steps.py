"""The steps of demo.yml as they are read, and by the whole sentence what is wrong with one."""

from __future__ import annotations

import pytest

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.evidence.register.till import DEMO, said


def test_demo_is_read_in_written_order(stranger):
    stranger.write("evidence/demo.yml", DEMO)

    demo = read_register(load_project(stranger.root)).demo

    assert demo.gate.text == "tests"
    (step,) = demo.steps
    assert (step.id, step.does, step.minutes) == ("buy", ("Press `Buy`.",), 2.0)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("gate: tests", "gate: test", '1  gate: unknown gate "test", expected one of gates.yml'),
        ("id: buy", "id: Buy it", '3  Buy it id: found "Buy it", expected small letters'),
        ("title: Buy, ", "", '3  buy: "title" is missing, expected the step in a few words'),
        (
            "minutes: 2",
            "minutes: 0",
            "3  buy minutes: found the number 0, expected minutes above 0",
        ),
        ("minutes: 2", "hours: 2", '3  buy: unknown key "hours"'),
        ("does: [Press `Buy`.]", "does: []", "3  buy does: found an empty list"),
    ],
)
def test_wrong_demo_is_named(stranger, old, new, sentence):
    stranger.write("evidence/demo.yml", DEMO.replace(old, new))

    (line,) = said(stranger)

    assert line.startswith(f"evidence/demo.yml:{sentence}")


def test_demo_step_named_twice_is_reported_at_both_places(stranger):
    stranger.write("evidence/demo.yml", DEMO + DEMO.splitlines(keepends=True)[-1])

    assert [line.partition("  ")[0] for line in said(stranger)] == [
        "evidence/demo.yml:3",
        "evidence/demo.yml:4",
    ]
