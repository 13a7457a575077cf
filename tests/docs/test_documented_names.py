"""Variables, statuses, checks and addresses that pages type by hand are those of the code, and the
code has none that no page names."""

from __future__ import annotations

import ast
import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.environment import VARIABLES
from core.health import Health
from demo.status_facts import STATUSES, status_rows
from monitoring.checks import CHECKS, FAILED
from tests.docs.executed import variables
from tests.docs.test_documented import text
from tests.repo.planted import ROOT

# A word of a command that its reader replaces, as help texts have it.
PLACEHOLDERS = {"PATH_OR_ADDRESS"}
# What a block of commands sets for itself, such as FIRST_PASSWORD.
_SET_ON_THE_PAGE = re.compile(r"^ *\$ ([A-Z][A-Z0-9_]+)=\$\(", re.MULTILINE)


def named() -> set[str]:
    """Variables that pages name: with an underscore wherever code stands, else before a `=`, or in
    the first column of a table."""
    spans = re.findall(r"`([^`\n]+)`", text())
    blocks = re.findall(r"```(?:console|sh)[^\n]*\n(.*?)```", text(), re.DOTALL)
    found: set[str] = set()
    for code in (*spans, *blocks):
        found |= set(re.findall(r"(?<![\w./-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?![.\w])", code))
        found |= set(re.findall(r"(?<![\w-])([A-Z][A-Z0-9_]+)=", code))
    for cell in re.findall(r"^\| ((?:`[A-Z0-9_]+`(?:, )?)+)", text(), re.MULTILINE):
        found |= set(re.findall(r"`([A-Z0-9_]+)`", cell))
    return found - set(_SET_ON_THE_PAGE.findall(text()))


def test_every_variable_that_a_page_names_exists() -> None:
    assert named() - variables.known() == PLACEHOLDERS


def test_every_variable_that_code_reads_is_on_a_page() -> None:
    generated = {variable.name for variable in VARIABLES}
    assert 'fact("security.variables")' in text()
    assert set(variables.read_in_code()) | variables.of_compose() <= named() | generated


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('import os\nos.environ["A"]\nos.environ.get("B", "")\nos.getenv("C")', ["A", "B", "C"]),
        ('NAME = "A"\ndef f(environ):\n    return environ.get(NAME)', ["A"]),
        ('env.bool("A")\nenviron["B"]\nVariable("C", "what")', ["A", "B", "C"]),
        (
            'os.environ["A"] = "set"\nother.get("B")\nrequest.environ.get("C")\nf("D")\ntable["E"]',
            [],
        ),
        ("os.environ.get(unknown)\nos.environ.items()", []),
    ],
)
def test_what_code_reads_is_found_in_it(code: str, found: list[str]) -> None:
    assert sorted(variables._read(ast.parse(code), whole=True)) == found


def test_what_a_function_of_a_test_reads_does_not_count() -> None:
    code = 'A = os.environ["A"]\ndef test() -> None:\n    os.environ["B"]\n'
    assert list(variables._read(ast.parse(code), whole=False)) == ["A"]


def test_every_status_of_the_code_is_told() -> None:
    told = {f"{enum.__module__}.{enum.__name__}" for enum in STATUSES.values()}
    assert told == {"audit.actions.Result"} | set(_status_enums())
    assert all(row["means"] and row["values"] for row in status_rows())


def _status_enums() -> list[str]:
    """Every enum of the shop whose name says that it is of statuses or of outcomes."""
    return [
        f"{'.'.join(path.relative_to(ROOT / 'app').with_suffix('').parts)}.{node.name}"
        for path in sorted((ROOT / "app").rglob("*.py"))
        if path.relative_to(ROOT / "app").parts[0] != "stripe_twin"
        and re.search(r"class \w+(Status|Outcome)\(", source := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and re.fullmatch(r"\w+(Status|Outcome)", node.name)
    ]


def test_statuses_are_shown_with_what_they_are_of() -> None:
    rows = {str(row["of"]): row for row in status_rows()}
    assert rows["order"] == {
        "of": "order",
        "means": "Where an order stands. Partly refunded is derived from amounts and is no status.",
        "values": ["pending", "paid", "fulfilled", "refunded", "canceled"],
    }
    assert rows["issue"]["values"] == ["open", "acknowledged", "resolved"]


def test_every_check_that_a_page_names_exists() -> None:
    known = {check.name for check in (*CHECKS, FAILED)}
    chosen = set(re.findall(r"run_checks --only ([a-z-]+)", text()))
    linked = {
        name
        for name, anchor in re.findall(r"\[([a-z-]+)\]\((?:runbook\.md)?#([a-z-]+)\)", text())
        if name == anchor
    }
    said = set(re.findall(r"check named `([a-z-]+)`", text()))
    assert len(chosen) >= 2
    assert len(linked) >= 3
    assert said == {"check-failed"}
    assert (chosen | linked | said) <= known


@pytest.mark.django_db
def test_every_address_that_a_page_types_by_hand_is_answered() -> None:
    typed = set(re.findall(r"`(/[a-z][\w/-]*)`", text()))
    source = (ROOT / "app/core/health.py").read_text("utf-8")
    assert typed == set(re.findall(r'path_info == "(/\w+)"', source))
    for path in typed:
        answered = Health(lambda _: HttpResponse(status=404))(RequestFactory().get(path))
        assert answered.status_code == 200, path
