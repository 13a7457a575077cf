"""webhooks.queue and webhooks.tasks: an event and the job that works on it are committed as one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.models import Entry
from core.clock import Clock
from core.schedule import schedule
from payments import gateway
from webhooks import inbox, queue, tasks
from webhooks.models import EventStatus, StripeEvent


def waiting() -> list[tuple[str, str, Any]]:
    found = ProcrastinateJob.objects.filter(status="todo").order_by("id")
    return list(found.values_list("task_name", "queue_name", "scheduled_at"))


def begun() -> None:
    """A worker has taken the job that waited."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")


def announce(shop: Any, *numbers: int, **other: Any) -> None:
    for number in numbers:
        about = {"id": f"pi_{number}", "object": "payment_intent"}
        event = {
            "id": f"evt_{number}",
            "object": "event",
            "type": "payment_intent.succeeded",
            "api_version": "2026-10-28.endive",
            "livemode": False,
            "created": 1_770_000_000,
            "data": {"object": about},
            **other,
        }
        shop.receive(event)


def test_many_events_leave_one_job(shop: Any) -> None:
    announce(shop, 1, 2, 3, 3)
    assert waiting() == [("work_inbox", "events", None)]


def test_an_event_that_comes_while_the_job_is_under_way_leaves_another(shop: Any) -> None:
    announce(shop, 1)
    begun()
    announce(shop, 2)
    assert waiting() == [("work_inbox", "events", None)]


def test_an_event_for_another_mode_wakes_nobody(shop: Any) -> None:
    announce(shop, 1, livemode=True)
    assert waiting() == []


def test_replayed_events_leave_a_job(shop: Any) -> None:
    announce(shop, 1)
    begun()
    call_command("replay_events", "--id", "evt_1")
    assert waiting() == [("work_inbox", "events", None)]


def test_no_event_is_kept_without_its_job(shop: Any, monkeypatch: Any) -> None:
    """Neither when it arrives by itself nor when it is pulled with others: the database takes no
    job of so long a name."""
    monkeypatch.setattr(queue, "TASK", "x" * 200)
    with pytest.raises(DataError), transaction.atomic():
        announce(shop, 1)
    assert (StripeEvent.objects.count(), waiting()) == (0, [])
    with pytest.raises(DataError):
        inbox.add(events=[kept_elsewhere(shop)], now=shop.now)
    assert (StripeEvent.objects.count(), waiting()) == (0, [])


def test_an_event_and_its_job_are_one_statement(shop: Any) -> None:
    """So neither is ever there without the other, and the database is asked once."""
    with CaptureQueriesContext(connection) as queries:
        announce(shop, 1)
    assert len(queries) == 1
    assert (StripeEvent.objects.count(), len(waiting())) == (1, 1)


def kept_elsewhere(shop: Any) -> gateway.Event:
    return gateway.Event(
        id="evt_1",
        type="payment_intent.succeeded",
        api_version="2026-10-28.endive",
        livemode=False,
        created_at=shop.now,
        object_type="payment_intent",
        object_id="pi_1",
        payload={},
    )


def test_an_event_that_another_stored_meanwhile_is_kept_once(shop: Any) -> None:
    """Two pulls found it missing at the same moment; each stores what it found."""
    for _ in range(2):
        found = inbox._arrived(
            kept_elsewhere(shop), status=EventStatus.RECEIVED, why="", now=shop.now, is_pulled=True
        )
        inbox._store([found])
    assert (StripeEvent.objects.count(), len(waiting())) == (1, 1)


def test_a_replay_that_leaves_no_job_changes_nothing(shop: Any, monkeypatch: Any) -> None:
    announce(shop, 1)
    StripeEvent.objects.update(status=EventStatus.DEAD, attempts=5)
    begun()
    monkeypatch.setattr(queue, "TASK", "x" * 200)
    with pytest.raises(DataError):
        call_command("replay_events", "--id", "evt_1")
    event = StripeEvent.objects.get()
    assert (event.status, event.attempts, waiting()) == ("dead", 5, [])
    assert not Entry.objects.filter(action="events-replayed").exists()


def test_the_job_comes_back_when_the_next_attempt_is_due(shop: Any) -> None:
    announce(shop, 1)
    begun()
    app.tasks["work_inbox"]()
    due = StripeEvent.objects.get().next_attempt_at
    assert waiting() == [("work_inbox", "events", due)]


def test_a_job_for_later_is_moved_forward_and_never_back(shop: Any) -> None:
    for minutes in (10, 5, 20):
        queue.wake_later(at=shop.now + timedelta(minutes=minutes))
    queue.wake()
    assert sorted(waiting(), key=str) == [
        ("work_inbox", "events", None),
        ("work_inbox", "events", shop.now + timedelta(minutes=5)),
    ]


def test_a_batch_that_leaves_events_is_followed_by_another(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    announce(shop, 1, 2, 3)
    begun()
    assert tasks.work_and_come_back(clock=lambda: shop.now) == 2
    assert waiting() == [("work_inbox", "events", None)]


def test_what_became_due_during_a_batch_is_not_put_off(shop: Any) -> None:
    announce(shop, 1)
    begun()
    due = shop.now + timedelta(minutes=1)
    StripeEvent.objects.update(next_attempt_at=due)
    assert tasks.work_and_come_back(clock=iter([shop.now, due]).__next__) == 0
    assert waiting() == [("work_inbox", "events", None)]


def test_the_schedules_run_goes_on_from_its_moment(monkeypatch: Any, now: datetime) -> None:
    minute = timedelta(minutes=1)

    def instead(*, clock: Clock) -> int:
        assert clock() == now + minute
        return 3

    monkeypatch.setattr(tasks, "work_and_come_back", instead)
    monkeypatch.setattr(timezone, "now", iter([now, now + minute]).__next__)
    (work,) = (job.work for job in schedule() if job.name == "process_events")
    assert work(now) == "events  3 worked on"


def test_a_batch_that_leaves_nothing_is_followed_by_none(shop: Any) -> None:
    assert tasks.work_and_come_back(clock=lambda: shop.now) == 0
    assert waiting() == []


@pytest.mark.django_db
def test_the_job_takes_the_writers_lock_before_it_looks() -> None:
    with CaptureQueriesContext(connection) as queries:
        app.tasks["work_inbox"]()
    assert queries[0]["sql"] == f"SELECT pg_advisory_xact_lock({queue.LOCK})"


@pytest.mark.django_db(transaction=True)
def test_a_job_waits_for_events_that_counted_on_it(shop: Any) -> None:
    """See Note [No wake-up is lost]: an event found the job waiting and is not yet committed when
    a worker begins with the job."""
    announce(shop, 1)
    StripeEvent.objects.all().delete()
    worked = threading.Event()

    def work() -> None:
        try:
            app.tasks["work_inbox"]()
            worked.set()
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        announce(shop, 2)
        worker.start()
        assert not worked.wait(timeout=0.2)
    worker.join(timeout=30)
    assert (worked.is_set(), StripeEvent.objects.get().attempts) == (True, 1)
