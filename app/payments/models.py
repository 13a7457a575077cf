from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from core.money import display
from orders import guards


class PaymentStatus(StrEnum):
    """Mirrors the PaymentIntent. A failed attempt is an attempt, not an end."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    # A failed attempt goes back to created. Money that arrives after we gave up is still money.
    PaymentStatus.CREATED: frozenset(PaymentStatus) - {PaymentStatus.CREATED},
    PaymentStatus.REQUIRES_ACTION: frozenset(PaymentStatus) - {PaymentStatus.REQUIRES_ACTION},
    PaymentStatus.PROCESSING: frozenset(PaymentStatus) - {PaymentStatus.PROCESSING},
    PaymentStatus.CANCELED: frozenset({PaymentStatus.SUCCEEDED}),
    PaymentStatus.SUCCEEDED: frozenset(),
}
LIVE = [PaymentStatus.CREATED, PaymentStatus.REQUIRES_ACTION, PaymentStatus.PROCESSING]


class Payment(models.Model):
    """One Checkout Session and its PaymentIntent. Amounts are whole minor units of `currency`.

    `pending_refund_pennies` is reserved by refunds that have been asked for and not settled.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    status = models.CharField(
        max_length=20,
        choices=[(status.value, status.name.capitalize()) for status in PaymentStatus],
        default=PaymentStatus.CREATED,
    )
    currency = models.CharField(max_length=3)
    amount_pennies = models.BigIntegerField()
    captured_pennies = models.BigIntegerField(default=0)
    refunded_pennies = models.BigIntegerField(default=0)
    pending_refund_pennies = models.BigIntegerField(default=0)
    disputed_pennies = models.BigIntegerField(default=0)
    idempotency_key = models.CharField(max_length=80, unique=True)
    stripe_session_id = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001
    stripe_intent_id = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001
    checkout_url = models.URLField(max_length=1000, blank=True)
    last_failure = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(PaymentStatus)), name="payment_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(captured_pennies__gte=0)
                & Q(refunded_pennies__gte=0)
                & Q(pending_refund_pennies__gte=0)
                & Q(disputed_pennies__gte=0),
                name="payment_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(captured_pennies__lte=F("amount_pennies")),
                name="payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(captured_pennies=0) | Q(status=PaymentStatus.SUCCEEDED),
                name="payment_captured_means_succeeded",
            ),
            models.CheckConstraint(
                condition=Q(
                    captured_pennies__gte=F("refunded_pennies") + F("pending_refund_pennies")
                ),
                name="payment_refunds_within_captured",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=LIVE), name="payment_one_live_per_order"
            ),
        ]
        triggers: ClassVar = [
            *guards.machine(
                thing="payment",
                first=PaymentStatus.CREATED,
                moves=[(source, target) for source in MOVES for target in sorted(MOVES[source])],
            ),
            guards.fixed(
                name="payment_terms_fixed",
                columns=["order_id", "currency", "amount_pennies", "idempotency_key"],
            ),
            guards.refuse(
                name="payment_currency_of_order",
                operation=pgtrigger.Insert,
                found=(
                    "NEW.currency IS DISTINCT FROM "
                    "(SELECT currency FROM orders_order WHERE id = NEW.order_id)"
                ),
                sentence="'payment: ' || NEW.currency || ' is not the currency of its order'",
            ),
        ]

    def __str__(self) -> str:
        return f"Payment {self.pk} of {display(self.amount_pennies, self.currency)}"

    @property
    def refundable_pennies(self) -> int:
        """What can still be given back: captured, less refunded, reserved and disputed."""
        return max(
            0,
            self.captured_pennies
            - self.refunded_pennies
            - self.pending_refund_pennies
            - self.disputed_pennies,
        )
