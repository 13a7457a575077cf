"""No float touches money: none is written where money is handled, and no column holds one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

HANDLES_MONEY = [
    *("core/money.py", "core/charts.py", "catalog", "orders", "payments", "refunds"),
    *("subscriptions", "exports", "analyticsapp", "monitoring/checks/money.py"),
]
# Seconds to wait for Stripe; and a percentage, which the library hands over as a float and which
# is made exact at once.
OTHER_THAN_MONEY = {
    "payments/gateway/calling.py: float in `_client_for`",
    "payments/gateway/billing.py: float in `_exact`",
}
# What comes by a fraction of a minor unit, as Stripe sells it: twelve decimal places, exact.
FRACTIONS = {"subscriptions.SubscriptionItem.unit_pennies"}


def modules() -> Iterator[Path]:
    for name in HANDLES_MONEY:
        place = settings.APP_DIR / name
        yield from [place] if place.suffix else sorted(place.rglob("*.py"))


def floats(source: str) -> Iterator[str]:
    """Where a module names the type or writes one down, by function."""
    tree = ast.parse(source)
    owners = {
        id(inner): function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for inner in ast.walk(function)
    }
    for node in ast.walk(tree):
        name = getattr(node, "id", getattr(node, "attr", ""))
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if name in ("float", "FloatField", "fsum") or isinstance(value, float):
            yield f"{name or value} in `{owners.get(id(node), '')}`"


def test_no_module_that_handles_money_has_a_float() -> None:
    found = {
        f"{path.relative_to(settings.APP_DIR)}: {one}"
        for path in modules()
        if "tests" not in path.parts
        for one in floats(path.read_text("utf-8"))
    }
    assert found == OTHER_THAN_MONEY


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def vat(p):\n    return p * 0.2\n", ["0.2 in `vat`"]),
        ("def total(p) -> float:\n    return p\n", ["float in `total`"]),
        ("price = models.FloatField()\n", ["FloatField in ``"]),
        ("def vat(p):\n    return p * 20 // 100\n", []),
    ],
)
def test_a_float_is_found_wherever_it_is_written(source: str, told: list[str]) -> None:
    assert list(floats(source)) == told


def amounts() -> list[models.Field[object, object]]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.endswith("_pennies")
    ]


@pytest.mark.django_db
def test_every_amount_in_the_database_is_a_whole_number_of_minor_units() -> None:
    assert len(amounts()) > 15
    found = {}
    for field in amounts():
        kind = field.db_type(connection)
        if kind != "bigint":
            found[f"{field.model._meta.label}.{field.name}"] = kind
    assert set(found) == FRACTIONS
    assert all(kind and kind.startswith("numeric(") for kind in found.values())
