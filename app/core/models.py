from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q


class RunStatus(StrEnum):
    """How one run of a scheduled job went, or that it has not ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class JobRun(models.Model):
    """One attempt at a scheduled job. `said` is its last line, or why it failed.

    `due_at` is the moment the schedule named, or the one that somebody who started the job by
    hand asked for; empty when nobody named one. Only what a worker took up has a `job_id`.
    """

    name = models.CharField(max_length=60)
    job_id = models.BigIntegerField(null=True)
    attempt = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.CharField(
        max_length=10,
        choices=[(status.value, status.name.capitalize()) for status in RunStatus],
        default=RunStatus.RUNNING,
    )
    said = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["name", "-id"], name="job_run_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(RunStatus)), name="job_run_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=RunStatus.RUNNING, finished_at__isnull=True)
                | (~Q(status=RunStatus.RUNNING) & Q(finished_at__isnull=False)),
                name="job_run_finished_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, attempt {self.attempt}: {self.status}"


class Tally(models.Model):
    """How often somebody did something since a moment; see `core.limits`. The key names the limit
    and a person's key or the keyed hash of an address, never the address."""

    key = models.CharField(max_length=80, primary_key=True)
    began_at = models.DateTimeField(db_index=True)
    times = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.times}"
