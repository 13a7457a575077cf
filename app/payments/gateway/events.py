"""Events: their signatures and what they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import stripe

from payments.gateway.errors import BadSignature
from payments.gateway.facts import Event


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
