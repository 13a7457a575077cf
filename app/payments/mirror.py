"""What Stripe's facts make of a payment, decided without the database."""

from __future__ import annotations

from dataclasses import dataclass

from payments.gateway import CheckoutSession, Intent, PagePayment, PageStatus
from payments.models import MOVES, PaymentStatus

# docs.stripe.com/payments/paymentintents/lifecycle. A failed attempt waits for another method.
OF_INTENT = {
    "requires_payment_method": PaymentStatus.CREATED,
    "requires_confirmation": PaymentStatus.CREATED,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "processing": PaymentStatus.PROCESSING,
    "requires_capture": PaymentStatus.PROCESSING,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
}


@dataclass(frozen=True)
class Mirror:
    """A payment's status and whole minor units captured, as Stripe's facts say."""

    status: PaymentStatus
    captured_pennies: int
    failure: str


def mirror(*, intent: Intent | None, session: CheckoutSession | None = None) -> Mirror:
    """The facts as a payment. Money counts only when the intent succeeded and, if the news came
    from a session, that session says `paid`: `complete` alone proves no payment."""
    if intent is None:
        expired = session is not None and session.status == PageStatus.EXPIRED
        return Mirror(PaymentStatus.CANCELED if expired else PaymentStatus.CREATED, 0, "")
    status = OF_INTENT[intent.status]
    if status != PaymentStatus.SUCCEEDED:
        return Mirror(status, 0, intent.failure)
    if session is not None and session.payment_status != PagePayment.PAID:
        return Mirror(PaymentStatus.PROCESSING, 0, "")
    return Mirror(status, intent.received_pennies, "")


def may_follow(current: PaymentStatus, seen: PaymentStatus) -> bool:
    """False for facts that were overtaken: they were fetched before what is recorded already."""
    return seen == current or seen in MOVES[current]
