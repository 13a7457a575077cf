"""Orders that nobody paid do not stay open for ever."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actor import Actor
from core.clock import Clock
from core.refusal import Refused
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments import gateway, services
from payments.models import PaymentStatus

# A payment page lives for one day; whoever comes back within the week can still pay.
UNPAID_DAYS = 7
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How many orders were canceled, and how many could not be: the next run tries again."""

    canceled: int
    left: int


def cancel_abandoned(*, by: Actor, clock: Clock, since: datetime | None = None) -> Outcome:
    """Cancel every pending order that was placed more than a week ago (and at or after `since`)
    and has no payment under way. Each stands for itself and has its own time, for Stripe is asked
    for each; again, nothing changes."""
    canceled = left = 0
    for order in _abandoned(now=clock(), since=since):
        try:
            services.cancel(
                order=order, by=by, reason=f"not paid within {UNPAID_DAYS} days", now=clock()
            )
        except (Refused, gateway.GatewayError) as no:
            log.warning("order %s: not canceled: %s", order.pk, no)
            left += 1
        else:
            canceled += 1
    return Outcome(canceled, left)


def _abandoned(*, now: datetime, since: datetime | None) -> list[Order]:
    """Oldest first. A payment that a bank works on may still succeed, so its order waits."""
    paying = {PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED}
    found = Order.objects.filter(
        status=OrderStatus.PENDING, placed_at__lt=now - timedelta(days=UNPAID_DAYS)
    ).exclude(payments__status__in=paying)
    if since:
        found = found.filter(placed_at__gte=since)
    return list(found.order_by("pk"))
