"""Everything an order's page shows and offers, decided here so that templates decide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from accounts.access import may
from accounts.models import User
from accounts.roles import Permission, Role
from core.money import display
from orders.lifecycle import OrderStatus
from orders.models import Order, OrderLine, OrderTransition
from payments import next_step
from payments.models import LIVE, Dispute, Payment, PaymentStatus
from refunds import late_money, services
from refunds.models import Refund


@dataclass(frozen=True)
class Step:
    """One line of the history: what became of the order, who did it, why, when."""

    words: str
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ShownPayment:
    """A payment, how much of it could go back now, and the sentence why not all that is left of
    it, empty when it could."""

    payment: Payment
    refundable_pennies: int
    why_not: str


@dataclass(frozen=True)
class OrderPage:
    """An order as one person sees it. The `may_` fields say which buttons there are; the payments
    are for staff."""

    order: Order
    lines: list[OrderLine]
    steps: list[Step]
    next_step: str
    payments: Sequence[ShownPayment] = ()
    may_pay: bool = False
    may_cancel: bool = False
    may_fulfil: bool = False
    may_refund: bool = False


def for_customer(*, order_id: int, customer: User) -> OrderPage:
    """The customer's own order; Http404 for anybody else's."""
    order = _fetch(order_id, customer_id=customer.pk)
    payments = list(order.payments.all())
    open_to_change = order.status == OrderStatus.PENDING and not _processing(payments)
    return OrderPage(
        order=order,
        lines=list(order.lines.all()),
        steps=_in_order(
            [_moved(move, _who_for_customer(move)) for move in order.history.all()],
            [_refunded(refund, _asked_by(refund), reason="") for refund in _refunds(payments)],
        ),
        next_step=next_step.for_customer(order, payments, _disputes(payments)),
        may_pay=open_to_change,
        may_cancel=open_to_change,
    )


def for_staff(*, order_id: int, viewer: User, now: datetime) -> OrderPage:
    """Any order; Http404 when there is none."""
    order = _fetch(order_id)
    payments = list(order.payments.all())
    shown = [_shown(payment, now) for payment in payments]
    history = list(order.history.all())
    refunds = _refunds(payments)
    names = _names(
        [move.actor_id for move in history] + [refund.requested_by_id for refund in refunds]
    )
    pending = order.status == OrderStatus.PENDING
    disputes = _disputes(payments)
    return OrderPage(
        order=order,
        lines=list(order.lines.all()),
        payments=shown,
        steps=_in_order(
            [_moved(move, _who_for_staff(move, names)) for move in history],
            [
                _refunded(refund, _name(refund.requested_by_id, names), reason=refund.reason)
                for refund in refunds
            ],
        ),
        next_step=next_step.for_staff(order, payments, disputes),
        may_cancel=pending and not _processing(payments) and may(viewer, Permission.ORDER_CANCEL),
        may_fulfil=order.status == OrderStatus.PAID
        and next_step.may_be_sent(payments, disputes)
        and may(viewer, Permission.ORDER_FULFIL),
        may_refund=any(one.refundable_pennies for one in shown)
        and may(viewer, Permission.REFUND_ISSUE),
    )


def _fetch(order_id: int, **own: int) -> Order:
    wanted = Order.objects.select_related("customer").prefetch_related(
        "lines", "payments__refunds", "payments__disputes", "history"
    )
    try:
        return wanted.get(pk=order_id, **own)
    except Order.DoesNotExist:
        raise Http404(f"Order {order_id}: not found.") from None


def _processing(payments: Iterable[Payment]) -> bool:
    return any(
        payment.status == PaymentStatus.PROCESSING for payment in payments if payment.status in LIVE
    )


def _refunds(payments: Iterable[Payment]) -> list[Refund]:
    return [refund for payment in payments for refund in payment.refunds.all()]


def _disputes(payments: Iterable[Payment]) -> list[Dispute]:
    return [dispute for payment in payments for dispute in payment.disputes.all()]


def _shown(payment: Payment, now: datetime) -> ShownPayment:
    answer = services.assess_payment(payment=payment, now=now)
    why_not = answer.refused if payment.left_pennies else None
    return ShownPayment(payment, answer.refundable_pennies, why_not or "")


def _in_order(moves: list[Step], refunds: list[Step]) -> list[Step]:
    """By time; what was asked at the moment of a move came before it."""
    return sorted([*refunds, *moves], key=lambda step: step.at)


def _moved(move: OrderTransition, who: str) -> Step:
    if not move.source:
        return Step(words="Placed", who=who, reason="", at=move.at)
    return Step(words=move.get_target_display(), who=who, reason=move.reason, at=move.at)


def _refunded(refund: Refund, who: str, *, reason: str) -> Step:
    amount = display(refund.amount_pennies, refund.currency)
    words = f"Refund of {amount}, {refund.status.replace('_', ' ')}"
    return Step(words=words, who=who, reason=reason, at=refund.requested_at)


def _who_for_customer(move: OrderTransition) -> str:
    if move.actor_id is None:
        return "the shop's system"
    return "you" if move.actor_role == Role.CUSTOMER else "the shop's staff"


def _who_for_staff(move: OrderTransition, names: dict[int, str]) -> str:
    if move.actor_id is None:
        return "system"
    return f"{_name(move.actor_id, names)} ({move.actor_role})"


def _asked_by(refund: Refund) -> str:
    return "the shop's system" if late_money.is_own(refund) else "the shop's staff"


def _name(key: int | None, names: dict[int, str]) -> str:
    return "system" if key is None else names.get(key, f"person {key}")


def _names(keys: Iterable[int | None]) -> dict[int, str]:
    wanted = {key for key in keys if key is not None}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "username"))
