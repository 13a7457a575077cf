"""Money of which a bank decides later: what the shop does meanwhile, and how it learns the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orders.models import Order
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds import late_money
from tests.app.webhooks.at_work import LATER
from webhooks import worker


def test_a_completed_session_that_is_not_paid_pays_nothing(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay_later(session=payment.stripe_session_id)
    (completed,) = (e for e in shop.events() if e["type"] == "checkout.session.completed")
    shop.receive(completed)
    worker.process_all(clock=lambda: shop.now)
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("pending", 0)
    assert (payment.status, payment.captured_pennies) == ("processing", 0)
    shop.twin.control.settle(id=payment.stripe_session_id)
    shop.deliver()
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("paid", 10000)


def _refused_by_the_bank(shop: Any) -> tuple[Order, Payment]:
    """An order whose page is complete, and whose bank refused days later."""
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay_later(session=payment.stripe_session_id, succeeds=False)
    shop.deliver()
    shop.twin.control.fail(id=payment.stripe_session_id)
    shop.deliver()
    order.refresh_from_db()
    payment.refresh_from_db()
    return order, payment


def test_a_delayed_payment_that_fails_leaves_the_order_payable(shop: Any) -> None:
    order, refused = _refused_by_the_bank(shop)
    assert (order.status, refused.status) == ("pending", "created")
    assert refused.last_failure == "insufficient_funds"
    again = shop.checkout(order)
    refused.refresh_from_db()
    assert (refused.status, again.status) == ("canceled", "created")
    assert shop.checkout(order) == again
    shop.twin.control.pay(session=again.stripe_session_id)
    shop.deliver()
    order.refresh_from_db()
    again.refresh_from_db()
    refused.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("paid", 10000)
    assert (again.status, refused.status) == ("succeeded", "canceled")


def test_a_delayed_payment_that_fails_leaves_the_order_to_be_canceled(shop: Any) -> None:
    order, refused = _refused_by_the_bank(shop)
    by = shop.actor(shop.customer)
    payments.cancel(order=order, by=by, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    refused.refresh_from_db()
    assert (order.status, refused.status) == ("canceled", "canceled")


@pytest.mark.parametrize("ended", ["canceled", "paid"])
def test_money_of_a_payment_that_was_given_up_goes_back(shop: Any, ended: str) -> None:
    """Stripe says that it cannot come any more; if it does, it is nobody's but the customer's."""
    order, refused = _refused_by_the_bank(shop)
    if ended == "paid":
        shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
        shop.deliver()
    else:
        by = shop.actor(shop.customer)
        payments.cancel(order=order, by=by, reason="changed my mind", now=shop.now)
    intent = gateway.retrieve_intent(refused.stripe_intent_id or "")
    succeeded = replace(intent, status="succeeded", received_pennies=10000)
    payments.settle(payment=refused, intent=succeeded, now=shop.now + LATER)
    order.refresh_from_db()
    assert order.status == ended
    assert late_money.due() == [refused]


def _deliver_only(shop: Any, kind: str) -> None:
    """Of all that was announced, only events of this type arrive."""
    only = [event for event in shop.events() if event["type"] == kind]
    assert only, kind
    for event in only:
        shop.receive(event)
    worker.process_all(clock=lambda: shop.now)


@pytest.mark.parametrize(
    "kind", ["checkout.session.async_payment_succeeded", "payment_intent.succeeded"]
)
def test_one_event_is_enough_to_learn_that_a_delayed_payment_came(shop: Any, kind: str) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay_later(session=payment.stripe_session_id)
    shop.twin.control.settle(id=payment.stripe_session_id)
    _deliver_only(shop, kind)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("paid", 10000)


@pytest.mark.parametrize(
    "kind", ["checkout.session.async_payment_failed", "payment_intent.payment_failed"]
)
def test_one_event_is_enough_to_learn_that_a_delayed_payment_failed(shop: Any, kind: str) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay_later(session=payment.stripe_session_id, succeeds=False)
    shop.deliver()
    shop.twin.control.fail(id=payment.stripe_session_id)
    _deliver_only(shop, kind)
    payment.refresh_from_db()
    assert payment.status == "created"
    assert payment.last_failure


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed"])
def test_one_event_is_enough_to_learn_how_a_refund_ended(
    shop: Any, olly_ops: Any, kind: str
) -> None:
    from refunds.services import issue

    order = shop.paid_order()
    refund = issue(
        order=order,
        asked_pennies=6000,
        reason="chipped",
        by=shop.actor(olly_ops),
        now=shop.now,
    )
    shop.twin.control.fail(id=refund.stripe_refund_id)
    _deliver_only(shop, kind)
    refund.refresh_from_db()
    order.refresh_from_db()
    assert (refund.status, order.refunded_pennies) == ("failed", 0)
