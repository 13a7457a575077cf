"""How a plan comes to be for sale. Stripe learns of its price when the first customer asks."""

from __future__ import annotations

from datetime import datetime

from audit.actions import Action
from catalog.offers import put_on_sale
from core.actor import Actor
from subscriptions.models import Plan
from subscriptions.words import Interval


def add_plan(
    *,
    slug: str,
    name: str,
    description: str = "",
    price_pennies: int,
    currency: str,
    interval: Interval,
    interval_count: int = 1,
    by: Actor,
    now: datetime,
) -> Plan:
    """A new plan, on sale from now on. Audited, also when it is refused. Raises CannotOffer."""
    plan = Plan(
        slug=slug,
        name=name,
        description=description,
        price_pennies=price_pennies,
        currency=currency,
        interval=interval,
        interval_count=interval_count,
    )
    put_on_sale(
        plan, kind="plan", later=["stripe_price_id"], action=Action.PLAN_ADDED, by=by, now=now
    )
    return plan
