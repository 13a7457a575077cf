"""What staff see of one person; the template only writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts import lockout, second_factor
from accounts.models import User
from audit.models import Entry
from orders.models import Order
from privacy import erasure, open_money
from subscriptions.models import Subscription

NEWEST = 10


@dataclass(frozen=True)
class Page:
    """A person, the newest of theirs, and what stands in the way of erasing them."""

    person: User
    role: str
    has_factor: bool
    is_locked: bool
    orders: list[Order]
    order_count: int
    subscriptions: list[Subscription]
    entries: list[Entry]
    is_erased: bool
    in_the_way: list[str]


def of(person: User, *, now: datetime) -> Page:
    """The page of this person."""
    orders = Order.objects.filter(customer=person)
    return Page(
        person=person,
        role=person.role.value if person.role else "none",
        has_factor=second_factor.has_factor(person),
        is_locked=bool(lockout.locked(usernames=[person.get_username()], now=now)),
        orders=list(orders.order_by("-id")[:NEWEST]),
        order_count=orders.count(),
        subscriptions=list(Subscription.objects.filter(customer=person)),
        entries=list(Entry.objects.filter(subject=f"user:{person.pk}").order_by("-id")[:NEWEST]),
        is_erased=erasure.is_erased(person),
        in_the_way=open_money.of(person),
    )
