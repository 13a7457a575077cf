"""stripe_twin.billing.catalogue and coupons: what is for sale, and what is taken off."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.app.stripe_twin.billing.conftest import Billing


def test_a_lookup_key_leads_to_one_price(billing: Billing) -> None:
    params: Any = {
        "currency": "gbp",
        "unit_amount": 1000,
        "recurring": {"interval": "month"},
        "lookup_key": "plan-coffee",
        "product_data": {"name": "Coffee"},
    }
    first = billing.v1.prices.create(params=params)
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        billing.v1.prices.create(params=params)
    second = billing.v1.prices.create(params={**params, "transfer_lookup_key": True})
    [found] = billing.v1.prices.list(params={"lookup_keys": ["plan-coffee"]}).data
    assert (found.id, first.id != second.id) == (second.id, True)


def test_a_price_taken_off_sale_sells_nothing(billing: Billing) -> None:
    price = billing.price()
    billing.v1.prices.update(price.id, params={"active": False, "metadata": {"why": "old"}})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        billing.subscribe(price)


def test_a_price_keeps_fractions_exactly(billing: Billing) -> None:
    price = billing.price("0.123456789012")
    assert (price.unit_amount, str(price.unit_amount_decimal)) == (None, "0.123456789012")
    whole = billing.price("1000")
    assert (whole.unit_amount, str(whole.unit_amount_decimal)) == (1000, "1000")


def test_a_product_in_use_stays(billing: Billing) -> None:
    price = billing.price()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        billing.v1.products.delete(str(price.product))
    loose = billing.v1.products.create(params={"name": "Tea"})
    assert billing.v1.products.delete(loose.id).deleted
    assert [p.name for p in billing.v1.products.list().data] == ["Coffee"]


def test_the_products_of_a_coupon_are_shown_when_they_are_asked_for(billing: Billing) -> None:
    product = str(billing.price().product)
    limit: Any = {"applies_to": {"products": [product]}}
    billing.v1.coupons.create(params={"id": "SOME", "percent_off": 10, **limit})
    billing.v1.coupons.create(params={"id": "ALL", "percent_off": 10})
    expand: Any = {"expand": ["applies_to"]}
    assert "applies_to" not in billing.v1.coupons.retrieve("SOME")
    seen = billing.v1.coupons.retrieve("SOME", params=expand)
    assert seen.applies_to is not None
    assert seen.applies_to.products == [product]
    assert billing.v1.coupons.retrieve("ALL", params=expand).applies_to is None


def test_a_coupon_ends_after_its_last_use_or_its_day(billing: Billing) -> None:
    now = billing.twin.account.clock.now()
    billing.v1.coupons.create(params={"id": "ONE", "percent_off": 10, "max_redemptions": 1})
    billing.v1.coupons.create(params={"id": "DAY", "percent_off": 10, "redeem_by": now + 60})
    billing.subscribe(discounts=[{"coupon": "ONE"}])
    billing.days(1)
    for spent in ("ONE", "DAY"):
        with pytest.raises(stripe.InvalidRequestError, match="Coupon expired"):
            billing.subscribe(discounts=[{"coupon": spent}])


@pytest.mark.parametrize(
    ("coupon", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 5}, "percent_off"),
        ({"percent_off": "100.01"}, "percent_off"),
        ({"percent_off": "-1"}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 5, "applies_to": {"products": ["none"]}}, "applies_to[products]"),
    ],
    ids=str,
)
def test_a_coupon_that_makes_no_sense_is_refused_by_name(
    billing: Billing, coupon: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.v1.coupons.create(params=coupon)
    assert refused.value.param == param
