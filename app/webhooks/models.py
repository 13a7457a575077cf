from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q


class EventStatus(StrEnum):
    """Where an event stands in the inbox."""

    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"
    DEAD = "dead"


WAITING = [EventStatus.RECEIVED, EventStatus.FAILED]


class StripeEvent(models.Model):
    """One event as Stripe sent it, kept whole. `created_at` is Stripe's clock."""

    stripe_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=80)
    api_version = models.CharField(max_length=40, blank=True)
    livemode = models.BooleanField()
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=120)
    payload = models.JSONField()
    status = models.CharField(
        max_length=10,
        choices=[(status.value, status.name.capitalize()) for status in EventStatus],
        default=EventStatus.RECEIVED,
    )
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=WAITING),
                name="event_waiting",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(EventStatus)), name="event_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
