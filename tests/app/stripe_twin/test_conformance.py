"""What both Stripe and the twin do. Each test makes its own objects and looks at no others, so that
the same tests run against Stripe's test mode: gate `stripe-test-mode`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.stripe_test_mode


@pytest.fixture
def v1(client: stripe.StripeClient) -> Any:
    return client.v1


@pytest.fixture
def customer(v1: Any) -> Iterator[Any]:
    """With a card that pays; gone again after the test."""
    made = v1.customers.create(
        params={
            "name": "Conformance",
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
    )
    yield made
    v1.customers.delete(made.id)


def _price(v1: Any, **params: Any) -> Any:
    given = {
        "currency": "gbp",
        "unit_amount": 1000,
        "recurring": {"interval": "month"},
        "product_data": {"name": "Coffee"},
        **params,
    }
    return v1.prices.create(params=given)


def _subscribe(v1: Any, customer: Any, **params: Any) -> Any:
    given = {"customer": customer.id, "items": [{"price": _price(v1).id}], **params}
    return v1.subscriptions.create(params=given)


def _intent(v1: Any, method: str = "pm_card_visa", **params: Any) -> Any:
    given = {
        "amount": 2000,
        "currency": "gbp",
        "confirm": True,
        "payment_method": method,
        "payment_method_types": ["card"],
        **params,
    }
    return v1.payment_intents.create(params=given)


def test_a_confirmed_intent_takes_the_money(v1: Any) -> None:
    intent = _intent(v1)
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    charge = v1.charges.retrieve(intent.latest_charge)
    assert (charge.paid, charge.captured, charge.amount_refunded) == (True, True, 0)


def test_a_declined_card_is_a_card_error_with_its_codes(v1: Any) -> None:
    with pytest.raises(stripe.CardError) as declined:
        _intent(v1, "pm_card_chargeDeclinedInsufficientFunds")
    assert declined.value.http_status == 402
    assert declined.value.code == "card_declined"
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "insufficient_funds"


def test_a_secure_card_asks_for_its_owner(v1: Any) -> None:
    assert _intent(v1, "pm_card_threeDSecure2Required").status == "requires_action"


def test_held_money_is_captured_in_part_or_let_go(v1: Any) -> None:
    part, none = (_intent(v1, capture_method="manual") for _ in range(2))
    assert part.status == "requires_capture"
    taken = v1.payment_intents.capture(part.id, params={"amount_to_capture": 500})
    assert (taken.status, taken.amount_received) == ("succeeded", 500)
    assert v1.payment_intents.cancel(none.id).status == "canceled"


def test_more_than_was_taken_is_never_given_back(v1: Any) -> None:
    intent = _intent(v1)
    assert v1.refunds.create(params={"payment_intent": intent.id, "amount": 1500}).amount == 1500
    with pytest.raises(stripe.InvalidRequestError):
        v1.refunds.create(params={"payment_intent": intent.id, "amount": 501})
    v1.refunds.create(params={"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.refunds.create(params={"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


def test_a_key_gives_the_same_answer_and_takes_no_other_question(v1: Any) -> None:
    options = {"idempotency_key": f"conformance-{uuid.uuid4()}"}
    params = {"amount": 2000, "currency": "gbp", "payment_method_types": ["card"]}
    first = v1.payment_intents.create(params=params, options=options)
    assert v1.payment_intents.create(params=params, options=options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        v1.payment_intents.create(params={**params, "amount": 2100}, options=options)


def test_what_is_wrong_is_refused_by_name(v1: Any) -> None:
    for params, param in (
        ({"amount": 2000, "currency": "xxx"}, "currency"),
        ({"amount": -1, "currency": "gbp"}, "amount"),
        ({"amount": 2000, "currency": "gbp", "colour": "red"}, "colour"),
        ({"currency": "gbp"}, "amount"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            v1.payment_intents.create(params=params)
        assert refused.value.param == param


def test_what_is_not_there_is_missing(v1: Any) -> None:
    for look in (v1.customers, v1.payment_intents, v1.subscriptions, v1.prices, v1.coupons):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            look.retrieve("none_of_ours")
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_list_is_paged_by_cursor_newest_first(v1: Any, customer: Any) -> None:
    made = [_intent(v1, customer=customer.id).id for _ in range(3)]
    listed = v1.payment_intents.list(params={"customer": customer.id, "limit": 1})
    assert listed.has_more
    assert [intent.id for intent in listed.auto_paging_iter()] == made[::-1]


def test_expansion_ends_at_four_levels(v1: Any, customer: Any) -> None:
    sub = _subscribe(v1, customer)
    with pytest.raises(stripe.InvalidRequestError):
        v1.subscriptions.retrieve(sub.id, params={"expand": ["items.data.discounts.source.coupon"]})
    whole = v1.subscriptions.retrieve(sub.id, params={"expand": ["latest_invoice", "customer"]})
    assert (whole.customer.id, whole.latest_invoice.status) == (customer.id, "paid")


def test_a_lookup_key_finds_its_price(v1: Any) -> None:
    key = f"conformance-{uuid.uuid4()}"
    made = _price(v1, lookup_key=key)
    [found] = v1.prices.list(params={"lookup_keys": [key]}).data
    assert (found.id, found.unit_amount, found.recurring.interval) == (made.id, 1000, "month")
    with pytest.raises(stripe.InvalidRequestError):
        _price(v1, lookup_key=key)


def test_a_subscription_is_paid_changed_and_ended(v1: Any, customer: Any) -> None:
    sub = _subscribe(v1, customer, metadata={"a": "1"})
    assert sub.status == "active"
    assert v1.invoices.retrieve(sub.latest_invoice).amount_paid == 1000
    [item] = sub["items"].data
    changed = v1.subscriptions.update(
        sub.id, params={"items": [{"id": item.id, "quantity": 3}], "cancel_at_period_end": True}
    )
    assert changed["items"].data[0].quantity == 3
    assert changed.cancel_at == item.current_period_end
    assert v1.subscriptions.cancel(sub.id).status == "canceled"
    assert v1.subscriptions.retrieve(sub.id).ended_at is not None


def test_a_subscription_is_listed_until_it_is_canceled(v1: Any, customer: Any) -> None:
    one, other = _subscribe(v1, customer), _subscribe(v1, customer)
    v1.subscriptions.cancel(one.id)

    def listed(**params: Any) -> list[str]:
        found = v1.subscriptions.list(params={"customer": customer.id, **params})
        return [sub.id for sub in found.data]

    assert listed() == [other.id]
    assert listed(status="all") == [other.id, one.id]
    assert listed(status="canceled") == [one.id]


def test_a_trial_asks_for_nothing_and_a_pause_is_kept(v1: Any, customer: Any) -> None:
    sub = _subscribe(v1, customer, trial_period_days=7)
    assert (sub.status, v1.invoices.retrieve(sub.latest_invoice).amount_due) == ("trialing", 0)
    paused = v1.subscriptions.update(sub.id, params={"pause_collection": {"behavior": "void"}})
    assert paused.pause_collection.behavior == "void"
    assert v1.subscriptions.update(sub.id, params={"pause_collection": ""}).pause_collection is None


def test_a_refused_first_payment_leaves_it_incomplete(v1: Any, customer: Any) -> None:
    bad = v1.payment_methods.attach("pm_card_chargeCustomerFail", params={"customer": customer.id})
    sub = _subscribe(v1, customer, default_payment_method=bad.id)
    assert (sub.status, v1.invoices.retrieve(sub.latest_invoice).status) == ("incomplete", "open")


def test_a_coupon_for_ever_is_seen_with_its_terms(v1: Any, customer: Any) -> None:
    coupon = v1.coupons.create(params={"percent_off": 50, "duration": "forever"})
    sub = _subscribe(v1, customer, discounts=[{"coupon": coupon.id}])
    seen = v1.subscriptions.retrieve(sub.id, params={"expand": ["discounts.source.coupon"]})
    [discount] = seen.discounts
    assert discount.source.coupon.percent_off == 50
    assert v1.invoices.retrieve(sub.latest_invoice).amount_paid == 500
    v1.coupons.delete(coupon.id)


def test_an_invoice_goes_from_draft_to_paid_or_void(v1: Any, customer: Any) -> None:
    for end in ("paid", "void"):
        v1.invoice_items.create(params={"customer": customer.id, "amount": 2000, "currency": "gbp"})
        draft = v1.invoices.create(
            params={"customer": customer.id, "pending_invoice_items_behavior": "include"}
        )
        assert (draft.status, draft.amount_due) == ("draft", 2000)
        assert v1.invoices.finalize_invoice(draft.id).status == "open"
        done = v1.invoices.pay if end == "paid" else v1.invoices.void_invoice
        assert done(draft.id).status == end


def test_a_page_is_open_until_it_is_expired(v1: Any) -> None:
    for mode, price in (
        ("payment", {"recurring": None}),
        ("subscription", {"recurring": {"interval": "month"}}),
    ):
        terms = {name: value for name, value in price.items() if value}
        made = v1.prices.create(
            params={
                "currency": "gbp",
                "unit_amount": 1000,
                "product_data": {"name": "Coffee"},
                **terms,
            }
        )
        page = v1.checkout.sessions.create(
            params={
                "mode": mode,
                "line_items": [{"price": made.id, "quantity": 2}],
                "success_url": "https://shop.example/thanks",
            }
        )
        assert (page.status, page.payment_status, page.amount_total) == ("open", "unpaid", 2000)
        assert v1.checkout.sessions.expire(page.id).status == "expired"
