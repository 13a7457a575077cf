"""stripe_twin.billing.subscriptions: made, changed, paused, ended; through the real library."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.app.stripe_twin.billing.conftest import DAY, Billing


def test_it_is_active_once_its_first_invoice_is_paid(billing: Billing) -> None:
    sub = billing.subscribe()
    invoice = billing.invoice(sub)
    assert (sub.status, invoice.status, invoice.amount_paid) == ("active", "paid", 1000)
    assert invoice.billing_reason == "subscription_create"
    item = billing.item(sub)
    assert 28 * DAY <= item.current_period_end - item.current_period_start <= 31 * DAY
    told = billing.told()
    for kind in (
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.created",
    ):
        assert told.count(kind) == 1, kind


def test_whose_invoice_an_intent_pays_is_found_by_its_payment(billing: Billing) -> None:
    sub = billing.subscribe()
    [intent] = billing.v1.payment_intents.list().data
    [paid] = billing.v1.invoice_payments.list(
        params={
            "payment": {"type": "payment_intent", "payment_intent": intent.id},
            "expand": ["data.invoice"],
        }
    ).data
    assert (paid.status, paid.amount_paid) == ("paid", 1000)
    assert isinstance(paid.invoice, stripe.Invoice)
    assert paid.invoice.parent is not None
    assert paid.invoice.parent.subscription_details is not None
    assert paid.invoice.parent.subscription_details.subscription == sub.id


def test_a_refused_first_card_leaves_it_incomplete_until_it_expires(billing: Billing) -> None:
    sub = billing.subscribe(method="pm_card_chargeCustomerFail")
    assert (sub.status, billing.invoice(sub).status) == ("incomplete", "open")
    billing.days(1)
    assert (billing.seen(sub).status, billing.invoice(sub).status) == ("incomplete_expired", "void")


def test_another_card_completes_it(billing: Billing) -> None:
    sub = billing.subscribe(method="pm_card_chargeCustomerFail")
    method = billing.v1.payment_methods.attach("pm_card_visa", params={"customer": sub.customer})
    billing.v1.invoices.pay(sub.latest_invoice, params={"payment_method": method.id})
    assert billing.seen(sub).status == "active"


def test_a_customer_without_a_card_is_refused_or_waited_for(billing: Billing) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        billing.subscribe(method="")
    assert billing.v1.subscriptions.list(params={"status": "all"}).data == []
    sub = billing.subscribe(method="", payment_behavior="default_incomplete")
    assert sub.status == "incomplete"


def test_error_if_incomplete_makes_none(billing: Billing) -> None:
    with pytest.raises(stripe.CardError):
        billing.subscribe(
            method="pm_card_chargeCustomerFail", payment_behavior="error_if_incomplete"
        )
    assert billing.v1.subscriptions.list(params={"status": "all"}).data == []


def test_secure_card_waits_for_its_owner(billing: Billing) -> None:
    sub = billing.subscribe(method="pm_card_threeDSecure2Required")
    assert sub.status == "incomplete"
    assert "invoice.payment_action_required" in billing.told()
    [intent] = billing.v1.payment_intents.list().data
    billing.twin.control.authenticate(intent=intent.id)
    assert billing.seen(sub).status == "active"


def test_quantity_can_change_and_the_difference_waits_for_the_next_invoice(
    billing: Billing,
) -> None:
    sub = billing.subscribe()
    item = billing.item(sub)
    billing.v1.subscriptions.update(sub.id, params={"items": [{"id": item.id, "quantity": 3}]})
    assert billing.item(sub).quantity == 3
    waiting = billing.v1.invoice_items.list().data
    assert sorted(one.amount for one in waiting) == [-1000, 3000]
    billing.days(32)
    assert billing.invoice(sub).amount_paid == 3000 + 2000


def test_items_come_and_go_one_at_a_time(billing: Billing) -> None:
    sub = billing.subscribe()
    yearly = billing.price(12000, interval="year")
    added = billing.v1.subscription_items.create(
        params={"subscription": sub.id, "price": yearly.id, "proration_behavior": "none"}
    )
    assert len(billing.seen(sub)["items"].data) == 2
    billing.v1.subscription_items.update(added.id, params={"quantity": 2})
    assert billing.v1.subscription_items.retrieve(added.id).quantity == 2
    billing.v1.subscription_items.delete(added.id)
    assert billing.item(sub).price.unit_amount == 1000
    with pytest.raises(stripe.InvalidRequestError, match="last subscription item"):
        billing.v1.subscription_items.delete(billing.item(sub).id)


def test_another_interval_starts_at_once_and_is_billed(billing: Billing) -> None:
    sub = billing.subscribe()
    yearly = billing.price(12000, interval="year")
    billing.v1.subscriptions.update(
        sub.id, params={"items": [{"id": billing.item(sub).id, "price": yearly.id}]}
    )
    item = billing.item(sub)
    assert item.current_period_end - item.current_period_start in (365 * DAY, 366 * DAY)
    assert billing.invoice(sub).amount_paid == 12000 - 1000


def test_it_ends_with_its_period_and_not_before(billing: Billing) -> None:
    sub = billing.subscribe()
    changed = billing.v1.subscriptions.update(sub.id, params={"cancel_at_period_end": True})
    end = billing.item(sub).current_period_end
    assert (changed.status, changed.cancel_at) == ("active", end)
    billing.days(27)
    assert billing.seen(sub).status == "active"
    billing.days(5)
    ended = billing.seen(sub)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert billing.told("customer.subscription.")[-1] == "customer.subscription.deleted"
    assert len(billing.v1.invoices.list().data) == 1


def test_the_end_can_be_taken_back(billing: Billing) -> None:
    sub = billing.subscribe()
    for ends in (True, False):
        billing.v1.subscriptions.update(sub.id, params={"cancel_at_period_end": ends})
    billing.days(32)
    seen = billing.seen(sub)
    assert (seen.status, seen.cancel_at, seen.canceled_at) == ("active", None, None)


def test_it_ends_on_a_date_or_now(billing: Billing) -> None:
    now = billing.twin.account.clock.now()
    dated, now_ended = billing.subscribe(), billing.subscribe()
    billing.v1.subscriptions.update(dated.id, params={"cancel_at": now + 10 * DAY})
    gone = billing.v1.subscriptions.cancel(
        now_ended.id, params={"cancellation_details": {"comment": "moving"}}
    )
    assert gone.status == "canceled"
    assert gone.cancellation_details is not None
    assert gone.cancellation_details.comment == "moving"
    billing.days(11)
    assert billing.seen(dated).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        billing.v1.subscriptions.update(dated.id, params={"description": "again"})
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        billing.v1.subscriptions.cancel(dated.id)


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection_takes_no_money(billing: Billing, behavior: Any, status: str) -> None:
    sub = billing.subscribe()
    resumes = billing.item(sub).current_period_end + 10 * DAY
    billing.v1.subscriptions.update(
        sub.id, params={"pause_collection": {"behavior": behavior, "resumes_at": resumes}}
    )
    billing.days(32)
    assert (billing.seen(sub).status, billing.invoice(sub).status) == ("active", status)
    billing.days(61)
    assert billing.seen(sub).pause_collection is None
    assert billing.invoice(sub).status == "paid"


def test_what_is_said_about_it_is_laid_over_what_was_there(billing: Billing) -> None:
    sub = billing.subscribe(metadata={"a": "1", "b": "2"})
    billing.v1.subscriptions.update(sub.id, params={"metadata": {"b": "", "c": "3"}})
    assert billing.seen(sub).metadata.to_dict() == {"a": "1", "c": "3"}
    event = billing.v1.events.list(params={"type": "customer.subscription.updated"}).data[0]
    assert event.data.previous_attributes is not None
    assert list(event.data.previous_attributes.to_dict()) == ["metadata"]


def test_lists_leave_out_the_canceled_unless_asked(billing: Billing) -> None:
    subs = [billing.subscribe() for _ in range(3)]
    billing.v1.subscriptions.cancel(subs[0].id)

    def listed(**params: Any) -> list[str]:
        found: Any = billing.v1.subscriptions.list(params={"limit": 1, **params})
        return [sub.id for sub in found.auto_paging_iter()]

    newest_first = [sub.id for sub in subs[::-1]]
    assert listed() == newest_first[:2]
    assert listed(status="all") == newest_first
    assert listed(status="canceled") == [subs[0].id] == listed(status="ended")
    assert listed(customer=subs[1].customer) == [subs[1].id]
    assert listed(price=subs[2]["items"].data[0].price.id) == [subs[2].id]


def test_the_same_key_makes_one(billing: Billing) -> None:
    params: Any = {
        "customer": billing.customer().id,
        "items": [{"price": billing.price().id, "quantity": 2}],
    }
    options: Any = {"idempotency_key": "once"}
    first, second = (
        billing.v1.subscriptions.create(params=params, options=options) for _ in range(2)
    )
    assert first.id == second.id
    assert len(billing.v1.subscriptions.list().data) == 1
    assert len(billing.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"customer": "cus_none"}, "customer"),
        ({"items": [{"price": "price_none"}]}, "items[0][price]"),
        ({"trial_end": 5}, "trial_end"),
        ({"cancel_at": 5}, "cancel_at"),
        ({"cancel_at": 5, "cancel_at_period_end": "true"}, "cancel_at"),
        ({"discounts": [{"coupon": "none"}]}, "discounts[0][coupon]"),
        ({"default_tax_rates": ["txr_none"]}, "default_tax_rates"),
        ({"pause": "1"}, "pause"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_name(
    billing: Billing, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.subscribe(**params)
    assert refused.value.param == param
    assert billing.v1.subscriptions.list(params={"status": "all"}).data == []
