"""refunds.services.issue: reserved once, then asked of Stripe once; a stand-in answers for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from audit import services as audit
from audit.models import Entry
from core.actor import Actor
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds import services
from refunds.models import Refund

OPS = Actor(id=7, role="ops", origin="web")


@dataclass
class Stripe:
    """What it was asked, and under how many open transactions of the shop's; `error` is its no."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    within: list[int] = field(default_factory=list)
    error: gateway.GatewayError | None = None

    def create_refund(self, **asked: Any) -> gateway.RefundFact:
        self.asked.append(asked)
        self.within.append(len(connection.savepoint_ids))
        if self.error:
            raise self.error
        number = f"re_{len(self.asked)}"
        key, pennies = asked["key"], asked["amount_pennies"]
        return gateway.RefundFact(number, "succeeded", pennies, "GBP", asked["intent_id"], key, "")


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    made = Stripe()
    monkeypatch.setattr(gateway, "create_refund", made.create_refund)
    return made


@pytest.fixture
def payment(begun: Payment, now: datetime) -> Payment:
    """£5.00, captured."""
    paid = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
    return payments.settle(payment=begun, intent=paid, now=now)


@pytest.fixture
def ask(payment: Payment, now: datetime) -> Any:
    def ask(pennies: int = 200, **other: Any) -> Refund:
        given = {"order": payment.order, "reason": "chipped", "by": OPS, "now": now, **other}
        return services.issue(asked_pennies=pennies, **given)

    return ask


def money(payment: Payment) -> tuple[int, int]:
    payment.refresh_from_db()
    return payment.refunded_pennies, payment.pending_refund_pennies


def record() -> list[str]:
    """What is on record."""
    return list(Entry.objects.order_by("id").values_list("action", flat=True))


def test_it_is_written_down_then_asked_for_once_and_settled(
    ask: Any, payment: Payment, stripe: Stripe, now: datetime
) -> None:
    refund = ask(form_key="f1", reason=" chipped ")
    assert stripe.asked == [
        {
            "intent_id": "pi_1",
            "amount_pennies": 200,
            "key": "form-f1",
            "order_id": payment.order_id,
        }
    ]
    assert stripe.within == [0]
    assert (refund.status, refund.stripe_refund_id, refund.reason) == (
        "succeeded",
        "re_1",
        "chipped",
    )
    assert (refund.payment, refund.currency, refund.amount_pennies) == (payment, "GBP", 200)
    assert (refund.requested_by_id, refund.requested_at) == (7, now)
    assert money(payment) == (200, 0)
    assert record() == ["refund-asked", "refund-settled"]


@pytest.mark.parametrize("key", [{"form_key": "f1"}, {"key": "k1"}])
def test_the_same_form_or_key_gives_the_first_refund_again(
    ask: Any, payment: Payment, stripe: Stripe, key: dict[str, str]
) -> None:
    first = ask(**key)
    assert ask(**key) == first
    with pytest.raises(services.CannotRefund, match=r"sent before, for £2\.00 of order"):
        ask(100, **key)
    assert (len(stripe.asked), money(payment)) == (1, (200, 0))


def test_all_of_it_sent_twice_is_the_first_refund_and_no_refusal(
    ask: Any, payment: Payment, stripe: Stripe
) -> None:
    first = ask(500, form_key="f1")
    assert ask(500, form_key="f1") == first
    assert len(stripe.asked) == 1


def test_without_a_form_each_is_a_refund_of_its_own(
    ask: Any, payment: Payment, stripe: Stripe
) -> None:
    assert ask() != ask()
    keys = [asked["key"] for asked in stripe.asked]
    assert len(set(keys)) == 2
    assert all(key.startswith("refund-") and len(key) == 39 for key in keys)
    assert money(payment) == (400, 0)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"by": Actor(id=7, role="analyst", origin="web")}, "analyst cannot refund; ask ops"),
        ({"reason": "  "}, "a reason of 0 characters, 1 to 300 expected; say why."),
        ({"reason": "x" * 301}, "a reason of 301 characters, 1 to 300 expected; say why."),
        ({"pennies": 501}, "£5.01 asked, £5.00 left to refund."),
        ({"late": timedelta(days=31)}, "paid more than 30 days ago, refunds were possible until"),
        ({"choose": lambda order: None}, ""),
    ],
    ids=["who", "no reason", "long reason", "too much", "too late", "no payment"],
)
def test_what_the_policy_refuses_is_on_record_and_nowhere_else(
    ask: Any, payment: Payment, stripe: Stripe, now: datetime, changed: Any, sentence: str
) -> None:
    given = {**changed, "now": now + changed.get("late", timedelta())}
    given.pop("late", None)
    with pytest.raises(services.CannotRefund) as no:
        ask(**given)
    assert sentence in str(no.value)
    assert str(no.value).startswith(f"Order {payment.order_id}: ")
    assert (stripe.asked, Refund.objects.count(), money(payment)) == ([], 0, (0, 0))
    assert record() == ["refused"]


@pytest.mark.parametrize("length", [1, 300])
def test_a_reason_of_any_length_that_fits_is_fine(ask: Any, stripe: Stripe, length: int) -> None:
    assert ask(reason="x" * length).reason == "x" * length


@pytest.mark.parametrize(
    ("error", "status", "left"),
    [
        (gateway.Unknown("timed out"), "requested", (0, 200)),
        (gateway.Rejected("no such intent"), "failed", (0, 0)),
    ],
    ids=["no answer", "no"],
)
def test_only_a_certain_no_lets_the_money_go(
    ask: Any, payment: Payment, stripe: Stripe, error: Any, status: str, left: tuple[int, int]
) -> None:
    stripe.error = error
    assert ask().status == status
    assert money(payment) == left


def test_what_cannot_be_put_on_record_is_not_reserved_nor_asked(
    ask: Any, payment: Payment, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        ask()
    assert (stripe.asked, Refund.objects.count(), money(payment)) == ([], 0, (0, 0))


def test_nobody_can_reserve_within_a_transaction_that_may_not_be_committed(
    ask: Any, payment: Payment, stripe: Stripe
) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        ask()
    assert stripe.asked == []
