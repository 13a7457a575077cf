"""webhooks.worker: one event at a time, and whatever can come between; Stripe is not asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from analyticsapp import snapshots
from core.refusal import Refused
from monitoring.checks.snapshots import snapshots_differ
from orders.models import Order, OrderTransition
from payments import gateway
from payments.models import Payment
from webhooks import backoff, facts, worker
from webhooks.models import WAITING, Kind, StripeEvent, StripeRecord

INTENT = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def order(begun: Payment, now: datetime) -> Order:
    """£5.00; its payment is begun, and Stripe spoke of it once, long ago."""
    StripeRecord.objects.create(kind=Kind.INTENT, stripe_id="pi_1", status="created", said_at=now)
    return begun.order


@pytest.fixture
def arrive(db: None, now: datetime) -> Callable[..., StripeEvent]:
    def arrive(number: int = 1, **other: Any) -> StripeEvent:
        about = {"object_type": "payment_intent", "object_id": "pi_1", "payload": {}}
        event = {"stripe_id": f"evt_{number}", "type": "payment_intent.succeeded", **about}
        at = {"next_attempt_at": now, "created_at": now, "received_at": now, "livemode": False}
        return StripeEvent.objects.create(**(event | at | other))

    return arrive


@pytest.fixture
def stripe_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """What comes of asking Stripe: an answer, an error, or something that happens meanwhile."""

    def says(what: Any) -> None:
        def fetch(event: StripeEvent) -> facts.Fetched:
            if isinstance(what, Exception):
                raise what
            if callable(what):
                what(event)
            return facts.Fetched(intent=INTENT)

        monkeypatch.setattr(facts, "fetch", fetch)

    return says


def shop() -> list[Any]:
    """What working on the event changes."""
    return [
        Order.objects.values_list("status", "captured_pennies").get(),
        Payment.objects.values_list("status", "stripe_intent_id", "captured_pennies").get(),
        StripeRecord.objects.values_list("status", "amount_pennies").get(),
        OrderTransition.objects.count(),
    ]


UNTOUCHED = [("pending", 0), ("created", None, 0), ("created", 0), 1]
DONE = [("paid", 500), ("succeeded", "pi_1", 500), ("succeeded", 500), 2]


def row(event: StripeEvent) -> tuple[Any, ...]:
    event.refresh_from_db()
    return event.status, event.attempts, event.processed_at, event.last_error


def test_nothing_waits_and_nothing_is_done(db: None, now: datetime) -> None:
    assert worker.process_one(now=now) is False


def test_what_stripe_says_is_written_once_and_the_event_is_done(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    stripe_says("it was paid")
    event = arrive(attempts=3, last_error="no answer")
    assert worker.process_one(now=now) is True
    assert shop() == DONE
    assert row(event) == ("processed", 4, now, "")
    assert worker.process_one(now=now + worker.CLAIM) is False
    assert (shop(), row(event)) == (DONE, ("processed", 4, now, ""))


def test_the_same_news_by_many_events_writes_the_same(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    stripe_says("it was paid")
    for number in range(3):
        arrive(number)
    assert worker.process_all(clock=lambda: now) == 3
    assert shop() == DONE
    assert set(StripeEvent.objects.values_list("status", "attempts")) == {("processed", 1)}


def test_an_event_that_does_not_matter_here_is_ignored_without_asking(
    arrive: Any, stripe_says: Any, now: datetime
) -> None:
    asked: list[StripeEvent] = []
    stripe_says(asked.append)
    event = arrive(type="charge.updated")
    assert worker.process_one(now=now) is True
    assert asked == []
    assert row(event) == ("ignored", 1, now, "not a type this shop acts on")


@pytest.mark.parametrize(
    "error",
    [
        gateway.Unknown("no answer"),
        Refused("the rules say no"),
        DatabaseError("lost"),
        ZeroDivisionError("a bug"),
        gateway.Unknown("x" * 400),
    ],
)
def test_whatever_goes_wrong_is_written_to_the_event_and_tried_later(
    order: Order, arrive: Any, stripe_says: Any, now: datetime, caplog: Any, error: Exception
) -> None:
    stripe_says(error)
    event = arrive()
    assert worker.process_one(now=now, rng=random.Random(1)) is True
    assert row(event) == ("failed", 1, None, f"{type(error).__name__}: {error}"[:300])
    assert event.next_attempt_at == now + backoff.wait(attempts=1, rng=random.Random(1))
    assert ("a bug, not a refusal" in caplog.text) == isinstance(error, ZeroDivisionError)
    assert shop() == UNTOUCHED


@pytest.mark.parametrize("error", [gateway.Unknown("no answer"), ZeroDivisionError("a bug")])
def test_the_twelfth_attempt_is_the_last(
    arrive: Any, stripe_says: Any, now: datetime, error: Exception
) -> None:
    stripe_says(error)
    event = arrive(attempts=backoff.MOST_ATTEMPTS - 2)
    for status, attempts in (("failed", 11), ("dead", 12)):
        assert worker.process_one(now=now) is True
        assert row(event)[:2] == (status, attempts)
        assert event.next_attempt_at >= now + timedelta(minutes=15)
        now = event.next_attempt_at
    assert worker.process_one(now=now + worker.CLAIM) is False


def test_what_another_worker_finished_meanwhile_stays_done(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    """The claim ran out while Stripe was slow, and it does not answer in the end."""

    def slow(event: StripeEvent) -> None:
        StripeEvent.objects.update(status="processed", attempts=1)
        raise gateway.Unknown("no answer")

    stripe_says(slow)
    event = arrive()
    assert worker.process_one(now=now) is True
    assert row(event) == ("processed", 1, None, "")


def test_a_claim_that_ran_out_lets_another_worker_in_and_its_writing_counts(
    order: Order, arrive: Any, stripe_says: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now + worker.CLAIM
    applied: list[datetime] = []
    found: list[bool] = []
    apply, others = facts.apply, iter([later - SECOND, later])

    def counted(fetched: facts.Fetched, *, now: datetime) -> None:
        applied.append(now)
        apply(fetched, now=now)

    def slow(event: StripeEvent) -> None:
        """While the first asks, others look for work: too early, and once its claim ran out."""
        for at in others:
            found.append(worker.process_one(now=at))

    stripe_says(slow)
    monkeypatch.setattr(facts, "apply", counted)
    event = arrive()
    assert worker.process_one(now=now) is True
    assert found == [False, True]
    assert (applied, shop()) == ([later], DONE)
    assert row(event) == ("processed", 1, later, "")


def test_rows_are_held_and_claims_pass_by_what_others_hold(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    """A claim is a transaction of its own that waits for nobody; then event, order and payment
    are waited for, in the order in which everybody takes them."""
    stripe_says("it was paid")
    arrive()
    with CaptureQueriesContext(connection) as queries:
        worker.process_one(now=now)
    said = [query["sql"] for query in queries]
    assert [sql.split()[0] for sql in said[:4]] == ["SAVEPOINT", "SELECT", "UPDATE", "RELEASE"]
    assert said[1].endswith(" FOR UPDATE SKIP LOCKED")
    locks = [sql.split(' FROM "')[1].split('"')[0] for sql in said if sql.endswith("FOR UPDATE")]
    assert locks == ["webhooks_stripeevent", "orders_order", "payments_payment"]


def test_what_is_due_longest_comes_first_and_nothing_before_its_time(
    arrive: Any, stripe_says: Any, now: datetime
) -> None:
    stripe_says(gateway.Unknown("no answer"))
    for number, seconds in enumerate([1, -1, 0]):
        arrive(number, next_attempt_at=now + seconds * SECOND)
    tried = []
    while worker.process_one(now=now):
        (one,) = StripeEvent.objects.filter(attempts=1).exclude(stripe_id__in=tried)
        tried.append(one.stripe_id)
    assert tried == ["evt_1", "evt_2"]


def test_what_came_before_the_moment_asked_for_is_left(
    arrive: Any, stripe_says: Any, now: datetime
) -> None:
    stripe_says(gateway.Unknown("no answer"))
    for number in range(2):
        arrive(number, received_at=now + number * SECOND)
    assert worker.process_one(now=now, since=now + 2 * SECOND) is False
    assert worker.process_one(now=now, since=now + SECOND) is True
    assert [*StripeEvent.objects.values_list("attempts", flat=True)] == [0, 1]


def test_a_worker_that_dies_before_any_statement_leaves_all_or_nothing(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    """Whatever it wrote until then is taken back, and whoever comes once its claim ran out does
    the whole of it."""
    stripe_says("it was paid")
    event = arrive()
    for statement in count(1):
        with suppress(_Dead), _dying_before(statement):
            worker.process_one(now=now)
            break
        event.refresh_from_db()
        assert shop() == (UNTOUCHED if event.status in WAITING else DONE)
        assert event.attempts == (event.status not in WAITING)
        if event.status not in WAITING:
            break
        now += worker.CLAIM
    assert statement > 10
    assert (shop(), row(event)) == (DONE, ("processed", 1, now, ""))


class _Dead(BaseException):
    """The worker is gone in the middle of what it did."""


def _dying_before(statement: int) -> AbstractContextManager[None]:
    left = count(1)

    def execute(run: Any, *call: Any) -> Any:
        if next(left) == statement:
            raise _Dead
        return run(*call)

    return connection.execute_wrapper(execute)


def test_it_works_until_nothing_is_due_or_as_often_as_was_asked(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    asked: list[dict[str, Any]] = []
    due: list[bool] = []

    def one(**given: Any) -> bool:
        asked.append(given)
        return due.pop()

    monkeypatch.setattr(worker, "process_one", one)
    rng = random.Random(1)
    moments = [now + number * MINUTE for number in range(4 + 3 + 2 + 0 + 4)]
    clock = iter(moments).__next__
    for limit, done in ((4, 3), (3, 3), (2, 2), (0, 0), (None, 3)):
        due[:] = [False, True, True, True]
        assert worker.process_all(clock=clock, limit=limit, rng=rng, since=now) == done
    assert asked == [{"now": moment, "rng": rng, "since": now} for moment in moments]


def test_an_event_is_taken_and_done_at_its_own_time_however_long_the_others_took(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    """A claim that counted from the beginning would be over before the event is asked about."""
    claimed: list[datetime] = []
    stripe_says(lambda event: claimed.append(event.next_attempt_at))
    arrive(1)
    arrive(2)
    moments = [now, now + 10 * MINUTE, now + 10 * MINUTE]
    assert worker.process_all(clock=iter(moments).__next__) == 2
    assert claimed == [moment + worker.CLAIM for moment in moments[:2]]
    done = StripeEvent.objects.order_by("id").values_list("processed_at", flat=True)
    assert list(done) == moments[:2]


def test_what_is_learned_after_midnight_leaves_the_snapshot_of_the_day_before_true(
    order: Order, arrive: Any, stripe_says: Any, now: datetime
) -> None:
    """Work that began before midnight goes on while the night's job takes its snapshot."""
    midnight = now.replace(hour=0) + timedelta(days=1)
    late = midnight + 15 * MINUTE

    def times() -> Iterator[datetime]:
        yield midnight - 5 * MINUTE
        snapshots.take(day=now.date(), now=midnight + 10 * MINUTE)
        yield late
        yield late

    stripe_says("it was paid")
    arrive(1, type="charge.updated")
    arrive(2)
    assert worker.process_all(clock=times().__next__) == 2
    assert shop() == DONE
    assert Payment.objects.get().succeeded_at == late
    assert OrderTransition.objects.get(target="paid").at == late
    assert snapshots_differ(late) == []
