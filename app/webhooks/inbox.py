"""Where Stripe's events arrive: verified, stored once, worked on later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from payments import gateway
from webhooks import queue
from webhooks.models import EventStatus, StripeEvent


class TooLarge(Exception):
    """The body is larger than any event; it was not read further."""


def receive(*, payload: bytes, header: str, now: datetime) -> None:
    """Verify the raw body against every active secret and store the event, once for ever.

    Raises TooLarge or gateway.BadSignature; then nothing is stored. The secrets come from the
    settings only, never from a request. An event of another API version or of the other mode is
    kept as ignored, for a check to find.
    """
    if len(payload) > settings.STRIPE_WEBHOOK_MAX_BYTES:
        raise TooLarge(
            f"Webhook: {len(payload)} bytes, at most {settings.STRIPE_WEBHOOK_MAX_BYTES} expected."
        )
    event = gateway.construct_event(
        payload=payload,
        header=header,
        secrets=settings.STRIPE_WEBHOOK_SECRETS,
        tolerance_s=settings.STRIPE_WEBHOOK_TOLERANCE_S,
    )
    mismatch = mismatch_of(event)
    status = EventStatus.IGNORED if mismatch else EventStatus.RECEIVED
    arrived = _arrived(event, status=status, why=mismatch, now=now)
    if mismatch:
        _store([arrived])
    else:
        _store_and_wake(arrived)


def add(*, events: Sequence[gateway.Event], now: datetime) -> int:
    """Store events that Stripe was asked for, like those that it sent; how many were new here.

    Their version is the account's, which says nothing of the endpoint's and does not matter: an
    event only says which object to look at.
    """
    known = StripeEvent.objects.filter(stripe_id__in=[event.id for event in events])
    ids = set(known.values_list("stripe_id", flat=True))
    new = [event for event in events if event.id not in ids]
    _store(
        [
            _arrived(event, status=EventStatus.RECEIVED, why="", now=now, is_pulled=True)
            for event in new
        ]
    )
    return len(new)


def mismatch_of(event: gateway.Event) -> str:
    """Why the event is not meant for this shop as it is set up; empty when it is."""
    if event.livemode != settings.STRIPE_LIVEMODE:
        return f"livemode {event.livemode}, expected {settings.STRIPE_LIVEMODE}"
    if event.api_version != settings.STRIPE_API_VERSION:
        return f"API version {event.api_version}, expected {settings.STRIPE_API_VERSION}"
    return ""


def _arrived(
    event: gateway.Event, *, status: EventStatus, why: str, now: datetime, is_pulled: bool = False
) -> StripeEvent:
    return StripeEvent(
        stripe_id=event.id,
        type=event.type,
        api_version=event.api_version,
        livemode=event.livemode,
        object_type=event.object_type,
        object_id=event.object_id,
        payload=event.payload,
        status=status,
        next_attempt_at=now,
        last_error=why,
        created_at=event.created_at,
        received_at=now,
        is_pulled=is_pulled,
    )


def _store(arrived: Sequence[StripeEvent]) -> None:
    with transaction.atomic():
        # ON CONFLICT DO NOTHING: the same event delivered again changes nothing, even in a race.
        StripeEvent.objects.bulk_create(arrived, ignore_conflicts=True)
        if any(event.status == EventStatus.RECEIVED for event in arrived):
            queue.wake()


def _store_and_wake(event: StripeEvent) -> None:
    """What `_store` does to one event, in a single statement that is its own transaction: Stripe
    waits for the answer, and each further question to the database costs as much again."""
    fields = [field for field in StripeEvent._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(f"%({field.column})s" for field in fields)
    queue.wake_for(
        work=(
            f"INSERT INTO {StripeEvent._meta.db_table} ({columns}) VALUES ({places}) "  # noqa: S608
            "ON CONFLICT DO NOTHING"
        ),
        values={
            field.column: field.get_db_prep_save(getattr(event, field.attname), connection)
            for field in fields
        },
    )
