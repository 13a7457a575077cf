"""demo.upgrade: what is compared before and after later migrations. The gate migrates for real."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from catalog.models import Product
from demo.upgrade import changed, fill, fill_what_nobody_sells, kept, write_again
from orders.models import Order, OrderTransition
from refunds.models import Refund

pytestmark = pytest.mark.django_db
FILLED = {
    "accounts_user": 1,
    "audit_entry": 1,
    "catalog_product": 1,
    "orders_order": 1,
    "orders_orderline": 1,
    "orders_ordertransition": 2,
    "payments_payment": 1,
    "refunds_refund": 1,
    "webhooks_stripeevent": 1,
}


def test_every_row_of_the_shop_is_compared(now: datetime) -> None:
    fill(apps, now=now)
    before = kept(apps)
    assert {table: len(held.rows) for table, held in before.items()} == FILLED
    assert changed(before) == []


def test_a_row_that_changed_or_came_or_went_is_seen(now: datetime) -> None:
    fill(apps, now=now)
    before = kept(apps)
    Product.objects.update(name="Cup")
    order = OrderTransition.objects.latest("id").order
    OrderTransition.objects.create(
        order=order, source="paid", target="paid", at=now, actor_role="system", reason="again"
    )
    assert changed(before) == ["catalog_product", "orders_ordertransition"]
    before["catalog_product"].rows.clear()
    assert changed(before) == ["catalog_product", "orders_ordertransition"]


def test_rows_that_todays_rules_refuse_are_seen(now: datetime) -> None:
    fill(apps, now=now)
    write_again()
    connection.check_constraints()
    connection.cursor().execute("SET session_replication_role = replica")
    Refund.objects.update(succeeded_at=None)
    connection.cursor().execute("SET session_replication_role = origin")
    with pytest.raises(IntegrityError, match="nothing says when"), transaction.atomic():
        write_again()


def test_an_order_of_before_is_written_again_though_a_new_one_like_it_is_refused(
    now: datetime,
) -> None:
    refused = pytest.raises(IntegrityError, match="cannot charge every amount in KWD")
    with refused, transaction.atomic():
        fill_what_nobody_sells(apps, now=now)
    connection.cursor().execute("SET session_replication_role = replica")
    fill_what_nobody_sells(apps, now=now)
    connection.cursor().execute("SET session_replication_role = origin")
    before = kept(apps)
    assert {table: len(held.rows) for table, held in before.items()} == {
        "accounts_user": 1,
        "catalog_product": 1,
        "orders_order": 1,
        "orders_orderline": 1,
        "orders_ordertransition": 1,
    }
    write_again()
    connection.check_constraints()
    assert changed(before) == []
    assert Order.objects.get().total == "KWD 0.500"


def test_it_wants_an_empty_database() -> None:
    with pytest.raises(CommandError, match="this database holds tables, expected an empty one"):
        call_command("prove_upgrade")


def test_it_refuses_production(settings: Any) -> None:
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="these are production settings"):
        call_command("prove_upgrade")
