"""What can be done to an order: place it, move it, and write down what its payments say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from catalog.models import Product
from core.actor import Actor
from core.money import display
from core.refusal import Refused
from orders import totals
from orders.lifecycle import OrderStatus, Who, find
from orders.models import Order, OrderLine, OrderTransition

AUDITED = {
    OrderStatus.CANCELED: Action.ORDER_CANCELED,
    OrderStatus.FULFILLED: Action.ORDER_FULFILLED,
}
_TIME_OF = {
    OrderStatus.PAID: "paid_at",
    OrderStatus.FULFILLED: "fulfilled_at",
    OrderStatus.CANCELED: "canceled_at",
}


class IllegalMove(Refused):
    """The order machine has no such move, or not for this actor, or not yet."""


def place(
    *, customer: User, basket: Mapping[Product, int], now: datetime, form_key: str = ""
) -> Order:
    """A pending order with the catalogue's names and prices as they are now.

    Prices come from the database, never from the products handed in. The same `form_key` again
    gives the order that it placed, also when the basket is empty by now. Raises
    totals.CannotPlace with a sentence.
    """
    try:
        return _write_order(customer, basket, now=now, form_key=form_key)
    except (IntegrityError, totals.CannotPlace):
        # The same form again: its key is taken, or what it asked for is out of the basket.
        earlier = _placed_before(customer, basket, form_key=form_key)
        if earlier is None:
            raise
        return earlier


def lock(order_id: int) -> Order:
    """The order's row, held until the caller's transaction ends. Lock it before any payment,
    and a payment before any refund, so that no two callers wait for each other."""
    return Order.objects.select_for_update().get(pk=order_id)


def move(*, order: Order, target: OrderStatus, by: Actor, reason: str, now: datetime) -> Order:
    """The order in its new status, with its history written in the same transaction.

    Raises IllegalMove with a sentence when the machine, the actor's role or the amounts say no.
    A cancel or fulfilment that is done leaves an audit entry.
    """
    with transaction.atomic():
        locked = lock(order.pk)
        check_move(order=locked, target=target, by=by)
        _apply(locked, target=target, by=by, reason=reason, now=now)
        if target in AUDITED:
            audit.record(
                actor=by,
                action=AUDITED[target],
                subject=f"order:{locked.pk}",
                result=Result.DONE,
                reason=reason,
                now=now,
            )
    return locked


def check_move(*, order: Order, target: OrderStatus, by: Actor) -> None:
    """Nothing when this actor may make this move now; IllegalMove with a sentence otherwise."""
    source = OrderStatus(order.status)
    legal = find(source, target)
    if legal is None:
        raise IllegalMove(f"Order {order.pk}: {source}, cannot become {target}; reload the page.")
    if by.role not in {who.value for who in legal.who}:
        allowed = ", ".join(sorted(legal.who))
        raise IllegalMove(
            f"Order {order.pk}: {by.role} asked to make it {target}, only {allowed} can; "
            "ask one of them."
        )
    if by.role == Who.CUSTOMER and by.id != order.customer_id:
        raise IllegalMove(f"Order {order.pk}: not yours; only the person who placed it can ask.")
    missing = _missing_for(order, target)
    if missing:
        raise IllegalMove(f"Order {order.pk}: {missing}.")


def record_amounts(
    *, order: Order, captured_pennies: int, refunded_pennies: int, by: Actor, now: datetime
) -> None:
    """Write down what the payments add up to and make the moves that follow from it.

    `order` must be locked by the caller's transaction. Amounts and the first move go into one
    UPDATE, because the database holds status against amounts at every statement. A canceled
    order keeps its status whatever arrives.
    """
    order.captured_pennies, order.refunded_pennies = captured_pennies, refunded_pennies
    target = follows(order)
    if target is None:
        order.save(update_fields=["captured_pennies", "refunded_pennies"])
    while target is not None:
        _apply(order, target=target, by=by, reason=_why(order, target), now=now)
        target = follows(order)


def follows(order: Order) -> OrderStatus | None:
    """The status that the amounts call for next, None when the present one fits."""
    captured, refunded = order.captured_pennies, order.refunded_pennies
    match OrderStatus(order.status):
        case OrderStatus.PENDING if captured >= order.total_pennies:
            return OrderStatus.PAID
        case OrderStatus.PAID | OrderStatus.FULFILLED if refunded == captured:
            return OrderStatus.REFUNDED
        case OrderStatus.REFUNDED if refunded < captured:
            return OrderStatus.FULFILLED if order.fulfilled_at else OrderStatus.PAID
        case _:
            return None


def _write_order(
    customer: User, basket: Mapping[Product, int], *, now: datetime, form_key: str
) -> Order:
    """Raises CannotPlace, and IntegrityError when the key is taken."""
    with transaction.atomic():
        fresh = _from_catalogue(basket)
        order = Order.objects.create(
            customer=customer,
            currency=totals.currency_of(fresh),
            total_pennies=totals.total_pennies(fresh),
            placed_at=now,
            form_key=form_key or None,
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                product=product,
                name=product.name,
                unit_pennies=product.price_pennies,
                quantity=quantity,
            )
            for product, quantity in fresh.items()
        )
        by = Actor(id=customer.pk, role=Who.CUSTOMER, origin="web")
        _write_history(order, source="", by=by, reason="placed", now=now)
    return order


def _placed_before(customer: User, basket: Mapping[Product, int], *, form_key: str) -> Order | None:
    """The order that the same form placed already; CannotPlace when that was for another basket,
    or for somebody else, whose order this customer does not see."""
    earlier = Order.objects.filter(form_key=form_key).first()
    if earlier is None:
        return None
    asked = {product.pk: quantity for product, quantity in basket.items()}
    ordered = dict(earlier.lines.values_list("product_id", "quantity"))
    if earlier.customer_id != customer.pk or asked not in ({}, ordered):
        raise totals.CannotPlace(
            "Basket: this form was sent before, for another order; look at the basket and place "
            "it again."
        )
    return earlier


def _from_catalogue(basket: Mapping[Product, int]) -> dict[Product, int]:
    quantities = {product.pk: quantity for product, quantity in basket.items()}
    found = Product.objects.filter(pk__in=quantities).order_by("pk")
    fresh = {product: quantities[product.pk] for product in found}
    if len(fresh) < len(basket):
        gone = next(product for product in basket if product not in fresh)
        raise totals.CannotPlace(f"{gone.name}: no longer on sale; take it out of the basket.")
    return fresh


def _missing_for(order: Order, target: OrderStatus) -> str | None:
    """What `only_when` of the move still lacks, as far as the order itself can tell."""
    if target in (OrderStatus.CANCELED, OrderStatus.FULFILLED) and order.status in (
        OrderStatus.PENDING,
        OrderStatus.PAID,
    ):
        return None
    if follows(order) == target:
        return None
    captured = display(order.captured_pennies, order.currency)
    refunded = display(order.refunded_pennies, order.currency)
    return (
        f"{captured} captured of {order.total} and {refunded} refunded, "
        f"which does not make it {target}; wait for Stripe"
    )


def _apply(order: Order, *, target: OrderStatus, by: Actor, reason: str, now: datetime) -> None:
    source = order.status
    order.status = target
    changed = ["status", "captured_pennies", "refunded_pennies"]
    moment = _TIME_OF.get(target)
    # The first time counts: coming back from refunded is not being paid again.
    if moment and getattr(order, moment) is None:
        setattr(order, moment, now)
        changed.append(moment)
    order.save(update_fields=changed)
    _write_history(order, source=source, by=by, reason=reason, now=now)


def _write_history(order: Order, *, source: str, by: Actor, reason: str, now: datetime) -> None:
    OrderTransition.objects.create(
        order=order,
        source=source,
        target=order.status,
        at=now,
        actor_id=by.id,
        actor_role=by.role,
        reason=reason,
    )


def _why(order: Order, target: OrderStatus) -> str:
    captured = display(order.captured_pennies, order.currency)
    refunded = display(order.refunded_pennies, order.currency)
    if target == OrderStatus.REFUNDED:
        return f"all of {captured} refunded"
    if order.status == OrderStatus.REFUNDED:
        return f"a refund failed later: {refunded} of {captured} stays refunded"
    return f"{captured} captured"
