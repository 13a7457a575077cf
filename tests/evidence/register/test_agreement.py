"""Files that are each well formed and do not agree."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register


def said(stranger) -> list[str]:
    with pytest.raises(Mistakes) as refused:
        read_register(load_project(stranger.root))
    return str(refused.value).splitlines()


def test_claim_that_is_out_of_scope_too_is_refused(stranger):
    stranger.replace("evidence/scope.yml", "id: cards", "id: TILL-01")

    assert said(stranger) == [
        "evidence/scope.yml:2  TILL-01: found out of scope here and claimed at "
        "evidence/claims/till.yml:4, expected one of the two; remove the other"
    ]


def test_two_files_of_one_area_are_refused_at_both(stranger):
    stranger.write(
        "evidence/claims/again.yml",
        """
        area: Till
        claims:
          - id: MORE-01
            says: Once more.
            gates: [tests]
        """,
    )

    assert said(stranger) == [
        'evidence/claims/again.yml:1  area: found "Till" in evidence/claims/till.yml too, '
        "expected one file an area; rename one or join them",
        'evidence/claims/till.yml:1  area: found "Till" in evidence/claims/again.yml too, '
        "expected one file an area; rename one or join them",
    ]


def test_service_that_is_almost_named_right_gets_its_name(stranger):
    stranger.replace(
        "pyproject.toml",
        'name = "Till"',
        'name = "Till"\nservices = { postgres = { start = ["pg"] } }',
    )
    stranger.replace("evidence/gates.yml", "timeout_s: 60", "services: [postgrs]")

    assert said(stranger) == [
        'evidence/gates.yml:2  tests services: unknown service "postgrs", expected one of '
        "[tool.evidence.services]; did you mean postgres?"
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in ([0-9.+s", "a regular expression (unterminated character set at character 5)"),
        ("x*", "a regular expression that finds something, for this one matches nothing"),
    ],
)
def test_what_varies_is_told_by_a_pattern_that_finds_something(stranger, pattern, expected):
    stranger.replace("evidence/gates.yml", "timeout_s: 60", f"varies: {{'<seconds>': '{pattern}'}}")

    assert said(stranger) == [
        f'evidence/gates.yml:2  tests varies <seconds>: found "{pattern}", expected {expected}; '
        "mend it"
    ]


def test_braces_of_an_arguments_own_are_left_alone(stranger):
    stranger.replace("evidence/gates.yml", "print('till imports')", "print(f'{till} {out}')")

    assert len(read_register(load_project(stranger.root)).gates) == 2


def test_a_gap_of_no_requirement_is_refused_with_the_nearest(stranger):
    text = stranger.read("evidence/requirements.yml")
    stranger.write("evidence/requirements.yml", f"{text.rstrip()}\nlacks:\n  T11: A receipt.\n")

    line = len(text.rstrip().splitlines()) + 2
    assert said(stranger) == [
        f"evidence/requirements.yml:{line}  lacks T11: no such requirement, expected an id of "
        "this file; did you mean T1?"
    ]


def test_a_gap_is_read_with_its_requirement(stranger):
    text = stranger.read("evidence/requirements.yml")
    stranger.write("evidence/requirements.yml", f"{text.rstrip()}\nlacks:\n  T1: A receipt.\n")

    register = read_register(load_project(stranger.root))

    gaps = {asked.id: asked.lacks for asked in register.requirements}
    assert (gaps["T1"], gaps["T2"]) == ("A receipt.", "")
