"""refunds.settlement: how a refund ends, written to refund, payment and order together or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import services as audit
from audit.models import Entry
from orders.models import Order
from payments import gateway
from payments.models import Payment
from payments.services import NotOurs
from refunds import services
from refunds.models import Refund
from refunds.settlement import confirm, release

LONG = "x" * 201


@pytest.fixture
def requested(shop: Any, order: Order, ops: Any) -> Refund:
    """£60.00 of £100.00: Stripe did it, and its answer was lost."""
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    refund = services.issue(order=order, asked_pennies=6000, reason="chipped", by=ops, now=shop.now)
    assert refund.status == "requested"
    return refund


@pytest.fixture
def told(shop: Any, requested: Refund) -> gateway.RefundFact:
    """What Stripe says about it."""
    fact = gateway.find_refund(
        key=requested.idempotency_key, intent_id=requested.payment.stripe_intent_id or ""
    )
    assert fact
    return fact


@pytest.fixture
def made_at_stripe(shop: Any, order: Order) -> gateway.RefundFact:
    """£90.00, by somebody in Stripe's dashboard."""
    intent = Payment.objects.get(order=order).stripe_intent_id
    made = shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=9000)
    return gateway.retrieve_refund(made["id"])


def money(order: Order) -> tuple[int, int]:
    """Refunded and reserved."""
    payment = Payment.objects.get(order=order)
    return payment.refunded_pennies, payment.pending_refund_pennies


def test_a_no_that_comes_after_the_yes_changes_nothing(
    shop: Any, order: Order, ops: Any, requested: Refund, told: gateway.RefundFact
) -> None:
    confirm(fact=told, now=shop.now)
    late = release(requested, failure="no answer", by=ops, now=shop.now)
    assert (late.status, late.failure, money(order)) == ("succeeded", "", (6000, 0))


def test_a_no_locks_order_payment_and_refund_in_the_order_that_all_locks_are_taken_in(
    shop: Any, ops: Any, requested: Refund
) -> None:
    with CaptureQueriesContext(connection) as queries:
        release(requested, failure="no", by=ops, now=shop.now)
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    assert [sql.split(' FROM "')[1].split('"')[0] for sql in locks] == [
        "orders_order",
        "payments_payment",
        "refunds_refund",
    ]


@pytest.mark.parametrize("end", ["confirm", "release"])
def test_an_end_that_cannot_be_recorded_is_none(
    shop: Any,
    order: Order,
    ops: Any,
    requested: Refund,
    told: gateway.RefundFact,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: dict[str, Callable[[], Refund]] = {
        "confirm": lambda: confirm(fact=told, by=ops, now=shop.now),
        "release": lambda: release(requested, failure="no", by=ops, now=shop.now),
    }

    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        ends[end]()
    assert (Refund.objects.get().status, money(order)) == ("requested", (0, 6000))


def test_what_stripe_says_of_a_failure_is_cut_to_200_characters(
    shop: Any, ops: Any, requested: Refund, told: gateway.RefundFact
) -> None:
    assert release(requested, failure=LONG, by=ops, now=shop.now).failure == LONG[:200]


def test_what_stripe_says_of_a_late_failure_is_cut_to_200_characters(
    shop: Any, order: Order, requested: Refund, told: gateway.RefundFact
) -> None:
    confirm(fact=told, now=shop.now)
    failed = confirm(fact=replace(told, status="failed", failure=LONG), now=shop.now)
    assert (failed.failure, money(order)) == (LONG[:200], (0, 0))


def test_a_refund_whose_key_nobody_here_knows_is_not_ours(
    shop: Any, order: Order, made_at_stripe: gateway.RefundFact
) -> None:
    with pytest.raises(NotOurs, match="its key is not ours"):
        confirm(fact=replace(made_at_stripe, key="somebody-elses"), now=shop.now)
    assert not Refund.objects.exists()


def test_one_made_at_stripe_that_is_on_its_way_keeps_its_money_reserved(
    shop: Any, order: Order, made_at_stripe: gateway.RefundFact
) -> None:
    refund = confirm(fact=replace(made_at_stripe, status="pending"), now=shop.now)
    assert (refund.status, refund.settled_at, refund.succeeded_at) == ("pending", None, None)
    assert money(order) == (0, 9000)


def test_one_made_at_stripe_is_recorded_as_the_shops_system(
    shop: Any, order: Order, made_at_stripe: gateway.RefundFact
) -> None:
    refund = confirm(fact=made_at_stripe, now=shop.now)
    entries = Entry.objects.filter(subject=f"refund:{refund.pk}")
    assert [(one.action, one.result, one.actor_role, one.origin) for one in entries] == [
        ("refund-settled", "done", "system", "worker")
    ]


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_one_made_at_stripe_that_came_to_nothing_is_recorded_though_the_money_went_since(
    shop: Any, order: Order, ops: Any, made_at_stripe: gateway.RefundFact, status: str
) -> None:
    shop.twin.control.fail(id=made_at_stripe.id)
    services.issue(order=order, asked_pennies=10000, reason="chipped", by=ops, now=shop.now)
    later = shop.now + timedelta(hours=1)
    heard = confirm(fact=replace(made_at_stripe, status=status, failure=LONG), now=later)
    assert (heard.status, heard.settled_at, heard.failure) == (status, later, LONG[:200])
    assert money(order) == (10000, 0)
