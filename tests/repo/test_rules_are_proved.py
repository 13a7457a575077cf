"""Every rule that PostgreSQL holds of the shop's own tables, proved twice: broken by raw SQL past
every service, and kept by the service. The rules are read from the models, the tests' names from
the tests, so a rule that nobody proves, and a proof that is gone, are both found."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model

from tests.repo.rule_proofs import NO_SERVICE, PROOFS

ROOT = Path(__file__).parents[2]
# By one of these a test goes past the services, to the table itself.
RAW = ("refused(", "execute(", "force_insert", "IntegrityError", "DatabaseError")


def rules() -> list[str]:
    """Model and name of each constraint, trigger and unique column of the shop's own models."""
    models: list[type[Model]] = [
        model
        for model in apps.get_models()
        if Path(inspect.getfile(model)).is_relative_to(settings.APP_DIR)
    ]
    return sorted(
        f"{model._meta.label} {name}"
        for model in models
        for name in (
            *(constraint.name for constraint in model._meta.constraints),
            *(trigger.name for trigger in getattr(model._meta, "triggers", [])),
            *(
                field.column
                for field in model._meta.local_fields
                if field.unique and not field.primary_key
            ),
        )
    )


@cache
def functions(path: Path) -> dict[str, str]:
    """Source of each test of a file, by its name."""
    text = path.read_text("utf-8")
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def source(cited: str) -> str | None:
    """What the cited test does; None when there is none."""
    where, name = cited.split("::")
    if where == "analyticsapp":
        files = sorted((ROOT / "app" / "analyticsapp" / "tests").glob("test_*.py"))
    else:
        files = [ROOT / "tests" / "app" / where]
    found = (functions(path).get(name) for path in files if path.exists())
    return next((text for text in found if text), None)


def test_every_constraint_trigger_and_unique_column_has_its_two_proofs() -> None:
    assert len(rules()) >= 100
    assert sorted(PROOFS) == rules()


def test_a_proof_that_is_gone_is_found() -> None:
    assert source("orders/test_nothing_of_the_kind.py::test_it") is None
    assert source("core/test_money.py::test_nothing_of_the_kind") is None


@pytest.mark.parametrize("rule", PROOFS)
def test_the_proofs_of_a_rule_are_there_and_the_first_is_raw(rule: str) -> None:
    raw, service = PROOFS[rule]
    text = source(raw)
    assert text, f"{raw}: no such test"
    assert any(mark in text for mark in RAW), f"{raw}: goes through a service"
    if service.startswith(NO_SERVICE):
        return
    assert source(service), f"{service}: no such test"
    assert service != raw
