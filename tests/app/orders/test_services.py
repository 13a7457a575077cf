from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from audit import services as audit
from audit.models import Entry
from audit.refusals import audited
from catalog.models import Product
from core.actor import Actor, system
from orders import services
from orders.lifecycle import OrderStatus
from orders.models import Order, OrderTransition
from orders.services import IllegalMove, follows, move, place, record_amounts
from orders.totals import CannotPlace
from tests.app.conftest import person
from tests.app.together import at_once

SYSTEM = system("worker")


@pytest.fixture(autouse=True)
def _moves_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves that followed from amounts for ever would hang a test; now they fail it."""
    asked = count()

    def bounded(order: Order) -> OrderStatus | None:
        assert next(asked) < 50, "one move follows from another for ever"
        return follows(order)

    monkeypatch.setattr(services, "follows", bounded)


@pytest.fixture
def mug(db: None) -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=500, currency="GBP")


@pytest.fixture
def order(cara_customer: Any, mug: Product, now: Any) -> Order:
    return place(customer=cara_customer, basket={mug: 2}, now=now)


def history(order: Order) -> list[tuple[str, str, str, str]]:
    return list(order.history.values_list("source", "target", "actor_role", "reason"))


def test_placed_order_keeps_the_catalogues_names_and_prices(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    Product.objects.create(name="Jar", slug="jar", price_pennies=700, currency="GBP")
    order = place(customer=cara_customer, basket={mug: 2}, now=now)
    Product.objects.filter(pk=mug.pk).update(price_pennies=900, name="Dear mug")
    line = order.lines.get()
    assert (order.status, order.total_pennies, order.currency) == ("pending", 1000, "GBP")
    assert (line.name, line.unit_pennies, line.quantity, line.line_pennies) == ("Mug", 500, 2, 1000)
    assert (order.placed_at, history(order)) == (now, [("", "pending", "customer", "placed")])


def test_prices_come_from_the_database_not_from_what_is_handed_in(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    mug.price_pennies = 1
    assert place(customer=cara_customer, basket={mug: 1}, now=now).total_pennies == 500


def test_a_product_taken_off_sale_meanwhile_is_refused(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    Product.objects.filter(pk=mug.pk).update(is_on_sale=False)
    with pytest.raises(CannotPlace, match=r"^Mug: no longer on sale; take it out of the basket\.$"):
        place(customer=cara_customer, basket={mug: 1}, now=now)
    assert not Order.objects.exists()


def test_a_product_that_was_deleted_is_refused(cara_customer: Any, mug: Product, now: Any) -> None:
    gone = Product(pk=mug.pk + 1, name="Jar", price_pennies=1, currency="GBP")
    with pytest.raises(CannotPlace, match=r"^Jar: no longer on sale"):
        place(customer=cara_customer, basket={mug: 1, gone: 1}, now=now)


def test_the_same_form_gives_the_order_that_it_placed(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    first = place(customer=cara_customer, basket={mug: 2}, now=now, form_key="f1")
    assert Order.objects.get().form_key == "f1"
    # The second time the basket may be empty already.
    for basket in ({mug: 2}, {}):
        assert place(customer=cara_customer, basket=basket, now=now, form_key="f1") == first
    assert Order.objects.count() == 1


def test_without_a_form_and_by_another_each_is_an_order_of_its_own(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    for form_key in ("", "", "f1", "f2"):
        place(customer=cara_customer, basket={mug: 2}, now=now, form_key=form_key)
    keys = Order.objects.order_by("pk").values_list("form_key", flat=True)
    assert list(keys) == [None, None, "f1", "f2"]


@pytest.mark.parametrize(
    ("form_key", "quantities"), [("carls", []), ("carls", [2]), ("caras", [2]), ("caras", [1, 2])]
)
def test_a_form_sent_for_another_basket_or_by_somebody_else_places_and_shows_none(
    cara_customer: Any, mug: Product, now: Any, form_key: str, quantities: list[int]
) -> None:
    jar = Product.objects.create(name="Jar", slug="jar", price_pennies=700, currency="GBP")
    carl = person("carl_customer", "customer")
    place(customer=carl, basket={mug: 2}, now=now, form_key="carls")
    place(customer=cara_customer, basket={mug: 1}, now=now, form_key="caras")
    basket = dict(zip([mug, jar], quantities, strict=False))
    with pytest.raises(CannotPlace) as refused:
        place(customer=cara_customer, basket=basket, now=now, form_key=form_key)
    assert str(refused.value) == (
        "Basket: this form was sent before, for another order; look at the basket and place it "
        "again."
    )
    assert Order.objects.count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_form_sent_four_times_at_once_places_one_order(
    cara_customer: Any, mug: Product, now: Any
) -> None:
    def send() -> Order:
        return place(customer=cara_customer, basket={mug: 2}, now=now, form_key="f1")

    placed = at_once([send] * 4)
    assert list(Order.objects.all()) == placed[:1]
    assert placed == placed[:1] * 4


def test_an_order_whose_history_cannot_begin_is_none(
    cara_customer: Any, mug: Product, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(OrderTransition.objects, "create", full)
    with pytest.raises(OSError, match="disk full"):
        place(customer=cara_customer, basket={mug: 2}, now=now)
    assert not Order.objects.exists()


def test_a_move_and_its_history_are_written_together(
    order: Order, cara_customer: Any, now: Any
) -> None:
    by = Actor(id=cara_customer.pk, role="customer", origin="web")
    moved = move(order=order, target=OrderStatus.CANCELED, by=by, reason="changed my mind", now=now)
    order.refresh_from_db()
    assert (moved.status, order.status, order.canceled_at) == ("canceled", "canceled", now)
    assert history(order)[1:] == [("pending", "canceled", "customer", "changed my mind")]


@pytest.mark.parametrize(
    ("role", "user_id", "target", "sentence"),
    [
        (
            "system",
            None,
            "fulfilled",
            "Order {}: pending, cannot become fulfilled; reload the page.",
        ),
        (
            "ops",
            5,
            "paid",
            "Order {}: ops asked to make it paid, only system can; ask one of them.",
        ),
        (
            "system",
            None,
            "paid",
            "Order {}: £0.00 captured of £10.00 and £0.00 refunded, which does not make it paid; "
            "wait for Stripe.",
        ),
        (
            "customer",
            -1,
            "canceled",
            "Order {}: not yours; only the person who placed it can ask.",
        ),
    ],
)
def test_a_refused_move_says_why_and_changes_nothing(
    order: Order, now: Any, role: str, user_id: int | None, target: str, sentence: str
) -> None:
    by = Actor(id=user_id, role=role, origin="web")
    with pytest.raises(IllegalMove) as refusal:
        move(order=order, target=OrderStatus(target), by=by, reason="please", now=now)
    order.refresh_from_db()
    assert str(refusal.value) == sentence.format(order.pk)
    assert (order.status, len(history(order))) == ("pending", 1)


@pytest.mark.parametrize(("target", "action"), [("canceled", "order-canceled")])
def test_a_manual_move_is_audited(order: Order, now: Any, target: str, action: str) -> None:
    by = Actor(id=3, role="ops", origin="web")
    move(order=order, target=OrderStatus(target), by=by, reason="asked by phone", now=now)
    assert Entry.objects.count() == 1
    entry = Entry.objects.get()
    assert (entry.action, entry.subject, entry.result) == (action, f"order:{order.pk}", "done")
    assert (entry.actor_id, entry.actor_role, entry.reason) == (3, "ops", "asked by phone")


def test_a_move_that_only_follows_from_money_stands_in_the_history_alone(
    order: Order, now: Any
) -> None:
    Order.objects.filter(pk=order.pk).update(captured_pennies=1000)
    move(order=order, target=OrderStatus.PAID, by=SYSTEM, reason="£10.00 captured", now=now)
    assert history(order)[1:] == [("pending", "paid", "system", "£10.00 captured")]
    assert not Entry.objects.filter(subject=f"order:{order.pk}").exists()


def test_a_move_that_cannot_be_recorded_is_none(
    order: Order, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        move(order=order, target=OrderStatus.CANCELED, by=SYSTEM, reason="gone", now=now)
    order.refresh_from_db()
    assert (order.status, len(history(order))) == ("pending", 1)


@pytest.mark.parametrize(
    ("status", "captured", "refunded", "called_for"),
    [
        ("pending", 999, 0, None),
        ("pending", 1000, 0, "paid"),
        ("pending", 1001, 0, "paid"),
        ("canceled", 1000, 0, None),
        ("canceled", 1000, 1000, None),
        ("paid", 1000, 999, None),
        ("paid", 1000, 1000, "refunded"),
        ("fulfilled", 1000, 1000, "refunded"),
        ("refunded", 1000, 1000, None),
        ("refunded", 1000, 999, "paid"),
    ],
)
def test_what_the_amounts_call_for_and_never_for_a_canceled_order(
    now: Any, status: str, captured: int, refunded: int, called_for: str | None
) -> None:
    order = Order(
        status=status, total_pennies=1000, captured_pennies=captured, refunded_pennies=refunded
    )
    assert follows(order) == called_for
    order.fulfilled_at = now
    assert follows(order) == ("fulfilled" if called_for == "paid" and refunded else called_for)


def test_amounts_carry_a_pending_order_through_paid_to_refunded(order: Order, now: Any) -> None:
    record_amounts(order=order, captured_pennies=1000, refunded_pennies=1000, by=SYSTEM, now=now)
    order.refresh_from_db()
    assert (order.status, order.paid_at) == ("refunded", now)
    assert history(order)[1:] == [
        ("pending", "paid", "system", "£10.00 captured"),
        ("paid", "refunded", "system", "all of £10.00 refunded"),
    ]


@pytest.mark.parametrize("had", ["paid", "fulfilled"])
def test_a_refund_that_fails_later_brings_back_the_status_it_had(
    order: Order, now: Any, had: str
) -> None:
    record_amounts(order=order, captured_pennies=1000, refunded_pennies=0, by=SYSTEM, now=now)
    if had == "fulfilled":
        ops = Actor(id=3, role="ops", origin="web")
        order = move(order=order, target=OrderStatus.FULFILLED, by=ops, reason="sent", now=now)
    later = now + timedelta(days=2)
    record_amounts(order=order, captured_pennies=1000, refunded_pennies=1000, by=SYSTEM, now=later)
    record_amounts(order=order, captured_pennies=1000, refunded_pennies=400, by=SYSTEM, now=later)
    order.refresh_from_db()
    assert (order.status, order.refunded_pennies) == (had, 400)
    # The refund window runs from the first time.
    assert (order.paid_at, order.fulfilled_at) == (now, now if had == "fulfilled" else None)
    assert history(order)[-1] == (
        "refunded",
        had,
        "system",
        "a refund failed later: £4.00 of £10.00 stays refunded",
    )


def test_too_little_money_leaves_the_order_pending(order: Order, now: Any) -> None:
    record_amounts(order=order, captured_pennies=999, refunded_pennies=0, by=SYSTEM, now=now)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies, order.paid_at) == ("pending", 999, None)


def test_money_never_resurrects_a_canceled_order(order: Order, now: Any) -> None:
    canceled = move(order=order, target=OrderStatus.CANCELED, by=SYSTEM, reason="late", now=now)
    record_amounts(order=canceled, captured_pennies=1000, refunded_pennies=0, by=SYSTEM, now=now)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("canceled", 1000)


def test_a_refusal_is_audited_and_rises(order: Order, now: Any) -> None:
    by = Actor(id=3, role="analyst", origin="web")
    with (
        pytest.raises(IllegalMove),
        audited(what="cancel", subject=f"order:{order.pk}", by=by, now=now),
    ):
        move(order=order, target=OrderStatus.CANCELED, by=by, reason="why not", now=now)
    assert Entry.objects.count() == 1
    entry = Entry.objects.get()
    assert (entry.action, entry.result, entry.actor_role) == ("refused", "refused", "analyst")
    assert entry.reason.startswith(f"cancel: Order {order.pk}: analyst asked to make it canceled")
