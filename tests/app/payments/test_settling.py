"""payments.services: Stripe's facts written to a payment and its order; Stripe is not asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import system
from orders import services as orders
from orders.lifecycle import OrderStatus
from payments import gateway, services
from payments.models import Payment

LONG = "x" * 121


@pytest.fixture
def payment(begun: Payment) -> Payment:
    return begun


def intent(status: str = "succeeded", **changes: Any) -> gateway.Intent:
    received = 500 if status == "succeeded" else 0
    facts = {"id": "pi_1", "amount_pennies": 500, "received_pennies": received, "currency": "GBP"}
    return gateway.Intent(**({"status": status, "key": "key-1", "failure": ""} | facts | changes))


def page(page_id: str = "cs_1", status: str = "open") -> gateway.CheckoutSession:
    return gateway.CheckoutSession(page_id, status, "unpaid", "", "", "key-1")


def written(payment: Payment) -> tuple[Any, ...]:
    payment.refresh_from_db()
    ids = (payment.stripe_intent_id, payment.stripe_session_id)
    return (*ids, payment.status, payment.captured_pennies, payment.succeeded_at)


def test_what_succeeded_is_written_once_and_nothing_later_takes_it_back(
    payment: Payment, now: Any
) -> None:
    paid = ("pi_1", None, "succeeded", 500, now)
    for minutes, status in enumerate(["succeeded", "succeeded", "processing", "canceled"]):
        at = now + timedelta(minutes=minutes)
        settled = services.settle(payment=payment, intent=intent(status), now=at)
        assert settled.status == "succeeded"
        assert written(payment) == paid
    payment.order.refresh_from_db()
    assert (payment.order.status, payment.order.captured_pennies) == ("paid", 500)
    assert payment.order.history.count() == 2


def test_a_page_alone_says_whose_it_is_and_another_page_never_takes_its_place(
    payment: Payment, now: Any
) -> None:
    for about in (page(), page("cs_2")):
        services.settle(payment=payment, intent=None, session=about, now=now)
        assert written(payment) == (None, "cs_1", "created", 0, None)
    services.settle(payment=payment, intent=None, session=page(status="expired"), now=now)
    assert written(payment) == (None, "cs_1", "canceled", 0, None)


def test_why_an_attempt_failed_is_kept_as_far_as_it_fits(payment: Payment, now: Any) -> None:
    tried = intent("requires_payment_method", failure=LONG)
    services.settle(payment=payment, intent=tried, now=now)
    payment.refresh_from_db()
    assert (payment.status, payment.last_failure) == ("created", LONG[:120])


@pytest.mark.parametrize("changes", [{"currency": "EUR"}, {"amount_pennies": 1}, {"id": "pi_2"}])
def test_facts_that_disagree_change_neither_payment_nor_order(
    payment: Payment, now: Any, changes: dict[str, Any]
) -> None:
    services.settle(payment=payment, intent=intent("processing"), now=now)
    with pytest.raises(services.Disagrees, match="look at both"):
        services.settle(payment=payment, intent=intent(**changes), now=now)
    assert written(payment) == ("pi_1", None, "processing", 0, None)
    assert payment.order.history.count() == 1


def test_a_payment_whose_order_cannot_be_written_is_not_written_either(
    payment: Payment, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(orders, "record_amounts", full)
    with pytest.raises(OSError, match="disk full"):
        services.settle(payment=payment, intent=intent(), now=now)
    assert written(payment) == (None, None, "created", 0, None)


def test_order_and_payment_are_held_in_that_order(payment: Payment, now: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        services.settle(payment=payment, intent=intent(), now=now)
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    held = [sql.split(' FROM "')[1].split('"')[0] for sql in locks]
    assert held == ["orders_order", "payments_payment"]


def test_late_money_is_captured_and_the_order_stays_canceled(payment: Payment, now: Any) -> None:
    Payment.objects.update(status="canceled")
    by = system("worker")
    order = orders.move(
        order=payment.order, target=OrderStatus.CANCELED, by=by, reason="gone", now=now
    )
    services.settle(payment=payment, intent=intent(), now=now)
    assert written(payment) == ("pi_1", None, "succeeded", 500, now)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("canceled", 500)


def test_an_order_holds_what_its_own_payments_add_up_to(payment: Payment, now: Any) -> None:
    mine, by = payment.order, system("worker")
    services.settle(payment=payment, intent=intent(), now=now)
    other = orders.place(customer=mine.customer, basket={mine.lines.get().product: 1}, now=now)
    for order, captured in ((other, 0), (mine, 500)):
        services.recompute(order=order, by=by, now=now)
        order.refresh_from_db()
        assert (order.captured_pennies, order.refunded_pennies) == (captured, 0)


def test_a_payment_is_found_by_either_id_or_by_its_key(payment: Payment) -> None:
    Payment.objects.update(stripe_intent_id="pi_1", stripe_session_id="cs_1")
    for known in ({"intent_id": "pi_1"}, {"session_id": "cs_1"}, {"key": "key-1"}):
        assert services.find(**{"intent_id": "pi_other", **known}) == payment


def test_an_id_that_was_not_told_finds_nobody(payment: Payment) -> None:
    Payment.objects.update(stripe_session_id="")
    with pytest.raises(services.NotOurs, match="none here is pi_9; trying again later"):
        services.find(intent_id="pi_9")
