"""The demo's customer subscribes, and months pass: the page, the card, Stripe's dashboard, the
worker, each at its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from core.actor import Actor
from demo import twin
from demo.subscribing import SOLD, Sold, Step, Turn
from subscriptions import ending, starting
from subscriptions import services as subscriptions
from subscriptions.models import Plan, Subscription

Moment = tuple[datetime, Callable[[datetime], None]]
LOSES_MONEY = "pm_card_chargeCustomerFail"


def add_plan(sold: Sold) -> bool:
    """Put the plan on sale; False when it was there."""
    _, added = Plan.objects.get_or_create(
        slug=sold.slug,
        defaults={
            "name": sold.name,
            "description": sold.description,
            "price_pennies": sold.price_pennies,
            "currency": settings.SHOP_CURRENCY,
            "interval": sold.interval,
        },
    )
    return added


def moments(*, customer: User, by: Actor, now: datetime) -> Iterator[Moment]:
    """What is to happen, and when; acts of one subscription come in their order."""
    for sold in SOLD:
        story = _Story(sold, customer, by)
        yield now - sold.ago, story.subscribe
        for step in sold.steps:
            yield now - step.ago, story.turn(step)


class _Story:
    """One subscription from its page on."""

    def __init__(self, sold: Sold, customer: User, by: Actor) -> None:
        self._sold, self._customer, self._by = sold, customer, by
        self._id = ""

    def subscribe(self, at: datetime) -> None:
        plan = Plan.objects.get(slug=self._sold.slug)
        wish = starting.start(plan=plan, customer=self._customer, now=at)
        twin.pay(wish.stripe_session_id or "")
        self._id = twin.subscription_of(wish.stripe_session_id or "")
        if not any(step.turn == Turn.FREE_WEEKS for step in self._sold.steps):
            self._news(at)

    def turn(self, step: Step) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            self._take(step, at)

        return act

    def _take(self, step: Step, at: datetime) -> None:
        match step.turn:
            case Turn.MORE:
                twin.change_quantity(self._id, step.amount)
            case Turn.COUPON:
                coupon = twin.make_coupon(percent_off=step.amount)
                twin.change_subscription(self._id, {"discounts[0][coupon]": coupon})
            case Turn.DYING_CARD:
                customer = Subscription.objects.get(stripe_subscription_id=self._id)
                card = twin.keep_card(LOSES_MONEY, customer=customer.stripe_customer_id)
                twin.change_subscription(self._id, {"default_payment_method": card})
            case Turn.FREE_WEEKS:
                until = twin.now() + timedelta(days=step.amount)
                twin.change_subscription(self._id, {"trial_end": int(until.timestamp())})
            case Turn.CANCEL:
                own = Subscription.objects.get(stripe_subscription_id=self._id)
                ending.cancel(subscription=own, by=self._by, reason="too much honey", now=at)
            case Turn.NEWS:
                pass
        self._news(at)

    def _news(self, at: datetime) -> None:
        """As the worker would: what Stripe has, written down."""
        subscriptions.confirm(seen=subscriptions.look(self._id), now=at)
