"""Events: their signatures and what they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import stripe

from payments.gateway.errors import BadSignature, NotAnEvent
from payments.gateway.facts import Event

# Names longer than these are none of Stripe's.
LONGEST = {"id": 120, "type": 80, "api_version": 40, "object_type": 60, "object_id": 120}
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)


def construct_event(
    *, payload: bytes, header: str, secrets: Sequence[str], tolerance_s: int
) -> Event:
    """The event in the raw body, once one of the active secrets verifies it and its time is at
    most `tolerance_s` seconds ago. Raises BadSignature, or NotAnEvent for a signed body that is
    none."""
    if not any(_verifies(payload, header, secret, tolerance_s) for secret in secrets):
        raise BadSignature("Webhook: no active secret verifies it; check the signing secret.")
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("Webhook: signed, but no event of Stripe's; nothing kept.") from error
    return event_fact(body)


def event_fact(body: Any) -> Event:
    """The event as a fact, each part of the kind that it must be. Raises NotAnEvent."""
    try:
        about = body["data"]["object"]
        event = Event(
            id=body["id"],
            type=body["type"],
            api_version=body.get("api_version") or "",
            livemode=body["livemode"],
            created_at=datetime.fromtimestamp(body["created"], UTC),
            object_type=about.get("object") or "",
            object_id=about.get("id") or "",
            payload=_keepable(body),
        )
        _check(event)
        json.dumps(event.payload, allow_nan=False)
    except _UNREADABLE as error:
        raise NotAnEvent("Webhook: signed, but no event of Stripe's; nothing kept.") from error
    return event


def _check(event: Event) -> None:
    """Raises ValueError or TypeError for a name or a mode that is none."""
    if not isinstance(event.livemode, bool) or not event.id or not event.type:
        raise TypeError("no id, no type or no mode")
    for name, longest in LONGEST.items():
        text: str = getattr(event, name)
        if len(text) > longest or _text(text) != text:
            raise ValueError(f"{name}: no name of Stripe's")


def _keepable(value: Any) -> Any:
    """The same without the characters that PostgreSQL cannot keep. An event that holds one, in
    something that a person typed, is still an event."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_keepable(one) for one in value]
    if isinstance(value, dict):
        return {_text(name): _keepable(one) for name, one in value.items()}
    return value


def _text(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _verifies(payload: bytes, header: str, secret: str, tolerance_s: int) -> bool:
    # The library compares text, and Python refuses to compare any but ASCII.
    if not header.isascii():
        return False
    try:
        stripe.WebhookSignature.verify_header(payload, header, secret, tolerance_s)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
