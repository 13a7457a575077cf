"""subscriptions.starting: from a plan to one open page at Stripe, under one key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments import gateway
from payments.checkout import CLOCKS_APART, KEY_LIFE
from payments.services import Disagrees
from subscriptions import starting
from subscriptions.models import Plan, Start
from subscriptions.services import confirm
from subscriptions.starting import CannotStart, start
from tests.app.subscriptions.conftest import item_fact, seen

pytestmark = pytest.mark.django_db
A_MOMENT = timedelta(microseconds=1)


class Stripe:
    """Pages and prices in memory, kept by key as Stripe keeps them."""

    def __init__(self) -> None:
        self.pages: dict[str, gateway.CheckoutSession] = {}
        self.prices: dict[str, gateway.PriceFact] = {}
        self.customers: list[str] = []
        self.looked_up: list[tuple[str, datetime | None]] = []
        self.fails: gateway.GatewayError | None = None
        self.asked_within: list[list[str]] = []

    def find_price(self, *, lookup_key: str) -> gateway.PriceFact | None:
        self.looked_up.append((lookup_key, None))
        return self.prices.get(lookup_key)

    def create_price(self, new: gateway.NewPrice) -> gateway.PriceFact:
        number = len(self.prices) + 1
        self.prices[new.lookup_key] = gateway.PriceFact(
            f"price_{number}",
            new.currency,
            Fraction(new.unit_pennies),
            new.interval,
            new.interval_count,
        )
        return self.prices[new.lookup_key]

    def create_subscription_session(
        self, new: gateway.NewSubscriptionSession
    ) -> gateway.CheckoutSession:
        self.asked_within.append([*connection.savepoint_ids])
        assert new.price_id in {price.id for price in self.prices.values()}
        if isinstance(self.fails, gateway.Rejected):
            raise self.fails
        self.customers.append(new.customer_id)
        number = len(self.pages) + 1
        made = gateway.CheckoutSession(
            f"cs_{number}", "open", "unpaid", f"https://pay.example/{number}", "", new.key
        )
        page = self.pages.setdefault(new.key, made)
        if self.fails:
            raise self.fails
        return page

    def retrieve_session(self, session_id: str) -> gateway.CheckoutSession:
        return next(page for page in self.pages.values() if page.id == session_id)

    def find_session(self, *, key: str, since: datetime) -> gateway.CheckoutSession | None:
        self.looked_up.append((key, since))
        return self.pages.get(key)

    def turn(self, wish: Start, status: str) -> None:
        page = self.pages[wish.idempotency_key]
        self.pages[wish.idempotency_key] = replace(page, status=status)


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    fake = Stripe()
    for name in (
        "find_price",
        "create_price",
        "create_subscription_session",
        "retrieve_session",
        "find_session",
    ):
        monkeypatch.setattr(gateway, name, getattr(fake, name))
    return fake


@pytest.fixture
def plan(db: None) -> Plan:
    return _plan("coffee")


def _plan(slug: str) -> Plan:
    return Plan.objects.create(
        slug=slug,
        name=slug.capitalize(),
        price_pennies=1800,
        currency="GBP",
        interval="month",
    )


def test_a_customer_gets_a_page_at_stripe_and_the_plan_a_price(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    wish = start(plan=plan, customer=cara_customer, now=now)
    assert (wish.status, wish.checkout_url) == ("open", "https://pay.example/1")
    assert Plan.objects.get().stripe_price_id == "price_1"
    assert list(stripe.pages) == [wish.idempotency_key]


def test_a_plan_off_sale_gets_no_page(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    Plan.objects.update(is_on_sale=False)
    with pytest.raises(CannotStart, match="Coffee: no longer for sale; choose another"):
        start(plan=plan, customer=cara_customer, now=now)
    assert not stripe.pages
    assert not Start.objects.exists()


def test_asking_twice_leads_to_the_same_page(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    first = start(plan=plan, customer=cara_customer, now=now)
    second = start(plan=plan, customer=cara_customer, now=now)
    assert first == second
    assert (len(stripe.pages), len(stripe.prices)) == (1, 1)
    # Price and page are known, so neither is asked for again.
    assert (stripe.looked_up, stripe.customers) == ([("plan-coffee", None)], [""])


def test_after_an_unknown_outcome_the_same_key_is_used_again(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    stripe.fails = gateway.Unknown("timed out")
    with pytest.raises(gateway.Unknown):
        start(plan=plan, customer=cara_customer, now=now)
    stripe.fails = None
    wish = start(plan=plan, customer=cara_customer, now=now)
    assert list(stripe.pages) == [wish.idempotency_key]


def test_after_the_keys_life_the_page_is_looked_up_and_not_asked_for_again(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    stripe.fails = gateway.Unknown("timed out")
    with pytest.raises(gateway.Unknown):
        start(plan=plan, customer=cara_customer, now=now)
    with pytest.raises(gateway.Unknown):
        start(plan=plan, customer=cara_customer, now=now + KEY_LIFE)  # Still its life.
    wish = start(plan=plan, customer=cara_customer, now=now + KEY_LIFE + A_MOMENT)
    assert wish.stripe_session_id == "cs_1"
    assert len(stripe.customers) == 2
    # Stripe's clock may be behind ours.
    assert stripe.looked_up[-1] == (wish.idempotency_key, now - CLOCKS_APART)


def test_an_expired_page_gives_way_to_a_new_one(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    first = start(plan=plan, customer=cara_customer, now=now)
    stripe.turn(first, "expired")
    second = start(plan=plan, customer=cara_customer, now=now)
    first.refresh_from_db()
    assert (first.status, second.status) == ("expired", "open")
    assert second.checkout_url == "https://pay.example/2"


def test_a_page_that_was_paid_waits_for_stripes_word(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    stripe.turn(start(plan=plan, customer=cara_customer, now=now), "complete")
    with pytest.raises(CannotStart, match="its page is complete; wait a minute for Stripe's"):
        start(plan=plan, customer=cara_customer, now=now)


def test_who_has_the_plan_already_cannot_have_it_twice_until_it_ended(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    wish = start(plan=plan, customer=cara_customer, now=now)
    confirm(seen=seen(item_fact(1800), key=wish.idempotency_key), now=now)
    with pytest.raises(CannotStart, match="Coffee: you have it already; see My subscriptions"):
        start(plan=plan, customer=cara_customer, now=now)
    confirm(seen=seen(item_fact(1800), at=1, status="canceled", ended_at=now), now=now)
    assert start(plan=plan, customer=cara_customer, now=now).status == "open"


def test_a_second_subscription_belongs_to_the_same_customer_at_stripe(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    wish = start(plan=plan, customer=cara_customer, now=now)
    confirm(seen=seen(item_fact(1800), key=wish.idempotency_key), now=now)
    start(plan=_plan("honey"), customer=cara_customer, now=now)
    assert stripe.customers == ["", "cus_1"]


def test_when_stripe_says_no_the_customer_is_told_and_may_ask_again(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    stripe.fails = gateway.Rejected("Stripe: no such price")
    with pytest.raises(CannotStart, match="Coffee: Stripe made no page for it"):
        start(plan=plan, customer=cara_customer, now=now)
    assert Start.objects.get().status == "expired"
    stripe.fails = None
    assert start(plan=plan, customer=cara_customer, now=now).status == "open"


def test_a_price_at_stripe_that_is_another_one_is_never_sold(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    stripe.prices["plan-coffee"] = gateway.PriceFact("p", "GBP", Fraction(1900), "month", 1)
    with pytest.raises(Disagrees, match="Plan coffee: Stripe's price p is another one"):
        start(plan=plan, customer=cara_customer, now=now)
    assert not Start.objects.exists()


def test_stripe_is_never_asked_while_a_transaction_is_open(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    """Beyond the one that each test of this module is in."""
    start(plan=plan, customer=cara_customer, now=now)
    assert stripe.asked_within == [[]]
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        start(plan=plan, customer=cara_customer, now=now)
    assert stripe.asked_within == [[]]


def test_of_two_that_ask_at_once_one_waits_for_the_other(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    with CaptureQueriesContext(connection) as sent:
        start(plan=plan, customer=cara_customer, now=now)
    asked = [query["sql"] for query in sent]
    held = next(number for number, sql in enumerate(asked) if "FOR UPDATE" in sql)
    assert 'FROM "accounts_user"' in asked[held]
    wished = [number for number, sql in enumerate(asked) if "subscriptions_start" in sql]
    assert held < wished[0]


def test_a_page_that_closed_unsold_makes_room_for_another(
    stripe: Stripe, plan: Plan, cara_customer: Any, now: datetime
) -> None:
    wish = start(plan=plan, customer=cara_customer, now=now)
    page = stripe.pages[wish.idempotency_key]
    assert starting.sold_by(page)
    assert not starting.sold_by(replace(page, key=""))
    assert not starting.sold_by(replace(page, key="start-nobody"))
    starting.close(session=page)
    assert Start.objects.get().status == "open"
    starting.close(session=replace(page, status="expired"))
    assert Start.objects.get().status == "expired"
