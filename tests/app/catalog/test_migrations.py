"""Migrations of what is for sale: a database in use is migrated, whatever was sold in it before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import Product
from subscriptions.models import Plan

pytestmark = pytest.mark.django_db


def migrated_again(app: str, name: str, *, table: str, constraint: str, rows: str) -> None:
    """The migration, run on a table that holds such rows and not yet its constraint."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        cursor.execute(rows)
    migration: Any = import_module(f"{app}.migrations.{name}").Migration(name, app)
    before = MigrationExecutor(connection).loader.project_state(migration.dependencies)
    with connection.schema_editor(atomic=False) as editor:
        migration.apply(before, editor)


def test_products_in_a_currency_that_stripe_charges_in_steps_go_off_sale(
    refused: Any, caplog: pytest.LogCaptureFixture
) -> None:
    migrated_again(
        "catalog",
        "0002_on_sale_is_charged_exactly",
        table="catalog_product",
        constraint="product_on_sale_is_charged_exactly",
        rows="""
            INSERT INTO catalog_product (name, slug, description, price_pennies, currency,
                is_on_sale)
            VALUES ('Mug', 'mug', '', 500, 'GBP', true), ('Jug', 'jug', '', 500, 'KWD', true),
                ('Cup', 'cup', '', 500, 'ISK', true), ('Pot', 'pot', '', 500, 'UGX', false)
        """,
    )
    assert dict(Product.objects.values_list("slug", "is_on_sale")) == {
        "mug": True,
        "jug": False,
        "cup": False,
        "pot": False,
    }
    assert caplog.messages == [
        "product cup: off sale, for Stripe cannot charge every amount in ISK",
        "product jug: off sale, for Stripe cannot charge every amount in KWD",
    ]
    back = "UPDATE catalog_product SET is_on_sale = true WHERE slug = 'jug'"
    assert "product_on_sale_is_charged_exactly" in refused(back)


def test_plans_in_a_currency_that_stripe_charges_in_steps_go_off_sale(
    refused: Any, caplog: pytest.LogCaptureFixture
) -> None:
    migrated_again(
        "subscriptions",
        "0003_on_sale_is_charged_exactly",
        table="subscriptions_plan",
        constraint="plan_on_sale_is_charged_exactly",
        rows="""
            INSERT INTO subscriptions_plan (slug, name, description, price_pennies, currency,
                interval, interval_count, is_on_sale)
            VALUES ('tea', 'Tea', '', 1800, 'GBP', 'month', 1, true),
                ('coffee', 'Coffee', '', 1800, 'TND', 'month', 1, true)
        """,
    )
    assert dict(Plan.objects.values_list("slug", "is_on_sale")) == {"tea": True, "coffee": False}
    assert caplog.messages == [
        "plan coffee: off sale, for Stripe cannot charge every amount in TND"
    ]
    assert "plan_on_sale_is_charged_exactly" in refused(
        "UPDATE subscriptions_plan SET is_on_sale = true"
    )
