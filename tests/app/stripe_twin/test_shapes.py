"""The twin's objects against the fields that the stripe library's own typed classes name."""

from __future__ import annotations

import typing
from typing import Any

import stripe

from stripe_twin.objects import public
from stripe_twin.server import Running

_CLASSES: dict[str, type[stripe.StripeObject]] = {
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "refund": stripe.Refund,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
_ONLY_SOMETIMES = {"deleted"}


def test_objects_have_the_fields_that_stripes_classes_name(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    client.v1.customers.create(params={"name": "Cara"})
    client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100})
    twin.control.open_dispute(intent=paid.id)
    store = twin.account.store
    with store.change():
        made = {kind: [public(obj) for obj in store.all(kind)] for kind in _CLASSES}

    assert [kind for kind, rows in made.items() if not rows] == []
    for kind, rows in made.items():
        named: dict[str, Any] = _CLASSES[kind].__annotations__
        always = {name for name, hint in named.items() if _always(name, hint)}
        for obj in rows:
            assert (kind, sorted(obj.keys() - named.keys())) == (kind, [])
            assert (kind, sorted(always - obj.keys())) == (kind, [])


def _always(name: str, hint: Any) -> bool:
    """Stripe's classes mark what may be null or absent as Optional."""
    constant = name.isupper() or typing.get_origin(hint) is typing.ClassVar
    optional = type(None) in typing.get_args(hint)
    return not (constant or optional or name.startswith("_") or name in _ONLY_SOMETIMES)
