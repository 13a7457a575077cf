"""What PostgreSQL refuses about subscriptions and their ledger, whoever asks."""

# ruff: noqa: S608 - raw SQL, put together on purpose from this file's own words

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError

from core.money import COARSE
from subscriptions.models import Plan, Subscription
from subscriptions.words import SubscriptionStatus

SUBSCRIPTION = """
    INSERT INTO subscriptions_subscription (stripe_subscription_id, stripe_customer_id, status,
        is_paused, currency, mrr_pennies, started_at, seen_at)
    VALUES (%s, 'cus_1', %s, false, %s, %s, now(), now())
"""
ITEM = """
    INSERT INTO subscriptions_subscriptionitem (subscription_id, stripe_item_id, stripe_price_id,
        unit_pennies, quantity, interval, interval_count, is_metered, kept_numerator,
        kept_denominator)
    SELECT id, %s, 'price_1', %s, %s, %s, %s, false, %s, %s FROM subscriptions_subscription
"""
CHANGE = """
    INSERT INTO subscriptions_mrrchange (subscription_id, at, currency, before_pennies,
        after_pennies, kind)
    SELECT id, now() + %s * interval '1 second', %s, %s, %s, %s FROM subscriptions_subscription
"""
TO = """
    WITH moved AS (
        UPDATE subscriptions_subscription SET mrr_pennies = %s RETURNING id
    ) INSERT INTO subscriptions_mrrchange (subscription_id, at, currency, before_pennies,
        after_pennies, kind)
    SELECT id, now(), 'GBP', %s, %s, %s FROM moved
"""
PLAN = """
    INSERT INTO subscriptions_plan (slug, name, description, price_pennies, currency, interval,
        interval_count, is_on_sale)
    VALUES ('coffee', 'Coffee', '', %s, %s, %s, %s, true)
"""
START = """
    INSERT INTO subscriptions_start (plan_id, customer_id, status, idempotency_key,
        stripe_customer_id, checkout_url, created_at)
    SELECT subscriptions_plan.id, accounts_user.id, %s, %s, '', '', now()
    FROM subscriptions_plan, accounts_user
"""
ENDS = {"canceled", "incomplete_expired"}


@pytest.fixture
def subscription(execute: Any) -> None:
    """One that counts nothing yet."""
    execute(SUBSCRIPTION, "sub_1", "active", "GBP", 0)


def test_an_unknown_status_is_refused(refused: Any) -> None:
    assert "subscription_status_is_known" in refused(SUBSCRIPTION, "sub_1", "lost", "GBP", 0)


@pytest.mark.parametrize("currency", ["gbp", "GB", "£££"])
def test_a_currency_is_three_capital_letters(refused: Any, currency: str) -> None:
    said = refused(SUBSCRIPTION, "sub_1", "active", currency, 0)
    assert "subscription_currency_is_iso" in said


@pytest.mark.usefixtures("subscription")
def test_a_subscription_is_there_once(refused: Any) -> None:
    said = refused(SUBSCRIPTION, "sub_1", "active", "GBP", 0)
    assert "stripe_subscription_id" in said


@pytest.mark.usefixtures("subscription")
def test_mrr_is_never_negative(refused: Any) -> None:
    said = refused("UPDATE subscriptions_subscription SET mrr_pennies = -1")
    assert "subscription_mrr_not_negative" in said


@pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a, b in product(SubscriptionStatus, repeat=2) if a != b]
)
def test_only_an_ended_subscription_keeps_its_status(
    execute: Any, refused: Any, source: str, target: str
) -> None:
    execute(SUBSCRIPTION, "sub_1", source, "GBP", 0)
    move = ("UPDATE subscriptions_subscription SET status = %s", target)
    if source in ENDS:
        assert f"{source} to {target} is no legal move" in refused(*move)
    else:
        execute(*move)


@pytest.mark.usefixtures("subscription")
@pytest.mark.parametrize("column", ["currency = 'EUR'", "stripe_subscription_id = 'sub_2'"])
def test_the_terms_of_a_subscription_never_change(refused: Any, column: str) -> None:
    assert "never change" in refused(f"UPDATE subscriptions_subscription SET {column}")


@pytest.mark.usefixtures("subscription")
def test_mrr_and_ledger_move_together(execute: Any, refused: Any) -> None:
    said = refused("UPDATE subscriptions_subscription SET mrr_pennies = 1000")
    assert "the MRR is not the end of its ledger" in said
    assert "does not end with it" in refused(CHANGE, 0, "GBP", 0, 1000, "new")
    execute(TO, 1000, 0, 1000, "new")
    assert Subscription.objects.get().mrr_pennies == 1000


@pytest.mark.usefixtures("subscription")
@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (0, 0, "new"),
        (0, -1, "new"),
        (0, 5, "expansion"),
        (0, 5, "reactivation"),
        (1000, 1000, "expansion"),
        (1000, 900, "expansion"),
        (1000, 1100, "contraction"),
        (1000, 0, "contraction"),
        (1000, 5, "churn"),
        (1000, 2000, "new"),
        (900, 2000, "expansion"),
        (1000, 2000, "windfall"),
    ],
)
def test_a_change_is_of_its_kind_and_follows_the_last(
    execute: Any, refused: Any, before: int, after: int, kind: str
) -> None:
    if before:
        execute(TO, 1000, 0, 1000, "new")
    said = refused(TO, after, before, after, kind)
    assert "change_" in said or "does not follow the last" in said or "not_negative" in said


@pytest.mark.usefixtures("subscription")
def test_a_subscription_is_new_only_once(execute: Any, refused: Any) -> None:
    execute(TO, 1000, 0, 1000, "new")
    execute(TO, 0, 1000, 0, "churn")
    assert "does not follow the last" in refused(TO, 500, 0, 500, "new")
    # The owner may switch triggers off, to mend a row; this rule still holds.
    execute("ALTER TABLE subscriptions_mrrchange DISABLE TRIGGER USER")
    assert "change_new_only_once" in refused(TO, 500, 0, 500, "new")


@pytest.mark.usefixtures("subscription")
def test_the_ledger_never_goes_back_in_time_nor_to_another_currency(
    execute: Any, refused: Any
) -> None:
    execute(TO, 1000, 0, 1000, "new")
    assert "does not follow the last" in refused(CHANGE, -1, "GBP", 1000, 2000, "expansion")
    assert "does not follow the last" in refused(CHANGE, 1, "EUR", 1000, 2000, "expansion")


@pytest.mark.usefixtures("subscription")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subscriptions_mrrchange SET after_pennies = 1",
        "DELETE FROM subscriptions_mrrchange",
        "TRUNCATE subscriptions_mrrchange",
    ],
)
def test_the_ledger_only_grows(execute: Any, refused: Any, statement: str) -> None:
    execute(TO, 1000, 0, 1000, "new")
    assert "append-only" in refused(statement)


@pytest.mark.usefixtures("subscription")
@pytest.mark.parametrize(
    ("unit", "quantity", "interval", "count", "kept", "of", "rule"),
    [
        (-1, 1, "month", 1, 1, 1, "item_amounts_not_negative"),
        (1, -1, "month", 1, 1, 1, "item_amounts_not_negative"),
        (1, 1, "month", 0, 1, 1, "item_amounts_not_negative"),
        (1, 1, "hour", 1, 1, 1, "item_interval_is_known"),
        (1, 1, "month", 1, 2, 1, "item_keeps_a_part"),
        (1, 1, "month", 1, -1, 1, "item_keeps_a_part"),
        (1, 1, "month", 1, 0, 0, "item_keeps_a_part"),
    ],
)
def test_an_item_makes_sense(
    refused: Any, unit: int, quantity: int, interval: str, count: int, kept: int, of: int, rule: str
) -> None:
    assert rule in refused(ITEM, "si_1", unit, quantity, interval, count, kept, of)


@pytest.mark.usefixtures("subscription")
def test_an_item_is_there_once(execute: Any, refused: Any) -> None:
    execute(ITEM, "si_1", 1, 1, "month", 1, 1, 1)
    assert "stripe_item_id" in refused(ITEM, "si_1", 1, 1, "month", 1, 1, 1)


@pytest.mark.parametrize(
    ("pennies", "currency", "interval", "count", "rule"),
    [
        (0, "GBP", "month", 1, "plan_amounts_positive"),
        (-1, "GBP", "month", 1, "plan_amounts_positive"),
        (1, "GBP", "month", 0, "plan_amounts_positive"),
        (1, "gbp", "month", 1, "plan_currency_is_iso"),
        (1, "GBP", "hour", 1, "plan_interval_is_known"),
    ],
)
def test_a_plan_makes_sense(
    refused: Any, pennies: int, currency: str, interval: str, count: int, rule: str
) -> None:
    assert rule in refused(PLAN, pennies, currency, interval, count)


@pytest.mark.parametrize("currency", sorted(COARSE))
def test_no_plan_is_on_sale_in_a_currency_that_stripe_charges_in_steps(
    execute: Any, refused: Any, currency: str
) -> None:
    rule = "plan_on_sale_is_charged_exactly"
    assert rule in refused(PLAN, 1800, currency, "month", 1)
    execute(PLAN.replace("true", "false"), 1800, currency, "month", 1)
    assert rule in refused("UPDATE subscriptions_plan SET is_on_sale = true")
    with pytest.raises(IntegrityError, match=rule):
        Plan.objects.update(is_on_sale=True)


@pytest.mark.parametrize(
    "assignment",
    ["price_pennies = 2", "currency = 'EUR'", "interval = 'year'", "interval_count = 2"],
)
def test_the_price_of_a_plan_never_changes(execute: Any, refused: Any, assignment: str) -> None:
    execute(PLAN, 1800, "GBP", "month", 1)
    assert "never change" in refused(f"UPDATE subscriptions_plan SET {assignment}")


def test_a_customer_has_one_open_page_for_a_plan(
    cara_customer: Any, execute: Any, refused: Any
) -> None:
    execute(PLAN, 1800, "GBP", "month", 1)
    execute(START, "open", "first")
    assert "start_one_open_each" in refused(START, "open", "second")
    assert "idempotency_key" in refused(START, "expired", "first")
    assert "start_status_is_known" in refused(START, "lost", "second")
    assert "never change" in refused("UPDATE subscriptions_start SET idempotency_key = 'x'")
    execute("UPDATE subscriptions_start SET status = 'expired'")
    execute(START, "open", "second")


def test_two_plans_share_neither_slug_nor_price_at_stripe(execute: Any, refused: Any) -> None:
    execute(PLAN, 1800, "GBP", "month", 1)
    assert "slug" in refused(PLAN, 1800, "GBP", "month", 1)
    execute(PLAN.replace("'coffee'", "'tea'"), 1800, "GBP", "month", 1)
    assert "stripe_price_id" in refused("UPDATE subscriptions_plan SET stripe_price_id = 'price_1'")


def test_a_page_at_stripe_belongs_to_one_wish(
    cara_customer: Any, execute: Any, refused: Any
) -> None:
    execute(PLAN, 1800, "GBP", "month", 1)
    for key in ("first", "second"):
        execute(START, "expired", key)
    said = refused("UPDATE subscriptions_start SET stripe_session_id = 'cs_1'")
    assert "stripe_session_id" in said
