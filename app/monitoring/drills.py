"""Restore drills: a backup counts once it was seen to come back, so each try is written down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused
from monitoring.models import DrillOutcome, RestoreDrill

LONGEST_NOTE = 300


class CannotRecord(Refused):
    """What was said about the drill cannot be; the sentence says what."""


def record(
    *,
    backup_taken_at: datetime,
    performed_at: datetime,
    outcome: DrillOutcome,
    note: str,
    by: Actor,
    now: datetime,
) -> RestoreDrill:
    """The drill, on record and audited. The same drill again gives the row that there is.

    `note` says what was compared after the restore, or what went wrong. Raises CannotRecord.
    """
    note = note.strip()
    _check(backup_taken_at=backup_taken_at, performed_at=performed_at, note=note, now=now)
    with transaction.atomic():
        drill, is_new = RestoreDrill.objects.get_or_create(
            performed_at=performed_at,
            backup_taken_at=backup_taken_at,
            defaults={"outcome": outcome, "note": note},
        )
        if not is_new and (drill.outcome, drill.note) != (outcome, note):
            raise CannotRecord(
                f"Restore drill {performed_at:%Y-%m-%d %H:%M}: on record as {drill.outcome} "
                f"({drill.note}); a drill is never rewritten, record another one."
            )
        if is_new:
            audit.record(
                actor=by,
                action=Action.RESTORE_DRILL,
                subject=f"restore-drill:{drill.pk}",
                result=Result.DONE if outcome == DrillOutcome.SUCCEEDED else Result.FAILED,
                reason=note,
                details={"backup_taken_at": backup_taken_at.isoformat()},
                now=now,
            )
    return drill


def _check(*, backup_taken_at: datetime, performed_at: datetime, note: str, now: datetime) -> None:
    if not backup_taken_at <= performed_at <= now:
        raise CannotRecord(
            f"Restore drill: backup of {backup_taken_at:%Y-%m-%d %H:%M}, restored "
            f"{performed_at:%Y-%m-%d %H:%M}, expected the backup first and neither in the future."
        )
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise CannotRecord(
            f"Restore drill: a note of {len(note)} characters, expected 1 to {LONGEST_NOTE}; "
            "say what was compared, or what went wrong."
        )
