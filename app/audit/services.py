"""Write the record and verify it. Nothing else writes to it, and nothing changes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

from django.db import connection, transaction
from django.db.models import QuerySet

from audit.actions import Action, Result
from audit.models import Entry
from core.actor import Actor

# The hash that the first entry names as the one before it.
GENESIS = "0" * 64
# One writer at a time, in every process: the key of a lock that the transaction holds.
CHAIN_LOCK = 0x617564697401
REASON_LENGTH = 500


def record(
    *,
    actor: Actor,
    action: Action,
    subject: str,
    result: Result,
    reason: str = "",
    details: Mapping[str, object] | None = None,
    now: datetime,
) -> Entry:
    """Append one entry, chained to the one before. It stands or falls with the caller's
    transaction, which holds the chain until it ends: lock rows first, record last.

    `details` is JSON without fractions; no personal data in it, in `subject` or in `reason`.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        entry = Entry(
            at=now.astimezone(UTC),
            actor_id=actor.id,
            actor_role=actor.role,
            origin=actor.origin,
            action=action,
            subject=subject,
            result=result,
            reason=_shortened(reason),
            details=_plain(details or {}),
            previous_hash=head_hash(),
        )
        entry.hash = hash_of(entry)
        entry.save()
    return entry


def verify_chain(*, since: datetime | None = None) -> Entry | None:
    """The first entry that is not what was written, or whose forerunner is gone; None when the
    chain is whole. An end that was cut off shows only against a head hash kept elsewhere.

    With `since`, from the first entry made at or after it: what went before is believed.
    """
    entries = made_since(since)
    previous = _hash_before(entries.first()) if since else GENESIS
    for entry in entries.iterator():
        if entry.previous_hash != previous or entry.hash != hash_of(entry):
            return entry
        previous = entry.hash
    return None


def made_since(since: datetime | None) -> QuerySet[Entry]:
    """The entries from the first one made at or after `since`, in their order; all without it."""
    entries = Entry.objects.order_by("id")
    if since is None:
        return entries
    first = entries.filter(at__gte=since).first()
    return entries.filter(pk__gte=first.pk) if first else entries.none()


def head_hash() -> str:
    """The hash of the newest entry: to be kept outside, where the database's owner cannot go."""
    newest = Entry.objects.order_by("-id").values_list("hash", flat=True).first()
    return newest or GENESIS


def hash_of(entry: Entry) -> str:
    """SHA-256 over every field but the key and the hash itself, as canonical JSON."""
    said = [
        entry.previous_hash,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        str(entry.actor_role),
        entry.origin,
        str(entry.action),
        entry.subject,
        str(entry.result),
        entry.reason,
        entry.details,
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_before(entry: Entry | None) -> str:
    before = Entry.objects.filter(pk__lt=entry.pk).order_by("-id").first() if entry else None
    return before.hash if before else GENESIS


def _shortened(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH else reason[: REASON_LENGTH - 1] + "…"


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    """As the database will give it back, so that the hash can be computed again."""
    plain: dict[str, object] = json.loads(json.dumps(dict(details)), parse_float=_no_fraction)
    return plain


def _no_fraction(text: str) -> NoReturn:
    raise TypeError(f"Audit details: found {text}, expected whole numbers; give it as text.")
