"""Money that was never the shop's goes back without anybody asking: what arrives for an order that
was canceled, and the second payment of one order.

Note [Late money goes back once]: the refund's key is made of the payment's number and is unique,
so any number of runs at once ask once. An unknown outcome stays reserved and is followed up like
any other. A refund that came to nothing is not asked for again: the issue stays for a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import F

from core.actor import Actor
from core.clock import Clock
from core.refusal import Refused
from orders import services as orders
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments import gateway
from payments.models import Payment, PaymentStatus
from refunds import services
from refunds.models import Refund

_KEY = "late-money-payment-"
WHY_CANCELED = "The payment came for a canceled order; the policy gives it back."
WHY_SECOND = "The order was paid twice; the policy gives the second payment back."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How many refunds were asked for, and how many payments were left to the next run."""

    asked: int
    left: int


def due(*, since: datetime | None = None) -> list[Payment]:
    """Payments to give back, of those that succeeded at or after `since`; oldest first."""
    found = Payment.objects.select_related("order").filter(
        order__in=_suspects(), status=PaymentStatus.SUCCEEDED, disputed_pennies=0
    )
    if since:
        found = found.filter(succeeded_at__gte=since)
    holding = [one for one in found.order_by("succeeded_at", "id") if one.left_pennies]
    keys = [_key(payment) for payment in holding]
    asked = set(
        Refund.objects.filter(idempotency_key__in=keys).values_list("payment_id", flat=True)
    )
    return [payment for payment in holding if payment.pk not in asked and _why(payment)]


def give_back(*, payments: Iterable[Payment], by: Actor, clock: Clock) -> Outcome:
    """Ask for the refund of all that each payment holds. Each stands for itself and has its own
    time: what is refused or cannot be asked now is logged and left."""
    asked = left = 0
    for payment in payments:
        try:
            services.issue(
                order=payment.order,
                asked_pennies=payment.left_pennies,
                reason=_why(payment),
                by=by,
                now=clock(),
                key=_key(payment),
                choose=partial(_still_late, payment=payment),
            )
        except (Refused, gateway.GatewayError) as no:
            log.warning("payment %s: not given back: %s", payment.pk, no)
            left += 1
        else:
            asked += 1
    return Outcome(asked, left)


def is_own(refund: Refund) -> bool:
    """Whether the shop asked for this refund by itself."""
    return refund.idempotency_key.startswith(_KEY)


def _suspects() -> set[int]:
    """Orders that hold more than they should, by two small indexes made for this."""
    canceled = Order.objects.filter(
        status=OrderStatus.CANCELED, captured_pennies__gt=F("refunded_pennies")
    )
    paid_twice = Order.objects.filter(
        captured_pennies__gt=F("refunded_pennies") + F("total_pennies")
    )
    return {*canceled.values_list("pk", flat=True), *paid_twice.values_list("pk", flat=True)}


def _still_late(order: Order, *, payment: Payment) -> Payment:
    """The payment as it is now, if it still must go back. Holds the order and its payments until
    the reservation is written, so that nobody gives the other one back meanwhile."""
    orders.lock(order.pk)
    held = Payment.objects.select_for_update(of=("self",)).filter(order=order).order_by("pk")
    fresh = next(one for one in held if one.pk == payment.pk)
    if not _why(fresh):
        raise services.CannotRefund(
            f"Order {order.pk}: payment {payment.pk} is its only one now; nothing goes back."
        )
    return fresh


def _why(payment: Payment) -> str:
    """Why the payment goes back by itself; empty when it does not."""
    if payment.order.status == OrderStatus.CANCELED:
        return WHY_CANCELED
    return WHY_SECOND if services.came_second(payment) else ""


def _key(payment: Payment) -> str:
    return f"{_KEY}{payment.pk}"
