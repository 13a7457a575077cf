"""webhooks.pull: what is asked of Stripe and what becomes of its list, which is made up here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import Entry
from core.actor import system
from payments import gateway
from tests.app.conftest import NOW
from webhooks import inbox, pull
from webhooks.models import StripeEvent

SECOND = timedelta(seconds=1)
LISTED = gateway.Event(
    id="evt_1",
    type="payment_intent.succeeded",
    api_version="2026-10-28.endive",
    livemode=False,
    created_at=NOW,
    object_type="payment_intent",
    object_id="pi_1",
    payload={},
)


@pytest.fixture
def stripe_lists(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Stripe lists, and from when on it was asked."""
    asked: list[datetime] = []

    def lists(*events: gateway.Event) -> list[datetime]:
        def listed(*, since: datetime) -> Iterator[gateway.Event]:
            asked.append(since)
            return iter(events)

        monkeypatch.setattr(gateway, "list_events", listed)
        return asked

    return lists


def pulled(since: datetime = NOW - SECOND) -> pull.Pulled:
    return pull.pull(since=since, by=system("worker"), now=NOW)


def stored() -> list[str]:
    return list(StripeEvent.objects.order_by("stripe_id").values_list("stripe_id", flat=True))


@pytest.mark.parametrize(
    ("size", "batches"), [(1, [1, 1, 1, 1, 1, 0]), (2, [2, 2, 1]), (5, [5, 0]), (6, [5])]
)
def test_events_come_in_batches_and_none_is_left_out(
    monkeypatch: pytest.MonkeyPatch, size: int, batches: list[int]
) -> None:
    monkeypatch.setattr(pull, "BATCH", size)
    events = [replace(LISTED, id=f"evt_{number}") for number in range(5)]
    found = list(pull._batches(iter(events)))
    assert [len(batch) for batch in found] == batches
    assert [event for batch in found for event in batch] == events


@pytest.mark.parametrize("is_live", [False, True])
def test_a_list_of_the_other_mode_is_refused(settings: Any, is_live: bool) -> None:
    settings.STRIPE_LIVEMODE = is_live
    mine = [replace(LISTED, livemode=is_live)]
    pull._check_mode(mine)
    with pytest.raises(pull.OtherMode) as no:
        pull._check_mode([*mine, replace(LISTED, livemode=not is_live)])
    expected = "live" if is_live else "test"
    assert str(no.value) == (
        f"Events: Stripe's key is for another mode, expected {expected}; see STRIPE_API_KEY."
    )


@pytest.mark.django_db
def test_each_event_that_matters_here_is_kept_once_and_the_pull_audited(stripe_lists: Any) -> None:
    other = replace(LISTED, id="evt_2", type="charge.updated", livemode=True)
    asked = stripe_lists(LISTED, other, replace(LISTED, id="evt_3"))
    inbox.add(events=[LISTED], now=NOW)
    assert pulled() == pull.Pulled(NOW - SECOND, listed=3, wanted=2, new=1, is_cut=False)
    assert (asked, stored()) == ([NOW - SECOND], ["evt_1", "evt_3"])
    assert set(StripeEvent.objects.values_list("status", "is_pulled")) == {("received", True)}
    entry = Entry.objects.get()
    assert (entry.reason, entry.details) == (
        "pulled from Stripe, made since 2026-03-02 11:59 UTC",
        {"count": 1},
    )
    assert pulled().new == 0
    assert Entry.objects.count() == 1


@pytest.mark.django_db
def test_nothing_of_a_batch_of_the_other_mode_is_kept(stripe_lists: Any) -> None:
    stripe_lists(LISTED, replace(LISTED, id="evt_2", livemode=True))
    with pytest.raises(pull.OtherMode):
        pulled()
    assert stored() == []


@pytest.mark.django_db
def test_what_stripe_no_longer_keeps_is_not_asked_for(stripe_lists: Any) -> None:
    asked, oldest = stripe_lists(), NOW - timedelta(days=30)
    assert pulled(oldest) == pull.Pulled(oldest, 0, 0, 0, is_cut=False)
    assert pulled(oldest - SECOND) == pull.Pulled(oldest, 0, 0, 0, is_cut=True)
    assert asked == [oldest, oldest]
    assert not Entry.objects.exists()


def test_a_pull_says_in_a_line_what_came_of_it() -> None:
    assert pull.Pulled(NOW, 5, 3, 1, is_cut=False).line == (
        "events  5 listed since 2026-03-02 12:00 UTC, 3 of types this shop acts on, "
        "1 new in the inbox"
    )
