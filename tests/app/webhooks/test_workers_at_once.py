"""webhooks.worker: workers at once share the events, and each event is written once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection

from orders.models import Order, OrderTransition
from webhooks import facts, worker
from webhooks.models import StripeEvent


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_share_the_events_and_write_each_once(shop: Any) -> None:
    orders = [shop.order() for _ in range(4)]
    for order in orders:
        shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    for event in shop.events():
        shop.receive(event)
    together = threading.Barrier(4)
    done: list[int] = []

    def run() -> None:
        try:
            together.wait(timeout=30)
            done.append(worker.process_all(clock=lambda: shop.now))
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(timeout=60)
    assert sum(done) == StripeEvent.objects.count() == 20
    assert set(StripeEvent.objects.values_list("attempts", flat=True)) == {1}
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
    assert OrderTransition.objects.filter(target="paid").count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_worker_passes_by_the_event_that_another_holds(shop: Any) -> None:
    """It works on the next one instead of waiting."""
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    for event in shop.events():
        if facts.handles(event["type"]):
            shop.receive(event)
    held, free = StripeEvent.objects.order_by("id")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM webhooks_stripeevent WHERE id = %s FOR UPDATE", [held.pk]
            )
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        assert worker.process_one(now=shop.now) is True
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
    held.refresh_from_db()
    free.refresh_from_db()
    order.refresh_from_db()
    assert (held.status, free.status, order.status) == ("received", "processed", "paid")


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_ran_out_lets_another_worker_in_and_only_one_writes(
    shop: Any, monkeypatch: Any
) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    (event,) = (e for e in shop.events() if e["type"] == "payment_intent.succeeded")
    shop.receive(event)
    fetch, both_fetched, has_claimed = facts.fetch, threading.Barrier(2), threading.Event()

    def slow(about: StripeEvent) -> Any:
        has_claimed.set()
        found = fetch(about)
        both_fetched.wait(timeout=20)
        return found

    apply, applied = facts.apply, []

    def counted(fetched: Any, *, now: Any) -> None:
        applied.append(now)
        time.sleep(0.2)  # long enough for the other worker to come as far as the row's lock
        apply(fetched, now=now)

    monkeypatch.setattr(facts, "fetch", slow)
    monkeypatch.setattr(facts, "apply", counted)

    def run(now: Any) -> None:
        try:
            worker.process_one(now=now)
        finally:
            connection.close()

    workers = [
        threading.Thread(target=run, args=(shop.now + i * 2 * worker.CLAIM,)) for i in range(2)
    ]
    workers[0].start()
    assert has_claimed.wait(timeout=20)
    workers[1].start()
    for one in workers:
        one.join(timeout=60)
    order.refresh_from_db()
    assert len(applied) == 1
    assert (order.status, order.history.count()) == ("paid", 2)
    assert (StripeEvent.objects.get().status, StripeEvent.objects.get().attempts) == (
        "processed",
        1,
    )
