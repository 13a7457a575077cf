"""webhooks.facts: what is written is what Stripe has now, however often and in whatever order
events tell of it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orders.models import OrderTransition
from refunds.models import Refund
from tests.app.webhooks.at_work import LATER, state, statuses, work
from webhooks import facts, worker
from webhooks.models import StripeEvent


def test_a_payments_events_make_the_order_paid(shop: Any) -> None:
    order = shop.paid_order()
    assert order.captured_pennies == 10000
    assert statuses() == {
        "payment_intent.created": "ignored",
        "charge.succeeded": "ignored",
        "charge.updated": "ignored",
        "payment_intent.succeeded": "processed",
        "checkout.session.completed": "processed",
    }


def test_replayed_events_change_nothing(shop: Any) -> None:
    shop.paid_order()
    before, steps = state(), OrderTransition.objects.count()
    StripeEvent.objects.update(status="received")
    assert worker.process_all(clock=lambda: shop.now + LATER) == 5
    assert (state(), OrderTransition.objects.count()) == (before, steps)


def test_what_is_written_is_the_object_now_not_the_event(shop: Any) -> None:
    """An event from before the payment arrives after it; see Note [Replayed events]."""
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay(session=payment.stripe_session_id, card="4000000000000002")
    shop.twin.control.pay(session=payment.stripe_session_id)
    (failed,) = (e for e in shop.events() if e["type"] == "payment_intent.payment_failed")
    shop.receive(failed)
    worker.process_all(clock=lambda: shop.now)
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_refund_that_arrives_before_its_payment_waits_for_it(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    paid = shop.twin.control.pay(session=payment.stripe_session_id)
    shop.twin.control.refund_from_dashboard(payment_intent=_intent(shop, paid), amount=4000)
    events = shop.events()
    for event in events:
        if event["type"] == "refund.created":
            shop.receive(event)
    worker.process_all(clock=lambda: shop.now, rng=random.Random(1))
    waiting = StripeEvent.objects.get()
    assert (waiting.status, waiting.attempts) == ("failed", 1)
    assert waiting.last_error.startswith("NotOurs: Payment: none here is pi_")
    for event in events:
        shop.receive(event)
    work(shop)
    order.refresh_from_db()
    assert (order.status, order.refunded_pennies) == ("paid", 4000)
    assert set(statuses().values()) <= {"processed", "ignored"}


def test_amounts_that_disagree_stop_at_the_event_for_a_person_to_look(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay(session=payment.stripe_session_id)
    with shop.twin.account.store.change():
        (intent,) = shop.twin.account.store.all("payment_intent")
        intent["amount"] = intent["amount_received"] = 1
        shop.twin.account.store.put("payment_intent", intent)
    shop.deliver()
    order.refresh_from_db()
    assert order.status == "pending"
    event = StripeEvent.objects.get(type="payment_intent.succeeded")
    assert event.status == "failed"
    assert event.last_error.startswith("Disagrees: ")


def test_an_expired_session_frees_the_order_for_another_payment(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    from payments import gateway

    gateway.expire_session(payment.stripe_session_id)
    shop.deliver()
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status) == ("canceled", "pending")
    assert shop.checkout(order) != payment


def test_an_event_finds_the_payment_whose_page_was_never_confirmed(shop: Any) -> None:
    """Its making got no answer, so only the key in the page's metadata says whose it is."""
    from payments import gateway

    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    payment = order.payments.get()
    page = gateway.find_session(key=payment.idempotency_key, since=shop.now - timedelta(days=400))
    assert page
    gateway.expire_session(page.id)
    shop.deliver()
    payment.refresh_from_db()
    assert (payment.stripe_session_id, payment.status) == (page.id, "canceled")


@pytest.mark.slow
def test_any_order_and_duplication_of_the_same_events_ends_the_same(
    shop: Any, olly_ops: Any
) -> None:
    """A paid, partly refunded order whose second refund failed after it had succeeded."""
    order = shop.order()
    payment = shop.checkout(order)
    paid = shop.twin.control.pay(session=payment.stripe_session_id)
    intent = _intent(shop, paid)
    control = shop.twin.control
    control.refund_from_dashboard(payment_intent=intent, amount=3000)
    bounced = control.refund_from_dashboard(payment_intent=intent, amount=7000)
    control.fail(id=bounced["id"])
    events = [event for event in shop.events() if facts.handles(event["type"])]

    @hypothesis_settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.permutations(events), st.lists(st.integers(0, len(events) - 1), max_size=3))
    def check(shuffled: list[Any], doubled: list[int]) -> None:

        with transaction.atomic():
            for number, event in enumerate([*shuffled, *(events[i] for i in doubled)]):
                shop.receive(event)
                if number % 2:
                    worker.process_all(clock=lambda: shop.now, rng=random.Random(1))
            work(shop)
            assert state() == {
                "orders": [("paid", 10000, 3000)],
                "payments": [("succeeded", intent, 10000, 3000, 0)],
                "refunds": sorted(
                    [(bounced["id"], "failed"), (_other(bounced["id"]), "succeeded")]
                ),
            }
            assert set(statuses().values()) == {"processed"}
            transaction.set_rollback(True)

    def _other(refund_id: str) -> str:
        (other,) = Refund.objects.exclude(stripe_refund_id=refund_id).values_list(
            "stripe_refund_id", flat=True
        )
        return str(other)

    check()


def _intent(shop: Any, paid: dict[str, Any]) -> str:
    with shop.twin.account.store.change():
        (intent,) = shop.twin.account.store.all("payment_intent")
    return str(intent["id"])
