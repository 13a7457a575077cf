"""The twin's objects against the fields that the stripe library's own typed classes name."""

from __future__ import annotations

import typing
from typing import Any

import stripe

from stripe_twin.objects import public
from stripe_twin.server import Running
from tests.app.stripe_twin.billing.conftest import Billing

_CLASSES: dict[str, type[stripe.StripeObject]] = {
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "coupon": stripe.Coupon,
    "customer": stripe.Customer,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "plan": stripe.Plan,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "tax_rate": stripe.TaxRate,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
_ONLY_SOMETIMES = {"deleted"}


def test_objects_have_the_fields_that_stripes_classes_name(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    client.v1.customers.create(params={"name": "Cara"})
    client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100})
    twin.control.open_dispute(intent=paid.id)
    _bill(twin, client)
    store = twin.account.store
    with store.change():
        made = {kind: [public(obj) for obj in store.all(kind)] for kind in _CLASSES}
    items = [item for sub in made["subscription"] for item in sub["items"]["data"]]
    made["subscription_item"] = items
    made["plan"] = [item["plan"] for item in items]
    made["line_item"] = [line for one in made["invoice"] for line in one["lines"]["data"]]

    assert [kind for kind, rows in made.items() if not rows] == []
    for kind, rows in made.items():
        named: dict[str, Any] = _CLASSES[kind].__annotations__
        always = {name for name, hint in named.items() if _always(name, hint)}
        for obj in rows:
            assert (kind, sorted(obj.keys() - named.keys())) == (kind, [])
            assert (kind, sorted(always - obj.keys())) == (kind, [])


def test_what_is_the_twins_own_never_leaves_it() -> None:
    kept = {"id": "in_1", "_intent": "pi_1", "lines": {"data": ["line"]}}
    shown = public(kept)
    assert shown == {"id": "in_1", "lines": {"data": ["line"]}}
    shown["lines"]["data"].clear()
    assert kept["lines"] == {"data": ["line"]}


def _bill(twin: Running, client: stripe.StripeClient) -> None:
    """A subscription with a coupon and a tax that changes and renews."""
    billing = Billing(twin, client)
    client.v1.coupons.create(params={"id": "TENTH", "percent_off": 10, "duration": "forever"})
    rate = client.v1.tax_rates.create(
        params={"display_name": "VAT", "inclusive": True, "percentage": 20}
    )
    sub = billing.subscribe(discounts=[{"coupon": "TENTH"}], default_tax_rates=[rate.id])
    client.v1.subscription_items.update(billing.item(sub).id, params={"quantity": 3})
    billing.days(32)


def _always(name: str, hint: Any) -> bool:
    """Stripe's classes mark what may be null or absent as Optional."""
    constant = name.isupper() or typing.get_origin(hint) is typing.ClassVar
    optional = type(None) in typing.get_args(hint)
    return not (constant or optional or name.startswith("_") or name in _ONLY_SOMETIMES)
