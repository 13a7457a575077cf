from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit import services as audit
from audit.models import Entry
from webhooks.models import StripeEvent


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def events(db: None, now: datetime) -> list[StripeEvent]:
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
            next_attempt_at=now,
            created_at=now,
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
    assert run("process_events", "--limit", "2") == "events  2 worked on\n"
    assert run("process_events") == "events  3 worked on\n"
    order.refresh_from_db()
    assert order.status == "paid"


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["0", "-3"])
def test_process_events_refuses_a_limit_that_is_none(limit: str) -> None:
    with pytest.raises(CommandError, match=f"--limit: found {limit}, expected a whole number from"):
        run("process_events", "--limit", limit)


def test_process_events_can_begin_with_what_came_lately(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    for event in shop.events():
        shop.receive(event)
    assert run("process_events", "--since", "2026-03-02T12:00:01") == "events  0 worked on\n"
    assert run("process_events", "--since", "2026-03-02T12:00") == "events  5 worked on\n"


def test_process_events_since_no_moment_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="--since: found 'noon', expected 2026-03-01 or"):
        run("process_events", "--since", "noon")


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


@pytest.mark.parametrize(
    "arguments", [[], ["--dead", "--id", "evt_2"], ["--id", "evt_2", "--about", "pi_1"]]
)
@pytest.mark.usefixtures("events")
def test_replay_wants_to_know_which_in_one_way(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"one of the arguments|not allowed with"):
        run("replay_events", *arguments)
    assert waiting() == []


@pytest.mark.usefixtures("events")
def test_a_replay_that_cannot_be_audited_puts_nothing_back(monkeypatch: Any) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        run("replay_events", "--dead")
    assert waiting() == []
