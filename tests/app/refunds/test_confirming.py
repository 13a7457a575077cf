"""refunds.settlement.confirm: what Stripe says of a refund, written once; Stripe is not asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit import services as audit
from audit.models import Entry
from core.actor import Actor
from orders.services import place
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds.models import Refund
from refunds.settlement import confirm

TOLD = gateway.RefundFact("re_1", "succeeded", 200, "GBP", "pi_1", "", "")
OURS = replace(TOLD, key="refund-1")


@pytest.fixture
def payment(begun: Payment, now: datetime) -> Payment:
    """£5.00, captured."""
    paid = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
    return payments.settle(payment=begun, intent=paid, now=now)


@pytest.fixture
def asked(payment: Payment, now: datetime) -> Refund:
    """£2.00 that the shop asked for; what Stripe made of it is not known."""
    Payment.objects.update(pending_refund_pennies=200)
    return Refund.objects.create(
        payment=payment,
        currency="GBP",
        amount_pennies=200,
        reason="chipped",
        idempotency_key="refund-1",
        requested_at=now,
    )


def money(payment: Payment) -> tuple[int, int, int]:
    """Refunded and reserved of the payment, refunded of the order."""
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    refunded = payment.order.refunded_pennies
    return payment.refunded_pennies, payment.pending_refund_pennies, refunded


def ends() -> list[tuple[str, str, str]]:
    """How refunds ended and who is written down for it."""
    found = Entry.objects.filter(action="refund-settled").order_by("id")
    return list(found.values_list("result", "actor_role", "origin"))


def test_the_shops_own_refund_ends_once_however_often_it_is_told(
    asked: Refund, payment: Payment, now: datetime
) -> None:
    by = Actor(id=3, role="ops", origin="web")
    for hours in range(2):
        ended = confirm(fact=OURS, by=by, now=now + timedelta(hours=hours))
        assert (ended.pk, ended.status, ended.stripe_refund_id) == (asked.pk, "succeeded", "re_1")
        assert (ended.settled_at, money(payment)) == (now, (200, 0, 200))
        assert ends() == [("done", "ops", "web")]


def test_one_made_at_stripe_is_recorded_once_as_the_systems(
    payment: Payment, now: datetime
) -> None:
    for _ in range(2):
        made = confirm(fact=TOLD, now=now)
        assert (made.status, made.idempotency_key) == ("succeeded", "stripe-re_1")
        assert (Refund.objects.count(), money(payment)) == (1, (200, 0, 200))
        assert ends() == [("done", "system", "worker")]


def test_one_made_at_stripe_that_came_to_nothing_is_recorded_once(
    payment: Payment, now: datetime
) -> None:
    for _ in range(2):
        made = confirm(fact=replace(TOLD, status="failed"), now=now)
        assert (made.status, Refund.objects.count()) == ("failed", 1)
        assert (money(payment), ends()) == ((0, 0, 0), [("failed", "system", "worker")])


def test_a_refund_that_bounces_gives_its_money_back(payment: Payment, now: datetime) -> None:
    confirm(fact=TOLD, now=now)
    assert confirm(fact=replace(TOLD, status="failed"), now=now).status == "failed"
    assert confirm(fact=TOLD, now=now).status == "failed"
    assert money(payment) == (0, 0, 0)
    assert [result for result, *_ in ends()] == ["done", "failed"]


@pytest.mark.parametrize(
    "change", [{"amount_pennies": 199}, {"currency": "EUR"}, {"id": "re_other"}]
)
def test_facts_that_disagree_change_neither_refund_nor_payment_nor_order(
    asked: Refund, payment: Payment, now: datetime, change: dict[str, Any]
) -> None:
    confirm(fact=replace(OURS, status="pending"), now=now)
    with pytest.raises(payments.Disagrees, match="look at both"):
        confirm(fact=replace(OURS, **change), now=now)
    asked.refresh_from_db()
    assert (asked.status, money(payment), ends()) == ("pending", (0, 200, 0), [])


def test_an_end_that_cannot_be_put_on_record_is_not_written(
    asked: Refund, payment: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        confirm(fact=OURS, now=now)
    asked.refresh_from_db()
    assert (asked.status, money(payment)) == ("requested", (0, 200, 0))


def test_what_goes_back_of_one_payment_is_none_of_anothers(payment: Payment, now: datetime) -> None:
    paid = gateway.Intent("pi_2", "succeeded", 500, 500, "GBP", "key-2", "")
    of = payment.order
    other = place(customer=of.customer, basket={of.lines.get().product: 1}, now=now)
    apart = Payment.objects.create(
        order=other, currency="GBP", amount_pennies=500, idempotency_key="key-2", created_at=now
    )
    payments.settle(payment=apart, intent=paid, now=now)
    confirm(fact=TOLD, now=now)
    assert (money(payment), money(apart)) == ((200, 0, 200), (0, 0, 0))
