"""What pages say about a subscription; templates only write it down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.access import may
from accounts.models import User
from accounts.roles import Permission
from subscriptions.models import MrrChange, Plan, Start, StartStatus, Subscription, SubscriptionItem
from subscriptions.words import SubscriptionStatus


@dataclass(frozen=True)
class Shown:
    """A subscription by its name, with what happens to it next and whether it can be ended."""

    subscription: Subscription
    name: str
    next_step: str
    may_cancel: bool


@dataclass(frozen=True)
class Own:
    """All that a customer sees of theirs; `begun` are pages at Stripe that wait for them."""

    shown: list[Shown]
    begun: list[Start]


@dataclass(frozen=True)
class Detail:
    """All that staff see of one."""

    shown: Shown
    items: list[SubscriptionItem]
    ledger: list[MrrChange]


def own(customer: User) -> Own:
    """A customer's subscriptions, newest first."""
    found = Subscription.objects.filter(customer=customer).prefetch_related("items")
    return Own(
        shown=show(found, may_cancel=may(customer, Permission.SUBSCRIPTION_CANCEL_OWN)),
        begun=list(
            Start.objects.filter(customer=customer, status=StartStatus.OPEN).select_related("plan")
        ),
    )


def show(subscriptions: Iterable[Subscription], *, may_cancel: bool) -> list[Shown]:
    """Each by the names of the plans that its prices belong to."""
    published = Plan.objects.exclude(stripe_price_id=None)
    names = dict(published.values_list("stripe_price_id", "name"))
    return [
        Shown(
            subscription=one,
            name=_name(one, names),
            next_step=next_step(one),
            may_cancel=may_cancel and not one.has_ended and one.ends_at is None,
        )
        for one in subscriptions
    ]


def detail(subscription: Subscription, *, may_cancel: bool) -> Detail:
    """One subscription with its items and its ledger, oldest first."""
    [shown] = show([subscription], may_cancel=may_cancel)
    return Detail(shown, list(subscription.items.all()), list(subscription.ledger.all()))


def next_step(subscription: Subscription) -> str:
    """One sentence: what happens to it next."""
    if subscription.has_ended:
        ended = subscription.ended_at or subscription.ends_at
        return f"Ended on {_day(ended)}." if ended else "Ended."
    if subscription.ends_at is not None:
        return f"Ends on {_day(subscription.ends_at)}; it will not renew."
    if subscription.is_paused or subscription.status == SubscriptionStatus.PAUSED:
        return "Paused: nothing is charged."
    match SubscriptionStatus(subscription.status):
        case SubscriptionStatus.PAST_DUE:
            return "A payment failed; Stripe tries again and writes to the customer."
        case SubscriptionStatus.UNPAID | SubscriptionStatus.INCOMPLETE:
            return "Not paid; Stripe has written to the customer."
        case _ if subscription.period_ends_at is None:
            return "Renews by itself."
        case SubscriptionStatus.TRIALING:
            return f"Free until {_day(subscription.period_ends_at)}, then it renews by itself."
        case _:
            return f"Renews on {_day(subscription.period_ends_at)}."


def _name(subscription: Subscription, names: dict[str | None, str]) -> str:
    known = [
        names[item.stripe_price_id]
        for item in subscription.items.all()
        if item.stripe_price_id in names
    ]
    return " and ".join(known) or f"Subscription {subscription.pk}"


def _day(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"
