"""Every model of the shop can be saved, and every property of it can be read.

A property that named a field that did not exist stood in this shop once, unread by any test: so a
real row of each model is made here, and all that can be read of it is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from webhooks.models import StripeEvent

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
# What a plain value of each kind of field is; a choice beats it, and so does a row made before.
PLAIN: dict[type[models.Field[Any, Any]], object] = {
    models.BooleanField: False,
    models.JSONField: {},
    models.DateTimeField: NOW,
    models.DateField: date(2026, 3, 2),
    models.EmailField: "cara@example.org",
    models.CharField: "x",
    models.TextField: "x",
    models.IntegerField: 1,
    models.BigIntegerField: 1,
    models.DecimalField: 1,
}
# What a constraint of the model asks for beyond that.
RULES: dict[str, dict[str, object]] = {
    "analyticsapp.MrrMovement": {"end_pennies": 2},
    "subscriptions.MrrChange": {"before_pennies": 0},
}


def ours() -> list[type[models.Model]]:
    """Every model that this shop brings; Django's and the packages' own are proved there."""
    return sorted(filter(is_ours, apps.get_models()), key=lambda model: model._meta.label)


def is_ours(model: type[models.Model]) -> bool:
    """Its file is one of the shop's."""
    return Path(inspect.getfile(model)).is_relative_to(settings.APP_DIR)


def saved(model: type[models.Model], known: dict[type[models.Model], models.Model]) -> models.Model:
    """A row of the model, as the database keeps it, with the rows that it points to. Triggers look
    at moves and sums, which are proved elsewhere, so they are off; every constraint holds."""
    if model not in known:
        values = {
            field.attname: _value(field, known)
            for field in model._meta.concrete_fields
            if _has_no_value(field)
        }
        values |= RULES.get(model._meta.label, {})
        made = model._default_manager.create(**values)
        known[model] = model._default_manager.get(pk=made.pk)
    return known[model]


def _has_no_value(field: Any) -> bool:
    """Nobody gives it one unless we do."""
    if field.null or field.has_default() or isinstance(field, models.GeneratedField):
        return False
    return not isinstance(field, models.AutoField | models.BigAutoField)


def _value(field: Any, known: dict[type[models.Model], models.Model]) -> object:
    if isinstance(field, models.ForeignKey):
        return saved(field.related_model, known).pk  # type: ignore[arg-type]
    if field.choices:
        return field.choices[0][0]
    if field.name == "currency":
        return "GBP"
    kind = next(kind for kind in type(field).__mro__ if kind in PLAIN)
    return PLAIN[kind]


def readable(model: type[models.Model]) -> Iterator[str]:
    """The names of all properties of the model, its parents' among them, and of its fields."""
    for name, member in inspect.getmembers(model):
        if isinstance(member, property | cached_property):
            yield name
    for field in model._meta.concrete_fields:
        yield field.attname
        if field.choices:
            yield f"get_{field.name}_display"


@pytest.mark.django_db
@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_a_saved_row_of_every_model_answers_every_property(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    row = saved(model, {})
    read = {name: getattr(row, name) for name in readable(model)}
    fields = model._meta.concrete_fields
    assert {"pk", *(field.attname for field in fields)} <= set(read)
    assert {f"get_{field.name}_display" for field in fields if field.choices} <= set(read)
    for name, value in read.items():
        if name.endswith("_display"):
            assert value(), name
    assert str(row).strip()
    assert repr(row)


def test_every_app_of_the_shop_is_looked_at() -> None:
    looked_at = {model._meta.app_label for model in ours()}
    assert {"accounts", "analyticsapp", "audit", "catalog", "core", "monitoring"} <= looked_at
    assert {"orders", "payments", "refunds", "subscriptions", "webhooks"} <= looked_at
    assert len(ours()) >= 22


def test_a_property_that_names_a_missing_field_is_found() -> None:
    """The defect itself, planted on a class that is like the model."""

    class Broken(StripeEvent):
        class Meta:
            app_label = "webhooks"
            proxy = True

        @property
        def monthly(self) -> int:
            return int(self.mrr_pennies)  # type: ignore[attr-defined]

    try:
        assert "monthly" in set(readable(Broken))
        with pytest.raises(AttributeError, match="mrr_pennies"):
            [getattr(Broken(), name) for name in readable(Broken) if name == "monthly"]
    finally:
        del apps.all_models["webhooks"]["broken"]
        apps.clear_cache()


def test_an_event_knows_nothing_of_mrr() -> None:
    event = StripeEvent(stripe_id="evt_1", type="customer.subscription.updated")
    assert str(event) == "customer.subscription.updated evt_1"
    names = {*dir(StripeEvent), *(field.name for field in StripeEvent._meta.get_fields())}
    assert [name for name in names if "mrr" in name.lower()] == []
