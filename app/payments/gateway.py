"""The one module that talks to Stripe. Frozen facts come out; Stripe's objects never do.

Two ways to fail, and they must never be mixed up: Rejected, Stripe said no and did nothing;
Unknown, nobody can tell whether it was done. After Unknown, ask again with the same key.
Never called with a transaction open: a call can take `STRIPE_TIMEOUT_S` seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

PAYMENT_KEY = "payment_key"
REFUND_KEY = "refund_key"


class GatewayError(Exception):
    """Something between us and Stripe; the text is for people who run the shop."""


class Rejected(GatewayError):
    """Stripe said no, so nothing was done. The text is Stripe's own."""


class Missing(Rejected):
    """Stripe knows no such object."""


class Unknown(GatewayError):
    """No answer that can be trusted: a timeout, a lost connection, a failure inside Stripe."""


class BadSignature(GatewayError):
    """The body was not signed with any active secret, or too long ago, or is no event."""


@dataclass(frozen=True)
class Line:
    """One line of a payment page. Whole minor units."""

    name: str
    unit_pennies: int
    quantity: int


@dataclass(frozen=True)
class NewSession:
    """What a payment page is made from. The same key must always come with the same rest."""

    key: str
    order_id: int
    currency: str
    lines: tuple[Line, ...]
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class CheckoutSession:
    """A payment page. `complete` alone is no payment; see `payment_status`."""

    id: str
    status: str
    payment_status: str
    url: str
    intent_id: str
    key: str


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent. `received_pennies` is what was captured, in whole minor units."""

    id: str
    status: str
    amount_pennies: int
    received_pennies: int
    currency: str
    key: str
    failure: str


@dataclass(frozen=True)
class RefundFact:
    """A refund as Stripe has it. `key` is empty when it was made in Stripe's own dashboard."""

    id: str
    status: str
    amount_pennies: int
    currency: str
    intent_id: str
    key: str
    failure: str


@dataclass(frozen=True)
class Event:
    """An event whose signature was verified. `payload` is the whole body."""

    id: str
    type: str
    api_version: str
    livemode: bool
    created_at: datetime
    object_type: str
    object_id: str
    payload: dict[str, Any]


def create_checkout_session(new: NewSession) -> CheckoutSession:
    """A hosted payment page; the same one again for the same key, for 24 hours."""
    about = {PAYMENT_KEY: new.key, "order": str(new.order_id)}
    with _translating():
        made = _client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "line_items": [
                    {
                        "quantity": line.quantity,
                        "price_data": {
                            "currency": new.currency.lower(),
                            "unit_amount": line.unit_pennies,
                            "product_data": {"name": line.name},
                        },
                    }
                    for line in new.lines
                ],
                "success_url": new.success_url,
                "cancel_url": new.cancel_url,
                "client_reference_id": str(new.order_id),
                "metadata": about,
                "payment_intent_data": {"metadata": about},
            },
            options={"idempotency_key": new.key},
        )
    return _session(made)


def retrieve_session(session_id: str) -> CheckoutSession:
    """The payment page as it is now."""
    with _translating():
        return _session(_client().v1.checkout.sessions.retrieve(session_id))


def expire_session(session_id: str) -> CheckoutSession:
    """Close the payment page for good. Rejected when it is no longer open."""
    with _translating():
        return _session(_client().v1.checkout.sessions.expire(session_id))


def find_session(*, key: str, since: datetime) -> CheckoutSession | None:
    """The payment page made with this key at or after `since`, by its metadata."""
    with _translating():
        made = _client().v1.checkout.sessions.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": 100}
        )
        return next((_session(s) for s in made.auto_paging_iter() if _key(s) == key), None)


def retrieve_intent(intent_id: str) -> Intent:
    """The PaymentIntent as it is now."""
    with _translating():
        found = _client().v1.payment_intents.retrieve(intent_id)
    error = found.last_payment_error
    return Intent(
        id=found.id,
        status=found.status,
        amount_pennies=found.amount,
        received_pennies=found.amount_received,
        currency=found.currency.upper(),
        key=_key(found),
        failure=(getattr(error, "decline_code", None) or error.code or "") if error else "",
    )


def create_refund(*, intent_id: str, amount_pennies: int, key: str, order_id: int) -> RefundFact:
    """Send money back; the same refund again for the same key, for 24 hours."""
    with _translating():
        made = _client().v1.refunds.create(
            params={
                "payment_intent": intent_id,
                "amount": amount_pennies,
                "metadata": {REFUND_KEY: key, "order": str(order_id)},
            },
            options={"idempotency_key": key},
        )
    return _refund(made)


def retrieve_refund(refund_id: str) -> RefundFact:
    """The refund as it is now."""
    with _translating():
        return _refund(_client().v1.refunds.retrieve(refund_id))


def find_refund(*, key: str, intent_id: str) -> RefundFact | None:
    """The refund of this payment that was made with this key, by its metadata."""
    with _translating():
        made = _client().v1.refunds.list(params={"payment_intent": intent_id, "limit": 100})
        return next((_refund(r) for r in made.auto_paging_iter() if _key(r) == key), None)


def construct_event(
    *, payload: bytes, header: str, secrets: Sequence[str], tolerance_s: int
) -> Event:
    """The event in the raw body, once one of the active secrets verifies it and its time is at
    most `tolerance_s` seconds ago. Raises BadSignature."""
    if not any(_verifies(payload, header, secret, tolerance_s) for secret in secrets):
        raise BadSignature("Webhook: no active secret verifies it; check the signing secret.")
    try:
        body = json.loads(payload)
        about = body["data"]["object"]
        return Event(
            id=body["id"],
            type=body["type"],
            api_version=body.get("api_version") or "",
            livemode=body["livemode"],
            created_at=datetime.fromtimestamp(body["created"], UTC),
            object_type=about.get("object") or "",
            object_id=about.get("id") or "",
            payload=body,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSignature("Webhook: signed, but no event of Stripe's; nothing kept.") from error


def _verifies(payload: bytes, header: str, secret: str, tolerance_s: int) -> bool:
    try:
        stripe.WebhookSignature.verify_header(payload, header, secret, tolerance_s)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _client() -> stripe.StripeClient:
    return _client_for(
        settings.STRIPE_API_KEY,
        settings.STRIPE_API_BASE,
        settings.STRIPE_API_VERSION,
        settings.STRIPE_TIMEOUT_S,
    )


@lru_cache(maxsize=8)
def _client_for(key: str, base: str, version: str, timeout_s: float) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=version,
        base_addresses={"api": base} if base else {},
        # Retries are ours: the library's own would hide how often a key was used.
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout_s),
    )


@contextmanager
def _translating() -> Iterator[None]:
    """Stripe's errors as ours; anything that is not clearly a "no" is Unknown.

    A refused API key is Unknown too: an earlier request with the same idempotency key may have
    done its work before the API key was changed.
    """
    try:
        yield
    except stripe.IdempotencyError as error:
        raise Unknown(f"Stripe: {error.user_message or error}") from error
    except stripe.InvalidRequestError as error:
        kind = Missing if error.code == "resource_missing" else Rejected
        raise kind(f"Stripe: {error.user_message or error}") from error
    except stripe.CardError as error:
        raise Rejected(f"Stripe: {error.user_message or error}") from error
    except stripe.StripeError as error:
        raise Unknown(f"Stripe: {type(error).__name__}, {error.user_message or error}") from error


def _session(made: stripe.checkout.Session) -> CheckoutSession:
    intent = made.payment_intent
    return CheckoutSession(
        id=made.id,
        status=made.status or "",
        payment_status=made.payment_status,
        url=made.url or "",
        intent_id=intent if isinstance(intent, str) else (intent.id if intent else ""),
        key=_key(made),
    )


def _refund(made: stripe.Refund) -> RefundFact:
    intent = made.payment_intent
    return RefundFact(
        id=made.id,
        status=made.status or "pending",
        amount_pennies=made.amount,
        currency=made.currency.upper(),
        intent_id=intent if isinstance(intent, str) else (intent.id if intent else ""),
        key=_key(made),
        failure=getattr(made, "failure_reason", None) or "",
    )


def _key(made: Any) -> str:
    about: dict[str, str] = made.metadata.to_dict() if made.metadata else {}
    return about.get(PAYMENT_KEY) or about.get(REFUND_KEY) or ""
