"""From a plan to Stripe's page that sells it: one open page for a customer and a plan, one key."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.models import User
from core.refusal import Refused
from payments import gateway
from payments.checkout import CLOCKS_APART, KEY_LIFE
from payments.services import Disagrees
from subscriptions.models import Plan, Start, StartStatus, Subscription
from subscriptions.words import ENDED, UNPAID_AT_FIRST


class CannotStart(Refused):
    """This subscription is not for sale to this customer, or not now; the sentence says why."""


def start(*, plan: Plan, customer: User, now: datetime) -> Start:
    """The customer's wish for the plan, with the address of its open page at Stripe.

    Its key is committed before Stripe is asked and no transaction is open while it is. Raises
    CannotStart with a sentence, or gateway.Unknown: the next call then asks with the same key.
    """
    price_id = publish(plan)
    wish = _open_start(plan, customer, now=now)
    page = _page_of(wish, price_id, now=now)
    if page is None or page.status == gateway.PageStatus.EXPIRED:
        _end(wish, StartStatus.EXPIRED)
        wish = _open_start(plan, customer, now=now)
        page = _page_of(wish, price_id, now=now)
    if page is None or page.status != gateway.PageStatus.OPEN:
        raise CannotStart(
            f"{plan.name}: its page is {page.status if page else 'gone'}; wait a minute for "
            "Stripe's confirmation."
        )
    Start.objects.filter(pk=wish.pk).update(stripe_session_id=page.id, checkout_url=page.url)
    wish.refresh_from_db()
    return wish


def publish(plan: Plan) -> str:
    """The id of the plan's price at Stripe, made there when there is none yet.

    Found again by its lookup key, so that no loss of an answer makes a second price. Raises
    Disagrees when Stripe's price is another.
    """
    if plan.stripe_price_id:
        return plan.stripe_price_id
    wanted = gateway.NewPrice(
        lookup_key=f"plan-{plan.slug}",
        name=plan.name,
        currency=plan.currency,
        unit_pennies=plan.price_pennies,
        interval=plan.interval,
        interval_count=plan.interval_count,
    )
    price = gateway.find_price(lookup_key=wanted.lookup_key) or gateway.create_price(wanted)
    told = (price.currency, price.unit, price.interval, price.interval_count)
    expected = (plan.currency, Fraction(plan.price_pennies), plan.interval, plan.interval_count)
    if told != expected:
        raise Disagrees(
            f"Plan {plan.slug}: Stripe's price {price.id} is another one; look at both."
        )
    Plan.objects.filter(pk=plan.pk).update(stripe_price_id=price.id)
    plan.stripe_price_id = price.id
    return price.id


def sold_by(session: gateway.CheckoutSession) -> bool:
    """Whether a customer's wish for a plan was shown on this page, so that it pays no order."""
    return bool(session.key) and Start.objects.filter(idempotency_key=session.key).exists()


def close(*, session: gateway.CheckoutSession) -> None:
    """Let the customer have another page once Stripe closed this one unsold."""
    if session.status == gateway.PageStatus.EXPIRED:
        wishes = Start.objects.filter(idempotency_key=session.key, status=StartStatus.OPEN)
        wishes.update(status=StartStatus.EXPIRED)


def _open_start(plan: Plan, customer: User, *, now: datetime) -> Start:
    """The customer's open wish for the plan, a new one when there is none; committed on return."""
    with transaction.atomic(durable=True):
        # Held, so that a form sent twice at once makes one wish.
        User.objects.select_for_update().get(pk=customer.pk)
        if not Plan.objects.filter(pk=plan.pk, is_on_sale=True).exists():
            raise CannotStart(f"{plan.name}: no longer for sale; choose another.")
        own = Subscription.objects.filter(customer=customer)
        if own.exclude(status__in=ENDED | UNPAID_AT_FIRST).filter(
            items__stripe_price_id=plan.stripe_price_id
        ):
            raise CannotStart(f"{plan.name}: you have it already; see My subscriptions.")
        wish = Start.objects.filter(plan=plan, customer=customer, status=StartStatus.OPEN).first()
        last = own.order_by("-id").first()
        return wish or Start.objects.create(
            plan=plan,
            customer=customer,
            idempotency_key=f"start-{get_random_string(32)}",
            stripe_customer_id=last.stripe_customer_id if last else "",
            created_at=now,
        )


def _page_of(wish: Start, price_id: str, *, now: datetime) -> gateway.CheckoutSession | None:
    """The wish's page as it is now. One whose making had no certain outcome is asked for again
    with the same key; after the key's life it is looked up and never asked for again."""
    if wish.stripe_session_id:
        return gateway.retrieve_session(wish.stripe_session_id)
    if now - wish.created_at > KEY_LIFE:
        return gateway.find_session(key=wish.idempotency_key, since=wish.created_at - CLOCKS_APART)
    mine = settings.SHOP_ADDRESS + reverse("subscriptions:mine")
    try:
        return gateway.create_subscription_session(
            gateway.NewSubscriptionSession(
                key=wish.idempotency_key,
                price_id=price_id,
                customer_id=wish.stripe_customer_id,
                success_url=mine,
                cancel_url=mine,
            )
        )
    except gateway.Rejected as no:
        _end(wish, StartStatus.EXPIRED)
        raise CannotStart(
            f"{wish.plan.name}: Stripe made no page for it ({no}); please tell us."
        ) from no


def _end(wish: Start, status: StartStatus) -> None:
    Start.objects.filter(pk=wish.pk, status=StartStatus.OPEN).update(status=status)
