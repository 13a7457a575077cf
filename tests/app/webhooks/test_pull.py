"""webhooks.pull: events that never arrived are asked for, and each stands in the inbox once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Entry
from core.models import JobRun
from core.schedule import schedule
from monitoring.checks import stuck
from webhooks import pull, worker
from webhooks.models import StripeEvent

HOUR = timedelta(hours=1)


@pytest.fixture
def lost(shop: Any) -> Any:
    """A paid order of which the shop never heard."""
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    return order


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("pull_stripe_events", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_events_that_never_arrived_are_pulled_and_worked_on(shop: Any, lost: Any) -> None:
    said, warned = run()
    since = timezone.now() - pull.LOOKS_BACK
    assert said == (
        f"events  5 listed since {since:%Y-%m-%d %H:%M} UTC, 2 of types this shop acts on, "
        "2 new in the inbox\n"
    )
    assert warned == ""
    assert set(StripeEvent.objects.values_list("status", "is_pulled")) == {("received", True)}
    worker.process_all(clock=timezone.now)
    lost.refresh_from_db()
    assert (lost.status, lost.captured_pennies) == ("paid", 10000)


def test_pulling_again_and_what_had_arrived_adds_nothing(shop: Any, lost: Any) -> None:
    shop.receive(next(e for e in shop.events() if e["type"] == "payment_intent.succeeded"))
    first, second = run()[0], run()[0]
    assert "1 new in the inbox" in first
    assert "0 new in the inbox" in second
    assert StripeEvent.objects.count() == 2
    assert Entry.objects.filter(action="events-replayed").count() == 1


def test_a_pull_that_found_something_is_audited(shop: Any, lost: Any) -> None:
    run("--since", "2026-11-01")
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.origin) == ("events-replayed", "command:pull_stripe_events")
    assert entry.reason.startswith("pulled from Stripe, made since 2026-11-")
    assert entry.details == {"count": 2}


def test_only_events_since_then_are_pulled(shop: Any, lost: Any) -> None:
    # The twin of these tests may be ahead: its clock only ever goes on.
    later = datetime.fromtimestamp(shop.twin.control.state()["now"], UTC) + HOUR
    pulled = pull.pull(since=later, by=shop.system, now=timezone.now())
    assert (pulled.listed, pulled.new, pulled.is_cut) == (0, 0, False)


def test_what_stripe_no_longer_keeps_is_said(shop: Any, lost: Any) -> None:
    said, warned = run("--since", "2020-01-01")
    oldest = timezone.now() - timedelta(days=30)
    assert "2 new in the inbox" in said
    assert warned == (
        f"--since: Stripe keeps events for 30 days, so none from before {oldest:%Y-%m-%d %H:%M} "
        "UTC; reconcile_stripe looks at the objects.\n"
    )


def test_more_than_one_page_is_read(shop: Any, lost: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments.gateway import lists

    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(pull, "BATCH", 2)
    pulled = pull.pull(since=timezone.now() - HOUR, by=shop.system, now=timezone.now())
    assert (pulled.listed, pulled.wanted, pulled.new) == (5, 2, 2)


def test_a_pulled_event_of_another_version_is_worked_on_and_is_no_mismatch(
    shop: Any, lost: Any
) -> None:
    """Its version is the account's; the endpoint's is looked at by a check of its own."""
    with shop.twin.account.store.change():
        for event in shop.twin.account.store.all("event"):
            shop.twin.account.store.put("event", event | {"api_version": "2020-08-27"})
    run()
    assert set(StripeEvent.objects.values_list("api_version", "status")) == {
        ("2020-08-27", "received")
    }
    assert stuck.foreign_events(timezone.now()) == []


def test_a_key_of_another_mode_is_refused_and_nothing_is_kept(
    shop: Any, lost: Any, settings: Any
) -> None:
    settings.STRIPE_LIVEMODE = True
    with pytest.raises(CommandError, match="Stripe's key is for another mode, expected live"):
        run()
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    ("fault", "said"), [("error_before", "Stripe: APIError"), ("cut_before", "APIConnectionError")]
)
def test_no_answer_is_said_and_pulling_again_goes_on(
    shop: Any, lost: Any, fault: str, said: str
) -> None:
    shop.twin.control.misbehave(fault=fault, path="/v1/events*")
    with pytest.raises(CommandError, match=said):
        run()
    assert "2 new in the inbox" in run()[0]


def test_since_no_moment_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="--since: found 'noon', expected 2026-03-01 or"):
        run("--since", "noon")


def test_the_scheduled_pull_overlaps_the_last_one_that_succeeded(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def ask(*, since: datetime, by: Any, now: datetime) -> pull.Pulled:
        asked.append(since)
        return pull.Pulled(since, 0, 0, 0, is_cut=False)

    monkeypatch.setattr(pull, "pull", ask)
    (scheduled,) = (job for job in schedule() if job.name == "pull_stripe_events")
    now = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)
    scheduled.work(now)
    for started_at, status in ((now, "succeeded"), (now + HOUR, "failed")):
        JobRun.objects.create(
            name="pull_stripe_events",
            attempt=1,
            started_at=started_at,
            finished_at=started_at,
            status=status,
        )
    scheduled.work(now + 2 * HOUR)
    assert asked == [now - timedelta(days=3), now - HOUR]
