from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.money import display


class RefundStatus(StrEnum):
    """`requested` is ours; the rest mirror Stripe, where succeeded can still become failed."""

    REQUESTED = "requested"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


RESERVED = [RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]


class Refund(models.Model):
    """Money on its way back to a customer. The amount is in whole minor units of `currency`."""

    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="refunds"
    )
    status = models.CharField(
        max_length=20,
        choices=[(status.value, status.name.capitalize()) for status in RefundStatus],
        default=RefundStatus.REQUESTED,
    )
    currency = models.CharField(max_length=3)
    amount_pennies = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    requested_by_id = models.BigIntegerField(null=True)
    idempotency_key = models.CharField(max_length=80, unique=True)
    stripe_refund_id = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001
    failure = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(RefundStatus)), name="refund_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_pennies__gt=0), name="refund_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.pk} of {display(self.amount_pennies, self.currency)}"
