"""subscriptions.services: what is seen at Stripe is written down, in any order, any number of
times."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from payments.services import Disagrees
from subscriptions.models import Plan, Start, Subscription
from subscriptions.services import confirm
from subscriptions.terms import UnknownTerms
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import discount_fact, item_fact, seen

DAY = timedelta(days=1)
ENDED = {"status": "canceled", "ended_at": NOW + DAY, "ends_at": NOW + DAY}

pytestmark = pytest.mark.django_db


def _ledger() -> list[tuple[str, int, int]]:
    return [
        (change.kind, change.before_pennies, change.after_pennies)
        for one in Subscription.objects.all()
        for change in one.ledger.all()
    ]


def test_a_subscription_made_elsewhere_is_kept_without_a_customer(now: datetime) -> None:
    subscription = confirm(seen=seen(key=""), now=now)
    assert subscription.customer is None
    assert subscription.stripe_customer_id == "cus_1"
    assert (subscription.status, subscription.mrr_pennies) == ("active", 1000)
    assert _ledger() == [("new", 0, 1000)]


def _wish(customer: Any, key: str) -> Start:
    plan = Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1000, currency="GBP", interval="month"
    )
    return Start.objects.create(plan=plan, customer=customer, idempotency_key=key, created_at=NOW)


@pytest.mark.parametrize(("status", "then"), [("active", "completed"), ("incomplete", "open")])
def test_a_subscription_belongs_to_whoever_asked_for_it(
    cara_customer: Any, now: datetime, status: str, then: str
) -> None:
    """A refused card leaves it incomplete, and the page open for another card."""
    wish = _wish(cara_customer, "start-1")
    subscription = confirm(seen=seen(key="start-1", status=status), now=now)
    assert subscription.customer == cara_customer
    wish.refresh_from_db()
    assert wish.status == then


def test_one_without_a_key_is_not_taken_for_a_wish_without_one(
    cara_customer: Any, now: datetime
) -> None:
    _wish(cara_customer, "")
    assert confirm(seen=seen(key=""), now=now).customer is None


def test_whatever_stripe_says_anew_is_written_down(now: datetime) -> None:
    confirm(seen=seen(), now=now)
    said = {
        "customer_id": "cus_2",
        "status": "past_due",
        "is_paused": True,
        "started_at": NOW - DAY,
        "period_ends_at": NOW + 60 * DAY,
        "ends_at": NOW + 60 * DAY,
    }
    confirm(seen=seen(at=1, **said), now=now)
    kept = Subscription.objects.get()
    assert kept.stripe_customer_id == said.pop("customer_id")
    assert {name: getattr(kept, name) for name in said} == said
    assert kept.seen_at == NOW + timedelta(seconds=1)


def test_nobody_else_writes_a_subscription_down_meanwhile(
    is_held: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = confirm(seen=seen(), now=now)
    held = []
    monkeypatch.setattr(
        "subscriptions.services._write", lambda found, *news: held.append(is_held(found))
    )
    confirm(seen=seen(at=1), now=now)
    assert [*held, is_held(subscription)] == [True, False]


def test_the_same_news_again_changes_nothing(now: datetime) -> None:
    confirm(seen=seen(), now=now)
    for again in (0, 5):
        confirm(seen=seen(at=again), now=now + DAY)
    assert _ledger() == [("new", 0, 1000)]
    assert Subscription.objects.get().items.count() == 1


def test_created_after_updated_leaves_what_was_fetched_last(now: datetime) -> None:
    confirm(seen=seen(item_fact(2000), at=5), now=now)
    subscription = confirm(seen=seen(item_fact(1000), at=1), now=now)
    assert subscription.mrr_pennies == 2000
    assert subscription.items.get().unit_pennies == 2000


@pytest.mark.parametrize("at", [1, 9], ids=["fetched before", "fetched after"])
def test_updated_after_deleted_stays_at_nothing(now: datetime, at: int) -> None:
    confirm(seen=seen(), now=now)
    confirm(seen=seen(at=5, **ENDED), now=now + DAY)
    subscription = confirm(seen=seen(at=at), now=now + DAY)
    assert (subscription.status, subscription.mrr_pennies) == ("canceled", 0)
    assert _ledger() == [("new", 0, 1000), ("churn", 1000, 0)]


def test_one_first_seen_after_its_end_never_counted(now: datetime) -> None:
    subscription = confirm(seen=seen(**ENDED), now=now + DAY)
    assert (subscription.status, subscription.mrr_pennies) == ("canceled", 0)
    assert subscription.ended_at == NOW + DAY
    assert _ledger() == []


def test_one_that_is_to_end_counts_until_its_date(now: datetime) -> None:
    to_end = {"ends_at": now + DAY}
    assert confirm(seen=seen(**to_end), now=now).mrr_pennies == 1000
    assert confirm(seen=seen(at=1, **to_end), now=now + DAY).mrr_pennies == 0


def test_going_back_and_forth_is_told_by_the_ledger(now: datetime) -> None:
    worth = [
        (item_fact(1000), "active"),
        (item_fact(3000), "past_due"),
        (item_fact(2000), "active"),
        (item_fact(2000), "unpaid"),
        (item_fact(2000), "active"),
    ]
    for at, (item, status) in enumerate(worth):
        confirm(seen=seen(item, at=at, status=status), now=now + at * DAY)
    assert _ledger() == [
        ("new", 0, 1000),
        ("expansion", 1000, 3000),
        ("contraction", 3000, 2000),
        ("churn", 2000, 0),
        ("reactivation", 0, 2000),
    ]


def test_items_are_those_that_stripe_has(now: datetime) -> None:
    yearly = item_fact(12000, id="si_2", interval="year", quantity=2)
    assert confirm(seen=seen(item_fact(), yearly), now=now).mrr_pennies == 3000
    subscription = confirm(seen=seen(yearly, at=1), now=now)
    assert subscription.mrr_pennies == 2000
    assert [item.stripe_item_id for item in subscription.items.all()] == ["si_2"]


def test_a_fraction_of_a_penny_and_what_counts_of_it_are_kept_exactly(now: datetime) -> None:
    item = item_fact("0.123456789012", quantity=10**6, inclusive_tax=Fraction(20))
    subscription = confirm(seen=seen(item, discounts=(discount_fact(percent=10),)), now=now)
    kept = subscription.items.get()
    assert kept.unit_pennies == Decimal("0.123456789012")
    assert (kept.kept_numerator, kept.kept_denominator) == (3, 4)
    assert subscription.mrr_pennies == 92593


def test_another_currency_than_before_is_for_a_person_to_look_at(now: datetime) -> None:
    confirm(seen=seen(), now=now)
    with pytest.raises(Disagrees, match="Stripe has EUR, expected GBP; look at both"):
        confirm(seen=seen(currency="EUR", at=1), now=now)


@pytest.mark.parametrize(
    "values",
    [{"status": "dormant"}, {"items": (item_fact(interval="fortnight"),)}],
    ids=["status", "interval"],
)
def test_a_word_that_nobody_knows_is_for_a_person_to_look_at(
    now: datetime, values: dict[str, Any]
) -> None:
    with pytest.raises(UnknownTerms, match="this shop knows no such"):
        confirm(seen=seen(**values), now=now)
    assert not Subscription.objects.exists()
