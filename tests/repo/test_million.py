"""The generated shop of the benchmarks obeys every rule that its loading steps around."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey

from analyticsapp.snapshots import rebuild
from benchmarks.lib.million import NOW, fill, snapshot_days
from catalog.models import Product
from monitoring.checks import CHECKS
from orders.models import Order
from orders.services import place
from tests.app.conftest import person

ORDERS = 300


@pytest.fixture
def generated(db: None) -> None:
    connection.ensure_connection()
    fill(connection.connection, orders=ORDERS)
    first, last = snapshot_days()
    rebuild(first=first, last=last, now=NOW)


def test_every_check_finds_nothing_and_every_status_is_there(generated: None) -> None:
    assert {check.name: check.find(NOW) for check in CHECKS} == {check.name: [] for check in CHECKS}
    assert set(Order.objects.values_list("status", flat=True)) == {
        *("pending", "paid", "fulfilled", "refunded", "canceled")
    }
    assert Order.objects.count() == ORDERS
    assert set(Order.objects.values_list("currency", flat=True)) == {"GBP", "EUR", "JPY"}


def test_no_key_leads_nowhere_and_the_triggers_agree(generated: None) -> None:
    with connection.cursor() as cursor:
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, ForeignKey):
                    target = field.related_model._meta
                    cursor.execute(
                        f"SELECT count(*) FROM {model._meta.db_table} AS child "  # noqa: S608
                        f"WHERE {field.column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
                        f"{target.db_table} WHERE {target.pk.column} = child.{field.column})"
                    )
                    assert cursor.fetchone() == (0,), f"{model.__name__}.{field.name}"
        # The triggers look again: the totals against the lines, at once instead of at commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("UPDATE orders_order SET paid_at = paid_at")


def test_the_next_order_gets_a_number_of_its_own(generated: None) -> None:
    cara = person("cara_customer", "customer")
    late = NOW + timedelta(days=1)
    order = place(customer=cara, basket={Product.objects.get(slug="thing-1"): 1}, now=late)
    assert order.pk == ORDERS + 1
