"""stripe_twin.billing: what invoices ask for, and their life from draft to paid or void."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.app.stripe_twin.billing.conftest import Billing


def _single(billing: Billing, **params: Any) -> stripe.Invoice:
    """A draft of £20 for something that is no subscription."""
    customer = params.pop("customer", None) or billing.customer().id
    billing.v1.invoice_items.create(
        params={"customer": customer, "amount": 2000, "currency": "gbp", "description": "Visit"}
    )
    given: Any = {
        "customer": customer,
        "pending_invoice_items_behavior": "include",
        **params,
    }
    return billing.v1.invoices.create(params=given)


def test_a_draft_is_opened_then_paid(billing: Billing) -> None:
    draft = _single(billing)
    assert (draft.status, draft.amount_due, draft.number) == ("draft", 2000, None)
    opened = billing.v1.invoices.finalize_invoice(draft.id)
    assert opened.status == "open"
    assert opened.number
    paid = billing.v1.invoices.pay(draft.id, params={"expand": ["payments"]})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 2000, 0)
    assert paid.payments is not None
    assert [one.status for one in paid.payments.data] == ["paid"]
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        billing.v1.invoices.pay(draft.id)


def test_a_refused_card_leaves_it_open(billing: Billing) -> None:
    draft = _single(billing, customer=billing.customer("pm_card_chargeCustomerFail").id)
    with pytest.raises(stripe.CardError):
        billing.v1.invoices.pay(draft.id)
    seen = billing.v1.invoices.retrieve(draft.id)
    assert (seen.status, seen.attempt_count) == ("open", 1)
    assert "invoice.payment_failed" in billing.told()


def test_it_can_be_paid_elsewhere_voided_or_given_up(billing: Billing) -> None:
    elsewhere, voided, given_up = (_single(billing) for _ in range(3))
    paid = billing.v1.invoices.pay(elsewhere.id, params={"paid_out_of_band": True})
    assert paid.status == "paid"
    for one in (voided, given_up):
        billing.v1.invoices.finalize_invoice(one.id)
    assert billing.v1.invoices.void_invoice(voided.id).status == "void"
    assert billing.v1.invoices.mark_uncollectible(given_up.id).status == "uncollectible"
    assert billing.v1.charges.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="cannot be voided: it is paid"):
        billing.v1.invoices.void_invoice(elsewhere.id)


def test_a_draft_thrown_away_gives_back_what_it_asked_for(billing: Billing) -> None:
    draft = _single(billing)
    billing.v1.invoices.delete(draft.id)
    [waiting] = billing.v1.invoice_items.list().data
    assert waiting.invoice is None
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
        billing.v1.invoices.retrieve(draft.id)


@pytest.mark.parametrize(
    ("coupon", "paid"),
    [
        ({"percent_off": 50, "duration": "forever"}, [500, 500, 500]),
        ({"percent_off": 50, "duration": "once"}, [500, 1000, 1000]),
        ({"percent_off": 50, "duration": "repeating", "duration_in_months": 2}, [500, 500, 1000]),
        ({"amount_off": 300, "currency": "gbp", "duration": "forever"}, [700, 700, 700]),
        ({"amount_off": 2000, "currency": "gbp", "duration": "forever"}, [0, 0, 0]),
        ({"percent_off": "33.33", "duration": "forever"}, [667, 667, 667]),
    ],
    ids=str,
)
def test_coupons_count_for_as_long_as_they_say(
    billing: Billing, coupon: Any, paid: list[int]
) -> None:
    made = billing.v1.coupons.create(params=coupon)
    billing.subscribe(discounts=[{"coupon": made.id}])
    billing.days(64)
    invoices = billing.v1.invoices.list().data[::-1]
    assert [i.amount_paid for i in invoices] == paid
    assert [i.status for i in invoices] == ["paid"] * 3


def test_a_discount_of_an_item_is_seen_with_its_coupon(billing: Billing) -> None:
    billing.v1.coupons.create(params={"id": "HALF", "percent_off": 50, "duration": "forever"})
    price = billing.price()
    sub = billing.v1.subscriptions.create(
        params={
            "customer": billing.customer().id,
            "items": [{"price": price.id, "discounts": [{"coupon": "HALF"}]}],
        }
    )
    assert billing.invoice(sub).amount_paid == 500
    billing.v1.coupons.delete("HALF")
    listed = billing.v1.subscription_items.list(
        params={"subscription": sub.id, "expand": ["data.discounts.source.coupon"]}
    )
    [discount] = listed.data[0].discounts
    assert isinstance(discount, stripe.Discount)
    assert isinstance(discount.source.coupon, stripe.Coupon)
    assert discount.source.coupon.percent_off == 50


def test_properties_are_expanded_four_levels_deep_and_no_deeper(billing: Billing) -> None:
    sub = billing.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        billing.v1.subscriptions.retrieve(
            sub.id, params={"expand": ["items.data.discounts.source.coupon"]}
        )


@pytest.mark.parametrize(("inclusive", "total", "tax"), [(True, 1200, 200), (False, 1440, 240)])
def test_tax_is_in_the_price_or_on_top_of_it(
    billing: Billing, inclusive: bool, total: int, tax: int
) -> None:
    rate = billing.v1.tax_rates.create(
        params={"display_name": "VAT", "inclusive": inclusive, "percentage": 20}
    )
    sub = billing.subscribe(billing.price(1200), default_tax_rates=[rate.id])
    invoice = billing.invoice(sub)
    assert invoice.total == total
    assert [one.amount for one in invoice.total_taxes or []] == [tax]


@pytest.mark.parametrize(
    ("price", "quantity", "total"),
    [(("0.5", {}), 1000, 500), ((1500, {"currency": "jpy"}), 2, 3000), (("0.5", {}), 1, 1)],
    ids=["half pennies", "yen", "rounded half up"],
)
def test_amounts_are_whole_minor_units(
    billing: Billing, price: Any, quantity: int, total: int
) -> None:
    pennies, more = price
    made = billing.price(pennies, **more)
    sub = billing.v1.subscriptions.create(
        params={
            "customer": billing.customer().id,
            "items": [{"price": made.id, "quantity": quantity}],
        }
    )
    assert billing.invoice(sub).total == total


def test_what_comes_by_use_has_no_quantity_and_asks_for_nothing(billing: Billing) -> None:
    sub = billing.subscribe(billing.price(usage_type="metered"))
    assert sub.status == "active"
    assert "quantity" not in billing.item(sub)


def test_a_sent_invoice_is_active_until_it_is_overdue(billing: Billing) -> None:
    sub = billing.subscribe(method="", collection_method="send_invoice", days_until_due=7)
    assert (sub.status, billing.invoice(sub).status) == ("active", "open")
    billing.days(8)
    assert "invoice.overdue" in billing.told()
