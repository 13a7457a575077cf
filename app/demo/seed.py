"""Fill an empty shop: people, products, and orders and subscriptions through the real services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings

from accounts.access import actor_for
from accounts.models import User
from accounts.services import give_role
from analyticsapp import snapshots
from analyticsapp.days import yesterday
from catalog.models import Product
from core.actor import Actor, system
from demo import subscribers, twin
from demo.people import PASSWORD, PEOPLE, Person
from demo.stock import STOCK, Item
from demo.stories import STORIES, Act, Step
from demo.subscribers import Moment
from demo.subscribing import HISTORY, SOLD
from orders import services as orders
from orders.models import Order
from payments import gateway
from payments import services as payments
from refunds import services as refunds

ORIGIN = "command:seed_demo"


@dataclass(frozen=True)
class Added:
    """How many rows a run added; all 0 when everything was there."""

    people: int
    products: int
    orders: int
    subscriptions: int


def seed(*, now: datetime) -> Added:
    """Add what is missing. Orders are added only while the customer has none, and end at `now`.

    The shop must be pointed at a twin: payments and refunds are made there, over HTTP.
    """
    joined = now - HISTORY
    people = sum(_add_person(person, joined) for person in PEOPLE)
    products = sum(_add_product(item) for item in STOCK)
    for sold in SOLD:
        subscribers.add_plan(sold)
    customer = User.objects.get(username="cara_customer")
    if Order.objects.filter(customer=customer).exists():
        return Added(people, products, 0, 0)
    _Past(customer, User.objects.get(username="olly_ops")).happen(now)
    # What the nights since would have kept.
    snapshots.rebuild(first=joined.date(), last=yesterday(now=now), now=now)
    return Added(people, products, len(STORIES), len(SOLD))


def _add_person(person: Person, joined: datetime) -> bool:
    if User.objects.filter(username=person.username).exists():
        return False
    user = User.objects.create_user(person.username, password=PASSWORD, date_joined=joined)
    give_role(user=user, role=person.role, by=system(ORIGIN), now=joined)
    return True


def _add_product(item: Item) -> bool:
    _, added = Product.objects.get_or_create(
        slug=item.slug,
        defaults={
            "name": item.name,
            "price_pennies": item.price_pennies,
            "currency": settings.SHOP_CURRENCY,
            "description": item.description,
        },
    )
    return added


class _Past:
    """Every step of every story, in the order in which they happened."""

    def __init__(self, customer: User, ops: User) -> None:
        self._customer = customer
        self._cara = actor_for(customer, origin=ORIGIN)
        self._olly = actor_for(ops, origin=ORIGIN)
        self._products = {product.slug: product for product in Product.objects.all()}
        self._orders: dict[int, Order] = {}

    def happen(self, now: datetime) -> None:
        """Stripe's time goes along, so that renewals come on their day."""
        told = subscribers.moments(customer=self._customer, by=self._cara, now=now)
        for at, act in sorted([*self._ordering(now), *told], key=lambda moment: moment[0]):
            twin.move_to(at)
            act(at)
        twin.move_to(now)

    def _ordering(self, now: datetime) -> Iterator[Moment]:
        for at, number, step in _moments(now):
            yield at, partial(self._happens, number, step)

    def _happens(self, number: int, step: Step | None, at: datetime) -> None:
        if step is None:
            self._place(number, at)
        else:
            self._do(step, self._orders[number], at)

    def _place(self, number: int, at: datetime) -> None:
        basket = {self._products[slug]: count for slug, count in STORIES[number].basket.items()}
        self._orders[number] = orders.place(customer=self._customer, basket=basket, now=at)

    def _do(self, step: Step, order: Order, at: datetime) -> None:
        match step.act:
            case Act.BEGIN_TO_PAY:
                payments.start_checkout(order=order, by=self._cara, now=at)
            case Act.PAY:
                _pay(order, by=self._cara, at=at)
            case Act.SHIP:
                payments.fulfil(order=order, by=self._olly, reason="packed and sent", now=at)
            case Act.REFUND:
                _refund(order, step, by=self._olly, at=at)
            case Act.CANCEL:
                payments.cancel(order=order, by=self._cara, reason=step.reason, now=at)


def _moments(now: datetime) -> Iterator[tuple[datetime, int, Step | None]]:
    for number, story in enumerate(STORIES):
        placed = now - story.ago
        yield placed, number, None
        for step in story.steps:
            yield placed + step.after, number, step


def _pay(order: Order, *, by: Actor, at: datetime) -> None:
    """As the customer and then the worker would: the page, the card, the facts."""
    payment = payments.start_checkout(order=order, by=by, now=at)
    session_id = payment.stripe_session_id or ""
    twin.pay(session_id)
    session = gateway.retrieve_session(session_id)
    intent = gateway.retrieve_intent(session.intent_id)
    payments.settle(payment=payment, intent=intent, session=session, now=at)


def _refund(order: Order, step: Step, *, by: Actor, at: datetime) -> None:
    order.refresh_from_db()
    pennies = step.pennies or order.captured_pennies - order.refunded_pennies
    refunds.issue(order=order, asked_pennies=pennies, reason=step.reason, by=by, now=at)
