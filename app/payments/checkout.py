"""Stripe's hosted payment page for an order: one live payment, one page, one key."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import get_random_string

from core.actor import Actor
from core.refusal import Refused
from orders import services as orders
from orders.lifecycle import OrderStatus, Who
from orders.models import Order
from payments import gateway
from payments.mirror import mirror
from payments.models import LIVE, Payment, PaymentStatus

# Stripe keeps the answer to a key for at least 24 hours: docs.stripe.com/api/idempotent_requests
KEY_LIFE = timedelta(hours=23)
CLOCKS_APART = timedelta(minutes=10)


class CannotPay(Refused):
    """There is nothing to pay here, or not yet; the sentence says why."""


def start_checkout(*, order: Order, by: Actor, now: datetime) -> Payment:
    """The order's live payment, with the address of its open payment page.

    Its key is committed before Stripe is asked and no transaction is open while it is. Raises
    CannotPay with a sentence, or gateway.Unknown: the next call then asks with the same key.
    """
    payment = _live_payment(order.pk, by=by, now=now)
    page = page_of(payment, now=now)
    if is_over(page):
        give_up(payment)
        payment = _live_payment(order.pk, by=by, now=now)
        page = page_of(payment, now=now)
    if page is None or page.status != gateway.PageStatus.OPEN:
        raise CannotPay(
            f"Order {order.pk}: its payment page is {page.status if page else 'gone'}; "
            "wait a minute for Stripe's confirmation."
        )
    return _record_page(payment, page)


def page_of(payment: Payment, *, now: datetime) -> gateway.CheckoutSession | None:
    """The payment's page as it is now. One whose making had no certain outcome is asked for
    again with the same key; after the key's life it is looked up and never asked for again."""
    if payment.stripe_session_id:
        return gateway.retrieve_session(payment.stripe_session_id)
    if now - payment.created_at > KEY_LIFE:
        return gateway.find_session(
            key=payment.idempotency_key, since=payment.created_at - CLOCKS_APART
        )
    try:
        return gateway.create_checkout_session(_new_session(payment))
    except gateway.Rejected as no:
        give_up(payment, failure=str(no))
        raise CannotPay(
            f"Order {payment.order_id}: Stripe made no payment page ({no}); please tell us."
        ) from no


def is_over(page: gateway.CheckoutSession | None) -> bool:
    """Whether nobody can pay on this page any more and no money of it is on its way: it was never
    made, it expired, or a bank refused days later. Then it stays complete, and Stripe closes
    neither page nor intent: docs.stripe.com/api/payment_intents/cancel"""
    if page is None or page.status == gateway.PageStatus.EXPIRED:
        return True
    told = (page.status, page.payment_status)
    if told != (gateway.PageStatus.COMPLETE, gateway.PagePayment.UNPAID):
        return False
    seen = mirror(intent=gateway.retrieve_intent(page.intent_id))
    return seen.status in (PaymentStatus.CREATED, PaymentStatus.CANCELED)


def give_up(payment: Payment, *, failure: str = "") -> None:
    """The payment's page can never be paid, so the order may have another payment."""
    Payment.objects.filter(pk=payment.pk, status__in=LIVE).update(
        status=PaymentStatus.CANCELED, last_failure=failure[:120]
    )


def _live_payment(order_id: int, *, by: Actor, now: datetime) -> Payment:
    """The order's live payment, a new one when there is none; committed on return."""
    with transaction.atomic(durable=True):
        order = orders.lock(order_id)
        if by.role == Who.CUSTOMER and by.id != order.customer_id:
            raise CannotPay(f"Order {order.pk}: not yours; only the person who placed it can pay.")
        if order.status != OrderStatus.PENDING:
            raise CannotPay(f"Order {order.pk}: {order.status}, expected pending; nothing to pay.")
        live = Payment.objects.filter(order=order, status__in=LIVE).first()
        if live and live.status == PaymentStatus.PROCESSING:
            raise CannotPay(f"Order {order.pk}: a payment is being processed; wait for it.")
        return live or Payment.objects.create(
            order=order,
            currency=order.currency,
            amount_pennies=order.total_pennies,
            idempotency_key=f"checkout-{get_random_string(32)}",
            created_at=now,
        )


def _new_session(payment: Payment) -> gateway.NewSession:
    order = payment.order
    return gateway.NewSession(
        key=payment.idempotency_key,
        order_id=order.pk,
        currency=order.currency,
        lines=tuple(
            gateway.Line(line.name, line.unit_pennies, line.quantity) for line in order.lines.all()
        ),
        success_url=settings.SHOP_ADDRESS + reverse("orders:returned", args=[order.pk]),
        cancel_url=settings.SHOP_ADDRESS + reverse("orders:detail", args=[order.pk]),
    )


def _record_page(payment: Payment, page: gateway.CheckoutSession) -> Payment:
    recorded = Payment.objects.filter(pk=payment.pk, status__in=LIVE).update(
        stripe_session_id=page.id, checkout_url=page.url
    )
    if not recorded:
        raise CannotPay(f"Order {payment.order_id}: canceled meanwhile; nothing to pay.")
    payment.refresh_from_db()
    return payment
