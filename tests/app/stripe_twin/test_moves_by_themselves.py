"""stripe_twin.versions, without a server: what each older version is shown, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from stripe_twin.api import incoming
from stripe_twin.errors import StripeError
from stripe_twin.versions import as_of

from .conftest import Desk

CLOVER, BASIL, ACACIA = "2025-09-30.clover", "2025-03-31.basil", "2025-01-27.acacia"


@pytest.fixture
def coupon(desk: Desk) -> Any:
    made = {"id": "TENTH", "percent_off": 10, "_used": 3}
    desk.does(lambda account: account.store.put("coupon", made))
    return made


def discount(coupon: Any) -> dict[str, Any]:
    return {"object": "discount", "source": {"coupon": coupon, "type": "coupon"}}


def test_discount_held_its_coupon_before_it_named_it(desk: Desk, coupon: Any) -> None:
    today = {"lines": [{"discounts": [discount("TENTH")]}], "id": "in_1"}
    assert as_of(desk.account, today, CLOVER) is today
    assert today["lines"][0] == {"discounts": [discount("TENTH")]}
    assert as_of(desk.account, today, BASIL) is today
    [shown] = today["lines"][0]["discounts"]
    assert shown == {"object": "discount", "coupon": {"id": "TENTH", "percent_off": 10}}


@pytest.mark.parametrize("named", ["GONE", {"id": "TENTH", "percent_off": 10}])
def test_coupon_that_is_gone_or_was_shown_in_full_stays_as_it_is(
    desk: Desk, coupon: Any, named: Any
) -> None:
    shown = as_of(desk.account, discount(named), BASIL)
    assert shown == {"object": "discount", "coupon": named}


@pytest.mark.parametrize(
    "shown",
    [{"object": "charge", "source": {"coupon": "TENTH"}}, {"object": "discount", "source": None}],
)
def test_what_is_no_discount_of_today_stays_as_it_is(
    desk: Desk, coupon: Any, shown: dict[str, Any]
) -> None:
    assert as_of(desk.account, {**shown}, BASIL) == shown


def subscription(*periods: tuple[int, int]) -> dict[str, Any]:
    items = [{"current_period_start": start, "current_period_end": end} for start, end in periods]
    return {"object": "subscription", "items": {"data": items}}


def test_subscription_held_its_period_before_its_items_did(desk: Desk) -> None:
    assert as_of(desk.account, subscription((5, 9)), BASIL) == subscription((5, 9))
    assert as_of(desk.account, subscription((5, 9), (3, 8)), ACACIA) == {
        "object": "subscription",
        "items": {"data": [{}, {}]},
        "current_period_start": 3,
        "current_period_end": 9,
    }
    assert as_of(desk.account, subscription(), ACACIA) == subscription()
    other = {"object": "schedule", "items": {"data": [{"current_period_start": 1}]}}
    assert as_of(desk.account, {**other}, ACACIA) == other


def test_invoice_named_its_subscription_and_its_intent(desk: Desk) -> None:
    intent = desk.intent()
    kept = {"id": "in_1", "_intent": intent["id"]}
    desk.does(lambda account: account.store.put("invoice", kept))
    parent = {"subscription_details": {"subscription": "sub_1"}}
    shown = {"object": "invoice", "id": "in_1", "status": "paid", "parent": parent}
    assert as_of(desk.account, {**shown}, BASIL) == shown
    assert as_of(desk.account, shown, ACACIA) == {
        "object": "invoice",
        "id": "in_1",
        "status": "paid",
        "subscription": "sub_1",
        "payment_intent": intent["id"],
        "charge": intent["latest_charge"],
        "paid": True,
    }


@pytest.mark.parametrize("parent", [None, {}, {"subscription_details": None}])
def test_invoice_of_no_subscription_that_nobody_paid_names_neither(desk: Desk, parent: Any) -> None:
    shown = {"object": "invoice", "id": "in_2", "status": "open", "parent": parent}
    assert as_of(desk.account, shown, ACACIA) == {
        "object": "invoice",
        "id": "in_2",
        "status": "open",
        "subscription": None,
        "payment_intent": None,
        "charge": None,
        "paid": False,
    }


def asked_in(desk: Desk, version: str = "") -> str:
    headers = {"Stripe-Version": version} if version else {}
    return incoming.version(desk.account, SimpleNamespace(headers=headers))  # type: ignore[arg-type]


def test_client_is_answered_in_its_version_or_the_twins_own(desk: Desk) -> None:
    own = desk.account.settings.api_version
    assert asked_in(desk) == own
    for version in (own, ACACIA, "2025-01-27", own.partition(".")[0]):
        assert asked_in(desk, version) == version


@pytest.mark.parametrize("version", ["2026-10-29.endive", "2199-01-01", "newest", "2025-01-27.1"])
def test_version_to_come_or_none_at_all_is_refused(desk: Desk, version: str) -> None:
    assert desk.account.settings.api_version.startswith("2026-10-28")
    with pytest.raises(StripeError, match=rf"^Invalid Stripe API version: {version}\. This twin"):
        asked_in(desk, version)
