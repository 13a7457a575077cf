from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.append_only import AppendOnly


class IssueStatus(StrEnum):
    """open → acknowledged (who, why, until when) → resolved; the same mismatch reopens it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Issue(models.Model):
    """One mismatch: one row for ever, found again each time it comes back."""

    fingerprint = models.CharField(max_length=200, unique=True)
    check_name = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    expected = models.CharField(max_length=300)
    actual = models.CharField(max_length=300)
    status = models.CharField(
        max_length=12,
        choices=[(status.value, status.name.capitalize()) for status in IssueStatus],
        default=IssueStatus.OPEN,
    )
    times_opened = models.PositiveIntegerField(default=1)
    times_seen = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_why = models.CharField(max_length=300, blank=True)
    acknowledged_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-last_seen_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(IssueStatus)), name="issue_status_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=IssueStatus.ACKNOWLEDGED)
                | (Q(acknowledged_until__isnull=False) & ~Q(acknowledged_why="")),
                name="issue_acknowledged_says_why_and_until",
            ),
            models.CheckConstraint(
                condition=Q(status=IssueStatus.RESOLVED, resolved_at__isnull=False)
                | (~Q(status=IssueStatus.RESOLVED) & Q(resolved_at__isnull=True)),
                name="issue_resolved_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.subject}"

    @property
    def times_reopened(self) -> int:
        """How often it came back after it had resolved."""
        return self.times_opened - 1


class CheckRun(models.Model):
    """One completed or failed execution of one check."""

    check_name = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    found = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.check_name} at {self.started_at:%Y-%m-%d %H:%M}"


class DrillOutcome(StrEnum):
    """Whether what came back was what had been saved."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RestoreDrill(models.Model):
    """One try at bringing a backup back into an empty database. Append-only by trigger."""

    performed_at = models.DateTimeField()
    backup_taken_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=10,
        choices=[(outcome.value, outcome.name.capitalize()) for outcome in DrillOutcome],
    )
    note = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["-performed_at"]
        triggers: ClassVar = [AppendOnly()]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=list(DrillOutcome)), name="drill_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(performed_at__gte=F("backup_taken_at")), name="drill_after_its_backup"
            ),
            models.UniqueConstraint(
                fields=["performed_at", "backup_taken_at"], name="drill_recorded_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Restore drill of {self.performed_at:%Y-%m-%d}: {self.outcome}"
