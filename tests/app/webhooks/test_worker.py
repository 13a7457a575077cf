from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orders.models import Order, OrderTransition
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds import late_money
from refunds.models import Refund
from webhooks import backoff, facts, worker
from webhooks.models import Kind, StripeEvent

LATER = timedelta(hours=2)


def state() -> dict[str, list[Any]]:
    """What the shop believes about money, without times and keys of its own."""
    return {
        "orders": list(
            Order.objects.order_by("id").values_list(
                "status", "captured_pennies", "refunded_pennies"
            )
        ),
        "payments": list(
            Payment.objects.order_by("id").values_list(
                "status",
                "stripe_intent_id",
                "captured_pennies",
                "refunded_pennies",
                "pending_refund_pennies",
            )
        ),
        "refunds": sorted(Refund.objects.values_list("stripe_refund_id", "status")),
    }


def work(shop: Any) -> None:
    """Work until nothing is due, letting the time pass that retries wait."""
    for _ in range(backoff.MOST_ATTEMPTS):
        worker.process_all(clock=lambda: shop.now, rng=random.Random(1))
        shop.now += LATER


def statuses() -> dict[str, str]:
    return dict(StripeEvent.objects.values_list("type", "status"))


def test_nothing_due_is_said(shop: Any) -> None:
    assert worker.process_one(now=shop.now) is False
    assert worker.process_all(clock=lambda: shop.now) == 0


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


def test_limit_leaves_the_rest(shop: Any) -> None:
    for number in range(3):
        shop.receive(_made_up(shop, f"evt_{number}", "ch_1", kind="charge.updated"))
    assert worker.process_all(clock=lambda: shop.now, limit=2) == 2
    assert sorted(StripeEvent.objects.values_list("status", flat=True)) == [
        "ignored",
        "ignored",
        "received",
    ]


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


def _intent(shop: Any, paid: dict[str, Any]) -> str:
    with shop.twin.account.store.change():
        (intent,) = shop.twin.account.store.all("payment_intent")
    return str(intent["id"])


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
