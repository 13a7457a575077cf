"""Every rule that PostgreSQL holds is named by a test that breaks it by raw SQL, or past every
service: a constraint that no test speaks of may be gone tomorrow and nobody would notice."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model

ROOT = Path(__file__).parents[2]


def rules() -> list[tuple[str, str]]:
    """Model and name of each constraint of the shop's own models."""
    models: list[type[Model]] = [
        model
        for model in apps.get_models()
        if Path(inspect.getfile(model)).is_relative_to(settings.APP_DIR)
    ]
    return sorted(
        (model._meta.label, constraint.name)
        for model in models
        for constraint in model._meta.constraints
    )


@pytest.fixture(scope="module")
def tests() -> str:
    """What all tests of the shop say."""
    folders = (ROOT / "tests" / "app", ROOT / "app" / "analyticsapp" / "tests")
    return "\n".join(
        path.read_text("utf-8") for folder in folders for path in sorted(folder.rglob("test_*.py"))
    )


def test_every_constraint_is_named_by_a_test(tests: str) -> None:
    assert len(rules()) >= 50
    unproved = [f"{model}: {name}" for model, name in rules() if name not in tests]
    assert "\n".join(unproved) == ""
