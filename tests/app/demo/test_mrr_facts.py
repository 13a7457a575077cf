"""demo.mrr_facts: the page's table is what the shop's own function makes of each subscription."""

from __future__ import annotations

from demo.facts import facts
from demo.mrr_facts import mrr_facts
from subscriptions.words import SubscriptionStatus


def test_the_worked_table_is_what_the_shop_decides() -> None:
    told = facts()["mrr.worked_example"]
    assert {row["subscription"]: row["mrr"] for row in told} == {
        "£10.00 a month": "£10.00",
        "£10.00 a month, three of it": "£30.00",
        "£120.00 a year": "£10.00",
        "£100.00 a year": "£8.33",
        "£240.00 every 2 years": "£10.00",
        "£30.00 every 3 months": "£10.00",
        "£10.00 a week": "£43.33",
        "£1.00 a day": "£30.42",
        "£10.00 a month and £120.00 a year": "£20.00",
        "£12.00 a month, 20 % VAT in it": "£10.00",
        "£10.00 a month, 50 % off for ever": "£5.00",
        "£10.00 a month, 50 % off once": "£10.00",
        "£10.00 a month, £20.00 off for ever": "£0.00",
        "£10.00 a month, payment overdue": "£10.00",
        "£10.00 a month, on trial": "£0.00",
        "£10.00 a month, canceled": "£0.00",
        "£10.00 a month, to end tomorrow": "£10.00",
        "£10.00 a month, charged by use": "£0.00",
    }


def test_every_status_counts_or_does_not() -> None:
    told = mrr_facts()
    assert told["mrr.counted"] == ["active", "past_due"]
    statuses = [*told["mrr.counted"], *told["mrr.not_counted"]]
    assert sorted(map(str, statuses)) == sorted(SubscriptionStatus)


def test_intervals_are_told_as_exact_parts_of_a_month() -> None:
    assert mrr_facts()["mrr.times_a_month"] == [
        {"interval": "day", "times": "365/12"},
        {"interval": "week", "times": "13/3"},
        {"interval": "month", "times": "1"},
        {"interval": "year", "times": "1/12"},
    ]
