from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from core.money import display
from orders import guards


class RefundStatus(StrEnum):
    """`requested` is ours; the rest mirror Stripe, where succeeded can still become failed."""

    REQUESTED = "requested"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


_ENDS = frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.CANCELED})
MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: _ENDS | {RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION},
    RefundStatus.PENDING: _ENDS | {RefundStatus.REQUIRES_ACTION},
    RefundStatus.REQUIRES_ACTION: _ENDS | {RefundStatus.PENDING},
    # Stripe does this: the customer's bank sends the money back.
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
    RefundStatus.CANCELED: frozenset(),
}
RESERVED = [RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]

# A refund that came to nothing claims no money.
UNDONE = f"('{RefundStatus.FAILED}', '{RefundStatus.CANCELED}')"
# The reservation on the payment comes first, so the rows can be held against it as well.
REFUNDS_EXCEED_PAYMENT = f"""NEW.status NOT IN {UNDONE} AND (
    SELECT NEW.amount_pennies + COALESCE(SUM(amount_pennies), 0) FROM refunds_refund
    WHERE payment_id = NEW.payment_id AND status NOT IN {UNDONE}
) > (SELECT captured_pennies FROM payments_payment WHERE id = NEW.payment_id)"""  # noqa: S608

# One that Stripe already made is a fact and is recorded whatever else is true.
DISPUTE_STOPS_REFUND = """NEW.stripe_refund_id IS NULL AND EXISTS (
    SELECT 1 FROM payments_payment WHERE id = NEW.payment_id AND disputed_pennies > 0
)"""


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
    # When it first succeeded; it stays although the refund fails later and `settled_at` moves.
    succeeded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["succeeded_at"], name="refund_by_success"),
            models.Index(fields=["settled_at"], name="refund_by_end"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(RefundStatus)), name="refund_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_pennies__gt=0), name="refund_amount_is_positive"
            ),
        ]
        triggers: ClassVar = [
            # One made at Stripe that came to nothing before the shop heard of it is recorded as it
            # ended: the shop may have refunded the same money since.
            guards.refuse(
                name="refund_starts_as_requested",
                operation=pgtrigger.Insert,
                found=(
                    f"NEW.status IS DISTINCT FROM '{RefundStatus.REQUESTED}' AND NOT "
                    f"(NEW.stripe_refund_id IS NOT NULL AND NEW.status IN {UNDONE})"
                ),
                sentence="'refund starts as ' || NEW.status || '; it must start as requested'",
            ),
            guards.refuse(
                name="refund_not_while_disputed",
                operation=pgtrigger.Insert,
                found=DISPUTE_STOPS_REFUND,
                sentence="'refund: the payment is disputed'",
            ),
            guards.legal_moves(
                thing="refund",
                moves=[(source, target) for source in MOVES for target in sorted(MOVES[source])],
            ),
            guards.fixed(
                name="refund_terms_fixed",
                columns=["payment_id", "currency", "amount_pennies", "idempotency_key"],
            ),
            guards.refuse(
                name="refund_success_stays_known",
                operation=pgtrigger.Update,
                found=(
                    "(OLD.succeeded_at IS NOT NULL "
                    "AND NEW.succeeded_at IS DISTINCT FROM OLD.succeeded_at)"
                ),
                sentence="'refund ' || OLD.id || ': when it succeeded never changes'",
            ),
            guards.refuse(
                name="refund_success_has_its_time",
                operation=pgtrigger.Update,
                found=(f"(NEW.status = '{RefundStatus.SUCCEEDED}' AND NEW.succeeded_at IS NULL)"),
                sentence="'refund ' || OLD.id || ': succeeded, and nothing says when'",
            ),
            guards.refuse(
                name="refund_currency_of_payment",
                operation=pgtrigger.Insert,
                found=(
                    "NEW.currency IS DISTINCT FROM "
                    "(SELECT currency FROM payments_payment WHERE id = NEW.payment_id)"
                ),
                sentence="'refund: ' || NEW.currency || ' is not the currency of its payment'",
            ),
            guards.refuse(
                name="refund_within_payment",
                operation=pgtrigger.Insert,
                found=REFUNDS_EXCEED_PAYMENT,
                sentence="'refund: the payment holds less than its refunds add up to'",
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.pk} of {display(self.amount_pennies, self.currency)}"
