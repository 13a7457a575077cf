from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Entry
from webhooks.management.commands import process_events
from webhooks.models import StripeEvent


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def events(shop: Any) -> list[StripeEvent]:
    """Three processed events, received on the 2nd, 3rd and 4th of March; the last is dead."""
    rows = [
        StripeEvent(
            stripe_id=f"evt_{day}",
            type="charge.updated",
            livemode=False,
            object_type="charge",
            object_id="ch_1",
            payload={},
            status="dead" if day == 4 else "processed",
            attempts=5,
            next_attempt_at=shop.now,
            created_at=shop.now,
            received_at=datetime(2026, 3, day, 12, tzinfo=UTC),
        )
        for day in (2, 3, 4)
    ]
    return StripeEvent.objects.bulk_create(rows)


def waiting() -> list[str]:
    found = StripeEvent.objects.filter(status="received", attempts=0, last_error="")
    return sorted(found.values_list("stripe_id", flat=True))


def test_process_events_works_on_what_is_due_and_says_how_many(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    for event in shop.events():
        shop.receive(event)
    assert run("process_events", "--limit", "2").startswith("events  2 worked on;")
    assert run("process_events") == "events  3 worked on; refunds  0 followed up\n"
    order.refresh_from_db()
    assert order.status == "paid"


def test_process_events_follows_up_a_refund_without_an_answer(
    shop: Any, olly_ops: Any, settings: Any
) -> None:
    from refunds.services import issue

    order = shop.paid_order()
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    recently = timezone.now() - timedelta(minutes=5)
    order.payments.update(succeeded_at=recently)
    refund = issue(
        order=order, asked_pennies=100, reason="late", by=shop.actor(olly_ops), now=recently
    )
    assert run("process_events") == "events  0 worked on; refunds  1 followed up\n"
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.django_db
def test_process_events_for_ever_stops_cleanly_when_told(monkeypatch: Any, number: int) -> None:
    monkeypatch.setattr(process_events, "POLL_S", 0.01)
    # The test holds its own connection in a transaction; the command must not close it.
    monkeypatch.setattr(process_events, "close_old_connections", lambda: None)
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    timer = threading.Timer(0.2, os.kill, (os.getpid(), number))
    try:
        timer.start()
        said = run("process_events", "--forever")
    finally:
        timer.join()
        for one, handler in before.items():
            signal.signal(one, handler)
    assert said.splitlines() == [
        "events  waiting for work; TERM or Ctrl-C stops",
        "events  stopped",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--id", "evt_2"], ["evt_2"]),
        (["--since", "2026-03-03"], ["evt_3", "evt_4"]),
        (["--since", "2026-03-03T12:00:01"], ["evt_4"]),
        (["--since", "2026-03-03T13:30:00+02:00"], ["evt_3", "evt_4"]),
        (["--dead"], ["evt_4"]),
    ],
)
@pytest.mark.usefixtures("events")
def test_replay_puts_exactly_the_events_asked_for_back(
    arguments: list[str], expected: list[str]
) -> None:
    said = run("replay_events", *arguments)
    assert said == f"events  {len(expected)} back in the queue; process_events works on them\n"
    assert waiting() == expected
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.origin) == ("events-replayed", "command:replay_events")
    assert entry.details == {"count": len(expected)}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--id", "evt_9"], "Replay: no event with id evt_9, expected at least one."),
        (
            ["--since", "2027-01-01"],
            "Replay: no event with arrival since 2027-01-01 00:00 UTC, expected at least one.",
        ),
        (
            ["--since", "yesterday"],
            "--since: found 'yesterday', expected 2026-03-01 or 2026-03-01T12:00.",
        ),
        (
            ["--since", "2026-02-30"],
            "--since: found '2026-02-30', expected 2026-03-01 or 2026-03-01T12:00.",
        ),
    ],
)
@pytest.mark.usefixtures("events")
def test_replay_of_nothing_says_so(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        run("replay_events", *arguments)
    assert str(refusal.value) == sentence
    assert waiting() == []
