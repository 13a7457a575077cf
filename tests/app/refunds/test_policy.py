from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actor import Actor, system
from refunds.policy import WINDOW_DAYS, Assessment, Holding, assess, may_issue

PAID_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOLDING = Holding(
    order_id=1042,
    currency="GBP",
    captured_pennies=10000,
    refunded_pennies=0,
    reserved_pennies=0,
    disputed_pennies=0,
    paid_at=PAID_AT,
    is_canceled=False,
)
LAST_MOMENT = PAID_AT + timedelta(days=WINDOW_DAYS)


def say(asked: int | None, *, now: datetime = PAID_AT, **changes: Any) -> Assessment:
    return assess(holding=replace(HOLDING, **changes), asked_pennies=asked, now=now)


@pytest.mark.parametrize("asked", [1, 9999, 10000, None])
def test_any_part_up_to_all_of_it_can_go_back(asked: int | None) -> None:
    assert say(asked) == Assessment(10000, None)


@pytest.mark.parametrize(
    ("asked", "changes", "answer"),
    [
        (10001, {}, Assessment(10000, "Order 1042: £100.01 asked, £100.00 left to refund.")),
        (
            3000,
            {"refunded_pennies": 5000, "reserved_pennies": 3750},
            Assessment(1250, "Order 1042: £30.00 asked, £12.50 left to refund."),
        ),
        (0, {}, Assessment(10000, "Order 1042: £0.00 asked, more than nothing expected.")),
        (-5, {}, Assessment(10000, "Order 1042: -£0.05 asked, more than nothing expected.")),
        (
            1,
            {"refunded_pennies": 10000},
            Assessment(0, "Order 1042: £0.00 left to refund."),
        ),
        (
            None,
            {"reserved_pennies": 10000},
            Assessment(0, "Order 1042: £0.00 left to refund."),
        ),
        (
            1,
            {"captured_pennies": 0},
            Assessment(0, "Order 1042: nothing was paid, so nothing can be refunded."),
        ),
        (
            1,
            {"disputed_pennies": 1, "is_dispute_open": True},
            Assessment(0, "Order 1042: a dispute is open; answer it at Stripe, do not refund."),
        ),
        (
            1,
            {"disputed_pennies": 4000},
            Assessment(
                0,
                "Order 1042: the bank gave £40.00 back in a dispute; nothing more can be refunded.",
            ),
        ),
        (
            2000,
            {"currency": "JPY", "captured_pennies": 1800},
            Assessment(1800, "Order 1042: ¥2,000 asked, ¥1,800 left to refund."),
        ),
    ],
)
def test_a_no_says_why(asked: int | None, changes: dict[str, Any], answer: Assessment) -> None:
    assert say(asked, **changes) == answer


def test_what_is_left_is_less_what_is_gone_on_its_way_or_disputed() -> None:
    holding = replace(HOLDING, refunded_pennies=1000, reserved_pennies=2000, disputed_pennies=3000)
    assert holding.left_pennies == 4000
    assert replace(holding, disputed_pennies=9000).left_pennies == 0


def test_the_window_closes_after_its_last_moment() -> None:
    assert say(1, now=LAST_MOMENT).refused is None
    assert say(1, now=LAST_MOMENT + timedelta(seconds=1)) == Assessment(
        0,
        "Order 1042: paid more than 30 days ago, refunds were possible until 2026-03-31 12:00 UTC.",
    )


@pytest.mark.parametrize("never_ours", ["is_canceled", "came_second"])
def test_money_that_was_never_the_shops_can_go_back_at_any_time(never_ours: str) -> None:
    late = LAST_MOMENT + timedelta(days=365)
    assert say(10000, now=late, **{never_ours: True}) == Assessment(10000, None)


@given(
    captured=st.integers(0, 10**8),
    refunded=st.integers(0, 10**8),
    reserved=st.integers(0, 10**8),
    asked=st.integers(-10, 2 * 10**8),
)
def test_what_is_allowed_never_exceeds_what_is_held(
    captured: int, refunded: int, reserved: int, asked: int
) -> None:
    answer = say(
        asked, captured_pennies=captured, refunded_pennies=refunded, reserved_pennies=reserved
    )
    if answer.refused is None:
        assert asked > 0
        assert refunded + reserved + asked <= captured
    assert 0 <= answer.refundable_pennies <= captured


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("ops", True),
        ("admin", True),
        ("analyst", False),
        ("customer", False),
        ("none", False),
        ("nobody", False),
    ],
)
def test_who_may_refund(role: str, may: bool) -> None:
    assert may_issue(Actor(id=1, role=role, origin="web")) is may
    assert may_issue(system("worker"))
