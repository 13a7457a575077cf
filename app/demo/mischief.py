"""What goes wrong in the demo on purpose, for somebody to see the shop notice."""

from __future__ import annotations

from django.db.models import F

from core.money import display
from core.refusal import Refused
from demo import twin
from payments.models import Payment
from webhooks import backoff
from webhooks.models import EventStatus, StripeEvent

SPOILED_PENNIES = 100


class NothingToSpoil(Refused):
    """The shop holds no row of the kind that this needs."""


def repeat_webhook() -> str:
    """Have Stripe send the newest event of a paid checkout once more; what was done."""
    event = (
        StripeEvent.objects.filter(type="checkout.session.completed", status=EventStatus.PROCESSED)
        .order_by("-pk")
        .first()
    )
    if event is None:
        raise NothingToSpoil("Webhook: no paid checkout arrived yet; buy something first.")
    twin.deliver(event.stripe_id)
    held = StripeEvent.objects.filter(stripe_id=event.stripe_id).count()
    times = "once" if held == 1 else f"{held} times"
    return f"webhook  {event.stripe_id} arrived once more; the inbox holds it {times}"


def spoil_refund() -> str:
    """Reserve money for a refund that nobody asked for, behind the shop's back."""
    payment = (
        Payment.objects.filter(
            refunded_pennies__gt=0,
            captured_pennies__gte=F("refunded_pennies")
            + F("pending_refund_pennies")
            + SPOILED_PENNIES,
        )
        .order_by("-pk")
        .first()
    )
    if payment is None:
        raise NothingToSpoil("Refund: no payment is partly refunded; refund a part of one first.")
    Payment.objects.filter(pk=payment.pk).update(
        pending_refund_pennies=F("pending_refund_pennies") + SPOILED_PENNIES
    )
    amount = display(SPOILED_PENNIES, payment.currency)
    return f"payment {payment.pk}  {amount} is now reserved for a refund that does not exist"


def give_up_on_webhook() -> str:
    """Have the newest event dead, as after a day on which Stripe did not answer the worker."""
    event = StripeEvent.objects.filter(status=EventStatus.PROCESSED).order_by("-pk").first()
    if event is None:
        raise NothingToSpoil("Webhook: no event was worked on yet; buy something first.")
    error = "Unknown: Stripe: APIConnectionError, no answer"
    StripeEvent.objects.filter(pk=event.pk).update(
        status=EventStatus.DEAD, attempts=backoff.MOST_ATTEMPTS, last_error=error
    )
    return f"webhook  {event.stripe_id} is dead after {backoff.MOST_ATTEMPTS} attempts"
