"""stripe_twin.webhook_endpoints and /v1/events, without a server: who hears what, and how long."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin import webhook_endpoints
from stripe_twin.api import events
from stripe_twin.errors import StripeError

from .conftest import Desk

HERE, ELSEWHERE = "http://127.0.0.1:9/hook", "https://shop.example/hook"


def made(desk: Desk, *kinds: str, url: str = HERE) -> Any:
    return desk.does(webhook_endpoints.create, {"url": url, "enabled_events": list(kinds)})


def test_endpoint_is_made_with_a_secret_that_is_shown_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_endpoints, "_MOST", 2)
    one, _other = made(desk, "*"), made(desk, "*")
    assert one["secret"].startswith("whsec_")
    assert "secret" not in webhook_endpoints.find(desk.account, one["id"])
    with pytest.raises(StripeError, match="reached the maximum of 2 test webhook endpoints"):
        made(desk, "*")


def test_disabled_endpoint_stays_so_until_it_is_enabled(desk: Desk) -> None:
    one = made(desk, "charge.failed")["id"]

    def now(**changes: Any) -> tuple[str, list[str]]:
        changed = desk.does(webhook_endpoints.update, one, changes)
        return changed["status"], changed["enabled_events"]

    assert now(enabled_events=["*"]) == ("enabled", ["*"])
    assert now(disabled=True) == ("disabled", ["*"])
    assert now(enabled_events=["charge.failed"]) == ("disabled", ["charge.failed"])
    assert now(disabled=False) == ("enabled", ["charge.failed"])


def test_events_reach_who_wants_them_is_enabled_and_on_this_machine(desk: Desk) -> None:
    every, some = made(desk, "*"), made(desk, "charge.failed", "charge.updated")
    far, off = made(desk, "*", url=ELSEWHERE), made(desk, "*")
    desk.does(webhook_endpoints.update, off["id"], {"disabled": True})

    def reached(**event: str) -> list[str]:
        return [each["id"] for each in webhook_endpoints.reached(desk.account, **event)]

    assert reached(event_type="charge.failed") == [every["id"], some["id"]]
    assert reached(event_type="charge.captured") == [every["id"]]
    assert reached() == [every["id"], some["id"]]
    for each, still in ((every, True), (some, True), (far, False), (off, False)):
        found = webhook_endpoints.still_reached(desk.account, each["id"])
        assert (found["id"] if found else None) == (each["id"] if still else None)
    assert webhook_endpoints.still_reached(desk.account, "we_1") is None


NOW = 1_800_000_000


def listed(desk: Desk, **params: Any) -> list[str]:
    found = desk.does(lambda account: events._list(account, params))
    assert (found["object"], found["url"]) == ("list", "/v1/events")
    return [event["id"] for event in found["data"]]


@pytest.fixture
def told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three events that nobody listened to, each an hour after the one before."""
    monkeypatch.setattr(desk.account.clock, "now", lambda: NOW)
    for number, kind in enumerate(("charge.failed", "charge.updated", "customer.created")):
        created = NOW - (2 - number) * 3600
        event = {"id": f"evt_{number}", "type": kind, "created": created, "object": "event"}
        desk.does(lambda account, event=event: account.store.put("event", event))
    return desk


def test_events_are_found_by_type_and_window_the_newest_first(told: Desk) -> None:
    assert listed(told) == ["evt_2", "evt_1", "evt_0"]
    assert listed(told, type="charge.*") == ["evt_1", "evt_0"]
    assert listed(told, types=["charge.failed", "customer.created"]) == ["evt_2", "evt_0"]
    assert listed(told, created={"gte": NOW - 3600}) == ["evt_2", "evt_1"]
    delivered = {each: told.account.outbox.delivered(f"evt_{each}") for each in range(3)}
    for wanted in (True, False):
        expected = [f"evt_{each}" for each in (2, 1, 0) if delivered[each] is wanted]
        assert listed(told, delivery_success=wanted) == expected
    with pytest.raises(StripeError, match="only specify one of these parameters") as refusal:
        listed(told, type="charge.failed", types=["charge.failed"])
    assert refusal.value.param == "type"


def test_events_are_kept_for_thirty_days_and_no_second_longer(
    told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for age_s, found in ((30 * 24 * 3600 - 1, ["evt_2"]), (30 * 24 * 3600, [])):
        monkeypatch.setattr(told.account.clock, "now", lambda age_s=age_s: NOW + age_s)
        assert listed(told) == found
