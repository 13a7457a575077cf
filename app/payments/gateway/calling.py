"""How Stripe is called: its client, its errors as ours, our key in its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

from payments.gateway.errors import Missing, Rejected, Unknown

PAYMENT_KEY = "payment_key"
REFUND_KEY = "refund_key"
SUBSCRIPTION_KEY = "subscription_key"
# How many rows of a list Stripe gives at once, at most.
PAGE = 100


def client() -> stripe.StripeClient:
    """Stripe as the settings name it now."""
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
def translating() -> Iterator[None]:
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


def key_of(made: Any) -> str:
    """Our own key in its metadata; empty when somebody else made it."""
    about: dict[str, str] = made.metadata.to_dict() if made.metadata else {}
    ours = (about.get(name) for name in (PAYMENT_KEY, REFUND_KEY, SUBSCRIPTION_KEY))
    return next(filter(None, ours), "")


def id_of(linked: Any) -> str:
    """The id of an object that Stripe gives either whole or by its id; empty for none."""
    if linked is None:
        return ""
    return str(linked if isinstance(linked, str) else linked.id)
