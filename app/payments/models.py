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


class DisputeStatus(StrEnum):
    """Mirrors Stripe's dispute. A warning is an inquiry: the bank asks and has taken nothing."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"


_CHARGED_BACK = frozenset({DisputeStatus.UNDER_REVIEW, DisputeStatus.WON, DisputeStatus.LOST})
# What can be seen next, not only what comes next: the shop reads a dispute as it is when an event
# makes it look, so steps in between may go unseen. Nothing here leads back.
DISPUTE_MOVES: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: frozenset(DisputeStatus)
    - {DisputeStatus.WARNING_NEEDS_RESPONSE},
    DisputeStatus.WARNING_UNDER_REVIEW: _CHARGED_BACK
    | {DisputeStatus.WARNING_CLOSED, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.PREVENTED},
    # A bank may still charge back after its inquiry ran out.
    DisputeStatus.WARNING_CLOSED: _CHARGED_BACK | {DisputeStatus.NEEDS_RESPONSE},
    DisputeStatus.NEEDS_RESPONSE: _CHARGED_BACK,
    DisputeStatus.UNDER_REVIEW: frozenset({DisputeStatus.WON, DisputeStatus.LOST}),
    # The customer may withdraw it afterwards; then Stripe reinstates the money.
    DisputeStatus.LOST: frozenset({DisputeStatus.WON}),
    DisputeStatus.WON: frozenset(),
    DisputeStatus.PREVENTED: frozenset(),
}
# The bank waits for the shop's answer; without one the money is lost.
UNANSWERED = [DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE]
OPEN_DISPUTE = [
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.WARNING_UNDER_REVIEW,
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
]
# The bank has the money: withdrawn until it decides, or for good.
TAKEN_BY_DISPUTE = [
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.LOST,
    DisputeStatus.PREVENTED,
]
LIVE = [PaymentStatus.CREATED, PaymentStatus.REQUIRES_ACTION, PaymentStatus.PROCESSING]


class Payment(models.Model):
    """One Checkout Session and its PaymentIntent. Amounts are whole minor units of `currency`.

    `pending_refund_pennies` is reserved by refunds that have been asked for and not settled,
    `disputed_pennies` is what banks took back in disputes that are not won.
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
        indexes: ClassVar = [models.Index(fields=["succeeded_at"], name="payment_by_success")]
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
                name="payment_success_stays_known",
                operation=pgtrigger.Update,
                found=(
                    "(OLD.succeeded_at IS NOT NULL "
                    "AND NEW.succeeded_at IS DISTINCT FROM OLD.succeeded_at)"
                ),
                sentence="'payment ' || OLD.id || ': when it succeeded never changes'",
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
    def left_pennies(self) -> int:
        """Captured, less refunded, reserved and disputed. How much of that can be refunded now says
        the policy: see refunds.policy."""
        return max(
            0,
            self.captured_pennies
            - self.refunded_pennies
            - self.pending_refund_pennies
            - self.disputed_pennies,
        )

    @property
    def is_taken_back(self) -> bool:
        """Banks took it back in disputes, and what they left went back in refunds."""
        return self.disputed_pennies > 0 and self.left_pennies == 0


class Dispute(models.Model):
    """A buyer's bank takes a payment back, or asks about it. Whole minor units of `currency`.

    It may be more than what is left of the payment: banks take back what was refunded, too.
    `opened_at` and `respond_by` are Stripe's; `closed_at` is when the shop learned of the end.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    stripe_dispute_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(
        max_length=24,
        choices=[(status.value, status.value.replace("_", " ")) for status in DisputeStatus],
    )
    currency = models.CharField(max_length=3)
    amount_pennies = models.BigIntegerField()
    reason = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(DisputeStatus)), name="dispute_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_pennies__gt=0), name="dispute_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_DISPUTE, closed_at__isnull=True)
                | (~Q(status__in=OPEN_DISPUTE) & Q(closed_at__isnull=False)),
                name="dispute_closed_has_its_time",
            ),
        ]
        triggers: ClassVar = [
            guards.legal_moves(
                thing="dispute",
                moves=[
                    (source, target)
                    for source in DISPUTE_MOVES
                    for target in sorted(DISPUTE_MOVES[source])
                ],
            ),
            guards.fixed(
                name="dispute_terms_fixed",
                columns=["payment_id", "stripe_dispute_id", "currency", "opened_at"],
            ),
            guards.refuse(
                name="dispute_currency_of_payment",
                operation=pgtrigger.Insert,
                found=(
                    "NEW.currency IS DISTINCT FROM "
                    "(SELECT currency FROM payments_payment WHERE id = NEW.payment_id)"
                ),
                sentence="'dispute: ' || NEW.currency || ' is not the currency of its payment'",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk} of {display(self.amount_pennies, self.currency)}"

    @property
    def is_open(self) -> bool:
        """The bank has not decided yet."""
        return self.status in OPEN_DISPUTE
