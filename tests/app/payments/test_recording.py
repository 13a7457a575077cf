"""payments.disputes.record, and what an order may still do then; Stripe is not asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from orders import services as orders
from payments import disputes, gateway, services
from payments.models import Dispute, Payment
from tests.app.conftest import NOW

OPS = Actor(id=3, role="ops", origin="web")
LATER = NOW + timedelta(days=9)
LONG = "x" * 61
TOLD = gateway.DisputeFact("du_1", "needs_response", 300, "GBP", "fraud", "pi_1", NOW, LATER)


@pytest.fixture
def payment(begun: Payment, now: datetime) -> Payment:
    """£5.00, captured."""
    paid = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
    return services.settle(payment=begun, intent=paid, now=now)


@pytest.fixture
def other(payment: Payment, now: datetime) -> Payment:
    """The same customer's other order, paid and undisputed."""
    of = payment.order
    order = orders.place(customer=of.customer, basket={of.lines.get().product: 1}, now=now)
    apart = Payment.objects.create(
        order=order, currency="GBP", amount_pennies=500, idempotency_key="key-2", created_at=now
    )
    paid = gateway.Intent("pi_2", "succeeded", 500, 500, "GBP", "key-2", "")
    return services.settle(payment=apart, intent=paid, now=now)


def record(now: datetime = NOW, **changes: Any) -> Dispute:
    return disputes.record(fact=replace(TOLD, **changes), now=now)


def disputed(payment: Payment) -> int:
    payment.refresh_from_db()
    return payment.disputed_pennies


def test_a_dispute_is_recorded_as_stripe_has_it_and_its_money_is_the_banks(
    payment: Payment, other: Payment
) -> None:
    row = record(reason=LONG)
    assert row == Dispute.objects.get()
    assert (row.payment, row.stripe_dispute_id, row.status) == (payment, "du_1", "needs_response")
    assert (row.amount_pennies, row.currency, row.reason) == (300, "GBP", LONG[:60])
    assert (row.opened_at, row.respond_by, row.closed_at) == (NOW, LATER, None)
    assert (disputed(payment), disputed(other)) == (300, 0)


def test_what_changes_while_it_stands_where_it_stood_is_written_too(payment: Payment) -> None:
    record()
    row = record(amount_pennies=400, reason="duplicate", respond_by=None)
    assert (row.amount_pennies, row.reason, row.respond_by) == (400, "duplicate", None)
    assert disputed(payment) == 400


def test_its_end_has_the_time_at_which_it_was_first_heard(payment: Payment) -> None:
    record()
    for told, at, status, taken in (
        ("lost", NOW, "lost", 300),
        ("lost", LATER, "lost", 300),
        ("won", LATER, "won", 0),
        ("needs_response", LATER, "won", 0),
    ):
        row = record(at, status=told)
        assert (row.status, row.closed_at, disputed(payment)) == (status, NOW, taken)


def test_all_disputes_of_a_payment_and_none_of_anothers_add_up(
    payment: Payment, other: Payment
) -> None:
    record()
    record(id="du_2", amount_pennies=250, status="lost")
    record(id="du_3", intent_id="pi_2", amount_pennies=7)
    record(id="du_4", amount_pennies=1, status="warning_needs_response")
    assert (disputed(payment), disputed(other)) == (550, 7)


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"intent_id": "pi_2"}])
def test_facts_that_disagree_change_nothing(
    payment: Payment, other: Payment, change: dict[str, Any]
) -> None:
    record(status="warning_needs_response")
    with pytest.raises(services.Disagrees, match=r"Dispute du_1: payment and currency .* look at"):
        record(**change)
    assert Dispute.objects.get().status == "warning_needs_response"
    assert (disputed(payment), disputed(other)) == (0, 0)


def test_one_whose_money_cannot_be_written_is_not_written_either(
    payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Payment, "save", full)
    with pytest.raises(OSError, match="disk full"):
        record()
    assert not Dispute.objects.exists()


def test_order_and_payment_are_held_in_that_order(payment: Payment) -> None:
    with CaptureQueriesContext(connection) as queries:
        record()
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    held = [sql.split(' FROM "')[1].split('"')[0] for sql in locks]
    assert held == ["orders_order", "payments_payment"]


# Sending the order


def fulfil(payment: Payment) -> Any:
    return services.fulfil(order=payment.order, by=OPS, reason="sent", now=NOW)


def test_an_order_is_sent_whatever_becomes_of_another(payment: Payment, other: Payment) -> None:
    record()
    assert fulfil(other).status == "fulfilled"


@pytest.mark.parametrize("status", ["needs_response", "under_review", "warning_needs_response"])
def test_an_order_is_not_sent_while_a_dispute_is_open(payment: Payment, status: str) -> None:
    record(status=status)
    with pytest.raises(services.CannotFulfil, match="a dispute is open; settle it at Stripe first"):
        fulfil(payment)
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"


@pytest.mark.parametrize("status", ["lost", "prevented"])
def test_an_order_whose_money_the_bank_took_back_is_not_sent(payment: Payment, status: str) -> None:
    record(status=status, amount_pennies=500)
    with pytest.raises(services.CannotFulfil, match="the bank took the payment back in a dispute"):
        fulfil(payment)
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"


def test_an_order_of_which_a_lost_dispute_left_something_is_sent(payment: Payment) -> None:
    record(status="lost", amount_pennies=499)
    assert fulfil(payment).status == "fulfilled"


def test_a_payment_is_taken_back_when_disputes_left_nothing_of_it() -> None:
    paid = {"captured_pennies": 500, "refunded_pennies": 100, "pending_refund_pennies": 50}
    assert [
        Payment(**paid, disputed_pennies=pennies).is_taken_back for pennies in (0, 349, 350, 500)
    ] == [False, False, True, True]
    assert not Payment(captured_pennies=500, refunded_pennies=500).is_taken_back
    assert Payment(captured_pennies=1, disputed_pennies=1).is_taken_back


def test_an_order_whose_dispute_was_won_is_sent(payment: Payment) -> None:
    record(status="won")
    assert fulfil(payment).status == "fulfilled"


def test_the_order_is_held_while_its_disputes_are_looked_at(payment: Payment) -> None:
    with CaptureQueriesContext(connection) as queries:
        fulfil(payment)
    said = [query["sql"] for query in queries]
    locks = [sql.split(' FROM "')[1].split('"')[0] for sql in said if sql.endswith("FOR UPDATE")]
    looks = next(n for n, sql in enumerate(said) if "payments_dispute" in sql)
    first_lock = next(n for n, sql in enumerate(said) if sql.endswith("FOR UPDATE"))
    assert locks[0] == "orders_order"
    assert first_lock < looks
