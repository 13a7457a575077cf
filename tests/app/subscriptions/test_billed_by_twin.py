"""Subscriptions as the twin bills them: read over real HTTP, valued, written down in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscriptions import ledger
from subscriptions.models import Subscription
from subscriptions.mrr import mrr_pennies
from subscriptions.services import confirm, look
from subscriptions.terms import terms_of
from tests.app.seller import KEY, Seller
from webhooks import facts
from webhooks.models import StripeEvent

DAY_S = 86_400
FOREVER: Any = {"duration": "forever"}
MONTHS: Any = {"duration": "repeating", "duration_in_months": 3}


@pytest.fixture(scope="module")
def _own_twin() -> Iterator[Any]:
    from stripe_twin.server import running
    from stripe_twin.settings import Settings

    with running(Settings(secret_key=KEY)) as twin:
        yield twin


@pytest.fixture
def twin(_own_twin: Any, settings: Any) -> Any:
    """A twin of this module alone: its time is moved by months."""
    _own_twin.control.reset()
    settings.STRIPE_API_BASE = _own_twin.address
    return _own_twin


@pytest.fixture
def seller(twin: Any) -> Seller:
    return Seller(twin)


def _worth(seller: Seller, subscription_id: str) -> int:
    return confirm(seen=look(subscription_id), now=seller.now).mrr_pennies


@pytest.mark.slow
@pytest.mark.django_db
def test_each_row_of_the_mrr_table_as_stripe_bills_it(seller: Seller) -> None:
    vat = seller.v1.tax_rates.create(
        params={"display_name": "VAT", "inclusive": True, "percentage": 20}
    ).id
    half: Any = {"percent_off": 50}
    rows: list[tuple[list[Any], dict[str, Any], int]] = [
        ([((1000,), 1)], {}, 1000),
        ([((1000,), 3)], {}, 3000),
        ([((12000, "year"), 1)], {}, 1000),
        ([((10000, "year"), 1)], {}, 833),
        ([((24000, "year", 2), 1)], {}, 1000),
        ([((3000, "month", 3), 1)], {}, 1000),
        ([((1000, "week"), 1)], {}, 4333),
        ([((100, "day"), 1)], {}, 3042),
        ([(("0.5",), 1000)], {}, 500),
        ([((1000,), 1)], {"discounts": seller.coupon(**half, **FOREVER)}, 500),
        ([((1000,), 1)], {"discounts": seller.coupon(**half, duration="once")}, 1000),
        ([((1000,), 1)], {"discounts": seller.coupon(**half, **MONTHS)}, 1000),
        (
            [((1000,), 1)],
            {"discounts": seller.coupon(amount_off=2000, currency="gbp", **FOREVER)},
            0,
        ),
        ([((1000,), 1), ((12000, "year"), 1)], {}, 2000),
        ([((1200,), 1)], {"default_tax_rates": [vat]}, 1000),
        ([((1000,), 1)], {"trial_period_days": 7}, 0),
    ]
    found = [_worth(seller, seller.sell(*items, **params)) for items, params, _ in rows]
    assert found == [pennies for *_, pennies in rows]


@pytest.mark.slow
@pytest.mark.django_db
def test_a_coupon_of_one_item_lowers_that_item_alone(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1), ((3000,), 1))
    item = seller.v1.subscriptions.retrieve(sold)["items"].data[1]
    off: Any = seller.coupon(percent_off=50, **FOREVER)
    seller.v1.subscription_items.update(item.id, params={"discounts": off})
    assert _worth(seller, sold) == 2500


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("off", "worth"),
    [({"percent_off": 50}, 2500), ({"amount_off": 1500, "currency": "gbp"}, 2000)],
    ids=["half", "more than it costs"],
)
def test_a_coupon_for_one_product_lowers_that_product_alone(
    seller: Seller, off: Any, worth: int
) -> None:
    """As on the next invoice, on which Stripe takes nothing from what else is bought."""
    sold = seller.sell(((1000,), 1), ((2000,), 1))
    product = seller.v1.subscriptions.retrieve(sold)["items"].data[0].price.product
    limited: Any = seller.coupon(applies_to={"products": [product]}, **off, **FOREVER)
    seller.v1.subscriptions.update(sold, params={"discounts": limited})
    assert _worth(seller, sold) == worth
    seller.twin.control.clock(advance_s=32 * DAY_S)
    assert seller.v1.invoices.list().data[0].amount_due == worth


@pytest.mark.slow
@pytest.mark.django_db
def test_a_coupon_of_one_item_lowers_nothing_that_it_is_not_for(seller: Seller) -> None:
    """As on the next invoice: of the second item nothing is taken, for its product is another."""
    sold = seller.sell(((1000,), 1), ((2000,), 1))
    items = seller.v1.subscriptions.retrieve(sold)["items"].data
    only = [items[0].price.product]
    for item, worth in ((items[1], 3000), (items[0], 2500)):
        off: Any = seller.coupon(percent_off=50, applies_to={"products": only}, **FOREVER)
        seller.v1.subscription_items.update(item.id, params={"discounts": off})
        assert _worth(seller, sold) == worth
    seller.twin.control.clock(advance_s=32 * DAY_S)
    assert seller.v1.invoices.list().data[0].amount_due == worth


@pytest.mark.slow
@pytest.mark.django_db
def test_use_pauses_and_ends_are_read_from_stripe(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1))
    assert _worth(seller, sold) == 1000
    seller.v1.subscriptions.update(sold, params={"pause_collection": {"behavior": "void"}})
    assert _worth(seller, sold) == 0
    seller.v1.subscriptions.update(sold, params={"pause_collection": ""})
    assert _worth(seller, sold) == 1000
    seller.v1.subscriptions.update(sold, params={"cancel_at_period_end": True})
    assert _worth(seller, sold) == 1000
    seller.twin.control.clock(advance_s=32 * DAY_S)
    assert _worth(seller, sold) == 0
    assert [c.kind for c in Subscription.objects.get().ledger.all()] == [
        "new",
        "churn",
        "reactivation",
        "churn",
    ]


@pytest.mark.django_db
def test_money_given_back_of_a_subscription_is_no_orders_refund(seller: Seller) -> None:
    seller.sell(((1000,), 1))
    [intent] = seller.v1.payment_intents.list().data
    seller.twin.control.refund_from_dashboard(payment_intent=intent.id, amount=300)
    seller.twin.control.open_dispute(intent=intent.id, amount=100)
    about = [e for e in _handled(seller) if e["type"].startswith(("refund.", "charge.dispute."))]
    assert {e["type"] for e in about} >= {"refund.created", "charge.dispute.created"}
    for event in about:
        kept = StripeEvent(type=event["type"], object_id=event["data"]["object"]["id"])
        facts.apply(facts.fetch(kept), now=seller.now)
    assert Subscription.objects.get().mrr_pennies == 1000


def _handled(seller: Seller) -> list[dict[str, Any]]:
    with seller.twin.account.store.change():
        every = seller.twin.account.store.all("event")
    return [event for event in every if facts.handles(event["type"])]


acts = st.sampled_from(["quantity", "pause", "unpause", "end", "go on", "month", "work"])


class TestAnyOrder(TestCase):
    """What hypothesis writes is rolled back after each example; the twin forgets as well."""

    @pytest.fixture(autouse=True)
    def _seller(self, seller: Seller) -> None:
        self.seller = seller

    @pytest.mark.slow
    @settings(max_examples=8, deadline=None)
    @given(st.lists(acts, min_size=1, max_size=8), st.randoms(use_true_random=False))
    def test_any_order_and_repetition_of_the_twins_events_ends_in_the_same_state(
        self, acts: list[str], rng: random.Random
    ) -> None:
        self.seller.twin.control.reset()
        sold = self.seller.sell(((1000,), 1))
        for act in acts:
            if act == "work":
                self._work(rng.sample(_handled(self.seller), k=1))
            else:
                self._do(act, sold, rng)
        late = _handled(self.seller)
        late += rng.choices(late, k=3)
        rng.shuffle(late)
        self._work(late)
        fact = look(sold).fact
        found = Subscription.objects.get()
        assert (found.status, found.is_paused) == (fact.status, fact.is_paused)
        assert found.mrr_pennies == mrr_pennies(terms_of(fact), at=self.seller.now)
        total = ledger.totals(at=self.seller.now + timedelta(days=1))
        assert total.get("GBP", 0) == found.mrr_pennies

    def _work(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            kept = StripeEvent(type=event["type"], object_id=event["data"]["object"]["id"])
            facts.apply(facts.fetch(kept), now=self.seller.now)

    def _do(self, act: str, sold: str, rng: random.Random) -> None:
        v1 = self.seller.v1.subscriptions
        sub = v1.retrieve(sold)
        if act == "month":
            self.seller.twin.control.clock(advance_s=31 * DAY_S)
        elif sub.status == "canceled":
            return
        elif act == "quantity":
            quantity = rng.randint(1, 9)
            self.seller.v1.subscription_items.update(
                sub["items"].data[0].id, params={"quantity": quantity}
            )
        elif act in ("pause", "unpause"):
            pause: Any = {"behavior": "void"} if act == "pause" else ""
            v1.update(sold, params={"pause_collection": pause})
        else:
            v1.update(sold, params={"cancel_at_period_end": act == "end"})
