"""webhooks.worker: works on what is due, and tries again what went wrong until it gives it up."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments import gateway
from tests.app.webhooks.at_work import LATER, statuses, work
from webhooks import backoff, facts, worker
from webhooks.models import Kind, StripeEvent


def test_nothing_due_is_said(shop: Any) -> None:
    assert worker.process_one(now=shop.now) is False
    assert worker.process_all(clock=lambda: shop.now) == 0


def test_limit_leaves_the_rest(shop: Any) -> None:
    for number in range(3):
        shop.receive(_made_up(shop, f"evt_{number}", "ch_1", kind="charge.updated"))
    assert worker.process_all(clock=lambda: shop.now, limit=2) == 2
    assert sorted(StripeEvent.objects.values_list("status", flat=True)) == [
        "ignored",
        "ignored",
        "received",
    ]


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        ("payment_intent.succeeded", "retrieve_intent"),
        ("checkout.session.completed", "retrieve_session"),
        ("refund.created", "retrieve_refund"),
        ("charge.dispute.created", "retrieve_dispute"),
    ],
)
def test_stripe_is_asked_with_no_transaction_open(
    shop: Any, monkeypatch: pytest.MonkeyPatch, kind: str, called: str
) -> None:
    intent = shop.paid_order().payments.get().stripe_intent_id
    shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=100)
    shop.twin.control.open_dispute(intent=intent, amount=100)
    StripeEvent.objects.all().delete()
    with shop.twin.account.store.change():
        (event,) = (e for e in shop.twin.account.store.all("event") if e["type"] == kind)
    shop.receive(dict(event))
    outside, seen = len(connection.savepoint_ids), []
    real = getattr(gateway, called)

    def watched(stripe_id: str) -> Any:
        seen.append(len(connection.savepoint_ids))
        return real(stripe_id)

    monkeypatch.setattr(gateway, called, watched)
    worker.process_all(clock=lambda: shop.now)
    assert statuses() == {kind: "processed"}
    assert seen == [outside]


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "refund.created"])
def test_rows_are_locked_event_first_then_order_payment_refund(shop: Any, kind: str) -> None:
    """The same order everywhere, so that no two workers can wait for each other."""
    intent = shop.paid_order().payments.get().stripe_intent_id
    shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=100)
    StripeEvent.objects.all().delete()
    with shop.twin.account.store.change():
        (event,) = (e for e in shop.twin.account.store.all("event") if e["type"] == kind)
    shop.receive(dict(event))
    with CaptureQueriesContext(connection) as queries:
        worker.process_one(now=shop.now)
    locked = [
        query["sql"].split(' FROM "')[1].split('"')[0]
        for query in queries
        if query["sql"].endswith("FOR UPDATE")
    ]
    expected = ["webhooks_stripeevent", "orders_order", "payments_payment", "refunds_refund"]
    assert locked == expected[: 4 if kind == "refund.created" else 3]


def test_an_event_about_an_unknown_object_is_tried_again_then_dead(shop: Any) -> None:
    shop.receive(_made_up(shop, "evt_1", "pi_none"))
    waits = []
    for attempt in range(1, backoff.MOST_ATTEMPTS + 1):
        assert worker.process_all(clock=lambda: shop.now, rng=random.Random(attempt)) == 1
        event = StripeEvent.objects.get()
        assert event.attempts == attempt
        waits.append((event.next_attempt_at - shop.now).total_seconds())
        shop.now = event.next_attempt_at
    assert (event.status, event.last_error) == (
        "dead",
        "Missing: Stripe: No such payment_intent: 'pi_none'",
    )
    assert waits[:-1] == sorted(waits[:-1])
    assert worker.process_all(clock=lambda: shop.now + LATER) == 0


def test_an_event_is_not_tried_before_its_time(shop: Any) -> None:
    shop.receive(_made_up(shop, "evt_1", "pi_none"))
    worker.process_all(clock=lambda: shop.now, rng=random.Random(1))
    due = StripeEvent.objects.get().next_attempt_at
    assert worker.process_all(clock=lambda: due - timedelta(milliseconds=1)) == 0
    assert worker.process_all(clock=lambda: due) == 1


@pytest.mark.parametrize("fault", ["error_before", "cut_before"])
def test_stripe_not_answering_delays_an_event_and_loses_nothing(shop: Any, fault: str) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    shop.twin.control.misbehave(fault=fault, method="GET", times=2)
    shop.deliver()
    assert sorted(statuses().values()).count("failed") == 2
    work(shop)
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_bug_in_one_event_does_not_stop_the_others(
    shop: Any, monkeypatch: Any, caplog: Any
) -> None:
    def broken(object_id: str) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setitem(facts._LOOK, Kind.INTENT, broken)
    order = shop.paid_order()
    event = StripeEvent.objects.get(type="payment_intent.succeeded")
    assert (event.status, event.last_error) == ("failed", "ZeroDivisionError: a bug")
    assert "a bug, not a refusal" in caplog.text
    assert order.status == "paid"


def _made_up(
    shop: Any, event_id: str, object_id: str, kind: str = "payment_intent.succeeded"
) -> dict[str, Any]:
    return {
        "id": event_id,
        "object": "event",
        "type": kind,
        "api_version": "2026-10-28.endive",
        "livemode": False,
        "created": 1_770_000_000,
        "data": {"object": {"id": object_id, "object": kind.split(".")[0]}},
    }
