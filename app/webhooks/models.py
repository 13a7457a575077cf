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
    # Asked for by pull_stripe_events: then its version is the account's, not the endpoint's.
    is_pulled = models.BooleanField(default=False, db_default=False)
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


class Kind(StrEnum):
    """The objects that shop and Stripe must agree on, by Stripe's own names, and its endpoints."""

    SESSION = "checkout.session"
    INTENT = "payment_intent"
    REFUND = "refund"
    DISPUTE = "dispute"
    SUBSCRIPTION = "subscription"
    ENDPOINT = "webhook_endpoint"


# Written when Stripe knows no object that it should know.
MISSING = "missing"


class StripeRecord(models.Model):
    """What Stripe last said about one object, for the checks to compare with. `said_at` is the
    database's clock just before Stripe was asked; amounts are whole minor units of `currency`.

    Rows come from reconcile_stripe only; whatever is heard later about an object with a row is
    written there as well, in the transaction that writes it to the shop.
    """

    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    stripe_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=40)
    currency = models.CharField(max_length=3, blank=True)
    amount_pennies = models.BigIntegerField(default=0)
    intent_id = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=120, blank=True)
    # What a subscription is made of, or the version and address of an endpoint.
    terms = models.TextField(blank=True)
    ends_at = models.DateTimeField(null=True)
    said_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="record_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.status}"


class Reconciliation(models.Model):
    """One run of reconcile_stripe that read all it wanted: from when on, and what came of it."""

    since = models.DateTimeField()
    said_at = models.DateTimeField()
    looked_at = models.PositiveIntegerField()
    differed = models.PositiveIntegerField()
    mended = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"Reconciliation {self.pk}"
