"""webhooks.said: what Stripe said last is what stands there, each kind as what it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments import gateway
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import item_fact, seen
from webhooks import said
from webhooks.facts import Fetched
from webhooks.models import Kind, StripeRecord
from webhooks.said import Said

SECOND = timedelta(seconds=1)
HEARD: dict[str, Any] = {
    "session": gateway.CheckoutSession("cs_1", "open", "unpaid", "", "", "key-1"),
    "intent": gateway.Intent("pi_1", "succeeded", 500, 400, "GBP", "key-1", ""),
    "refund": gateway.RefundFact("re_1", "pending", 300, "GBP", "pi_1", "refund-1", ""),
    "dispute": gateway.DisputeFact("dp_1", "won", 200, "GBP", "fraudulent", "pi_1", NOW, None),
    "subscription": seen(item_fact(1000, quantity=3)),
}
SAID = {
    "session": Said(Kind.SESSION, "cs_1", "open", key="key-1"),
    "intent": Said(Kind.INTENT, "pi_1", "succeeded", "GBP", 400, "pi_1", "key-1"),
    "refund": Said(Kind.REFUND, "re_1", "pending", "GBP", 300, "pi_1", "refund-1"),
    "dispute": Said(Kind.DISPUTE, "dp_1", "won", "GBP", 200, "pi_1"),
    "subscription": Said(Kind.SUBSCRIPTION, "sub_1", "active", "GBP", terms="3 × price_1"),
}


@pytest.mark.parametrize("kind", HEARD)
def test_each_kind_is_told_as_what_it_is(kind: str) -> None:
    assert list(said.about(Fetched(**{kind: HEARD[kind]}))) == [SAID[kind]]


def test_everything_that_was_heard_is_told() -> None:
    assert list(said.about(Fetched(**HEARD))) == list(SAID.values())
    assert list(said.about(Fetched())) == []


def rows() -> list[tuple[Any, ...]]:
    return list(
        StripeRecord.objects.values_list("stripe_id", "status", "amount_pennies", "said_at")
    )


@pytest.mark.django_db
def test_the_later_answer_stands_and_one_of_the_same_moment_counts() -> None:
    told = SAID["refund"]
    for status, at, stands in (
        ("pending", NOW, "pending"),
        ("failed", NOW - SECOND, "pending"),
        ("succeeded", NOW, "succeeded"),
        ("failed", NOW + SECOND, "failed"),
    ):
        one = Said(told.kind, told.id, status, told.currency, told.amount_pennies)
        said.keep([one, SAID["dispute"]], at=at)
        latest = max(at, NOW)
        assert rows() == [("re_1", stands, 300, latest), ("dp_1", "won", 200, latest)]


@pytest.mark.django_db
def test_news_is_written_where_a_row_is_and_makes_none() -> None:
    said.keep([said.missing(Kind.REFUND, "re_1")], at=NOW)
    said.keep_news(Fetched(refund=HEARD["refund"]), at=NOW - SECOND)
    assert rows() == [("re_1", "missing", 0, NOW)]
    said.keep_news(Fetched(**HEARD), at=NOW)
    assert rows() == [("re_1", "pending", 300, NOW)]
