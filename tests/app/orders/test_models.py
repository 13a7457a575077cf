"""What PostgreSQL refuses about orders, their lines and their history, whoever asks."""

# ruff: noqa: S608 - raw SQL, put together on purpose from this file's own words

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Product
from core.money import COARSE
from orders.services import place

INSERT = """
    INSERT INTO orders_order (customer_id, status, currency, total_pennies, captured_pennies,
        refunded_pennies, placed_at)
    VALUES (%s, %s, 'GBP', 1000, 0, 0, now())
"""
INSERT_TERMS = INSERT.replace("'GBP', 1000", "%s, %s")


@pytest.fixture
def mug(db: None) -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=500, currency="GBP")


@pytest.fixture
def order(cara_customer: Any, mug: Product, now: Any) -> Any:
    """£10.00, pending."""
    return place(customer=cara_customer, basket={mug: 2}, now=now)


def change(order: Any, assignment: str) -> str:
    return f"UPDATE orders_order SET {assignment} WHERE id = {order.pk}"


@pytest.mark.parametrize("status", ["paid", "fulfilled", "refunded", "canceled", "shipped", ""])
def test_an_order_starts_as_pending_only(refused: Any, cara_customer: Any, status: str) -> None:
    message = refused(INSERT, cara_customer.pk, status)
    assert message == f"order starts as {status}; it must start as pending"


def test_an_unknown_status_is_refused(refused: Any, order: Any) -> None:
    assert "no legal move" in refused(change(order, "status = 'shipped'"))


def test_an_unknown_status_is_refused_by_the_column_too(
    execute: Any, refused: Any, order: Any
) -> None:
    """The owner may switch triggers off, to mend a row; the list of statuses still holds."""
    execute("ALTER TABLE orders_order DISABLE TRIGGER USER")
    assert "order_status_is_known" in refused(change(order, "status = 'shipped'"))


@pytest.mark.parametrize(
    ("currency", "total", "rule"),
    [
        ("gbp", 1000, "order_currency_is_iso"),
        ("£", 1000, "order_currency_is_iso"),
        ("GBP", 0, "order_total_is_positive"),
        ("GBP", -1, "order_total_is_positive"),
    ],
)
def test_an_order_of_nothing_or_in_no_currency_is_refused(
    refused: Any, cara_customer: Any, currency: str, total: int, rule: str
) -> None:
    assert rule in refused(INSERT_TERMS, cara_customer.pk, "pending", currency, total)


@pytest.mark.parametrize("currency", sorted(COARSE))
def test_no_new_order_is_in_a_currency_that_stripe_charges_in_steps(
    refused: Any, cara_customer: Any, currency: str
) -> None:
    assert refused(INSERT_TERMS, cara_customer.pk, "pending", currency, 1000) == (
        f"order: Stripe cannot charge every amount in {currency}"
    )


@pytest.mark.parametrize(
    ("assignment", "rule"),
    [
        ("captured_pennies = 5, refunded_pennies = 6", "order_refunded_within_captured"),
        ("refunded_pennies = -1", "order_refunded_within_captured"),
        ("status = 'paid', captured_pennies = 999", "order_settled_means_captured"),
        (
            "status = 'paid', captured_pennies = 1000, fulfilled_at = now()",
            "order_paid_means_not_fulfilled",
        ),
        ("total_pennies = 0", "never change"),
        ("total_pennies = 999", "never change"),
        ("currency = 'EUR'", "never change"),
        ("customer_id = customer_id + 1", "never change"),
        ("placed_at = now()", "never change"),
    ],
)
def test_amounts_and_terms_are_held(refused: Any, order: Any, assignment: str, rule: str) -> None:
    assert rule in refused(change(order, assignment))


def test_refunded_means_all_of_it(execute: Any, refused: Any, order: Any) -> None:
    execute(change(order, "status = 'paid', captured_pennies = 1000"))
    message = refused(change(order, "status = 'refunded', refunded_pennies = 999"))
    assert "order_refunded_means_all_of_it" in message


def test_fulfilled_says_when(execute: Any, refused: Any, order: Any) -> None:
    execute(change(order, "status = 'paid', captured_pennies = 1000"))
    assert "order_fulfilled_has_its_time" in refused(change(order, "status = 'fulfilled'"))


def test_an_order_without_lines_is_refused_at_commit(refused: Any, cara_customer: Any) -> None:
    message = refused(INSERT, cara_customer.pk, "pending")
    assert message.endswith("the total is not the sum of its lines")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders_orderline WHERE order_id = {order}",
        "INSERT INTO orders_orderline (order_id, product_id, name, unit_pennies, quantity)"
        " SELECT {order}, {other}, 'Pen', 1, 1",
    ],
)
def test_lines_that_no_longer_sum_to_the_total_are_refused(
    refused: Any, order: Any, sql: str
) -> None:
    pen = Product.objects.create(name="Pen", slug="pen", price_pennies=1, currency="GBP")
    message = refused(sql.format(order=order.pk, other=pen.pk))
    assert message == "order line: the lines do not sum to the total of the order"


@pytest.mark.parametrize(
    "assignment",
    [
        "quantity = 3",
        "unit_pennies = 1",
        "name = 'Cup'",
        "order_id = order_id + 1",
        "product_id = product_id + 1",
    ],
)
def test_a_line_never_changes(refused: Any, order: Any, assignment: str) -> None:
    assert "never change" in refused(
        f"UPDATE orders_orderline SET {assignment} WHERE order_id = {order.pk}"
    )


def test_the_lines_of_a_paid_order_are_final(execute: Any, refused: Any, order: Any) -> None:
    execute(change(order, "status = 'paid', captured_pennies = 1000"))
    message = refused(f"DELETE FROM orders_orderline WHERE order_id = {order.pk}")
    assert message == "order line: the order has been paid, its lines are final"


def test_a_line_in_another_currency_is_refused(refused: Any, order: Any) -> None:
    euro = Product.objects.create(name="Bol", slug="bol", price_pennies=1, currency="EUR")
    message = refused(
        "INSERT INTO orders_orderline (order_id, product_id, name, unit_pennies, quantity)"
        f" VALUES ({order.pk}, {euro.pk}, 'Bol', 1, 1)"
    )
    assert message == "order line: its product is priced in another currency than the order"


def test_a_product_stands_on_an_order_once(refused: Any, order: Any, mug: Product) -> None:
    message = refused(
        "INSERT INTO orders_orderline (order_id, product_id, name, unit_pennies, quantity)"
        f" VALUES ({order.pk}, {mug.pk}, 'Mug', 500, 1)"
    )
    assert "line_product_once" in message


@pytest.mark.parametrize("column", ["unit_pennies", "quantity"])
def test_a_line_of_nothing_is_refused(refused: Any, order: Any, column: str) -> None:
    pen = Product.objects.create(name="Pen", slug="pen", price_pennies=1, currency="GBP")
    values = {"unit_pennies": 1, "quantity": 1} | {column: 0}
    message = refused(
        "INSERT INTO orders_orderline (order_id, product_id, name, unit_pennies, quantity)"
        f" VALUES ({order.pk}, {pen.pk}, 'Pen', {values['unit_pennies']}, {values['quantity']})"
    )
    assert "line_amounts_positive" in message


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders_ordertransition SET reason = 'nothing to see'",
        "DELETE FROM orders_ordertransition",
        "TRUNCATE orders_ordertransition",
        "TRUNCATE orders_order CASCADE",
    ],
)
def test_history_cannot_be_changed_deleted_or_truncated(refused: Any, order: Any, sql: str) -> None:
    assert "orders_ordertransition: append-only" in refused(sql)


def test_no_session_can_switch_the_rules_off(execute: Any, refused: Any, order: Any) -> None:
    from pgtrigger import registry

    every = ",".join(trigger.get_pgid(model) for model, trigger in registry.registered())
    execute(f"SET LOCAL pgtrigger.ignore = '{{{every}}}'")
    assert "no legal move" in refused(change(order, "status = 'fulfilled'"))
    assert "append-only" in refused("DELETE FROM orders_ordertransition")


def test_history_names_known_statuses_only(refused: Any, order: Any) -> None:
    message = refused(
        "INSERT INTO orders_ordertransition (order_id, source, target, at, actor_role, reason)"
        f" VALUES ({order.pk}, 'pending', 'shipped', now(), 'system', '')"
    )
    assert "history_statuses_are_known" in message


@pytest.mark.parametrize("status", ["processing", "succeeded"])
def test_an_order_with_money_on_its_way_cannot_be_canceled(
    execute: Any, refused: Any, order: Any, status: str
) -> None:
    execute(
        "INSERT INTO payments_payment (order_id, status, currency, amount_pennies,"
        " captured_pennies, refunded_pennies, pending_refund_pennies, disputed_pennies,"
        " idempotency_key, checkout_url, last_failure, created_at)"
        f" VALUES ({order.pk}, 'created', 'GBP', 1000, 0, 0, 0, 0, 'k', '', '', now())"
    )
    execute("UPDATE payments_payment SET status = %s", status)
    message = refused(change(order, "status = 'canceled'"))
    assert message == f"order {order.pk}: a payment is processing or succeeded"


def test_an_order_with_an_open_dispute_cannot_be_fulfilled(
    execute: Any, refused: Any, order: Any
) -> None:
    execute(
        "INSERT INTO payments_payment (order_id, status, currency, amount_pennies,"
        " captured_pennies, refunded_pennies, pending_refund_pennies, disputed_pennies,"
        " idempotency_key, checkout_url, last_failure, created_at)"
        f" VALUES ({order.pk}, 'created', 'GBP', 1000, 0, 0, 0, 1000, 'k', '', '', now())"
    )
    execute(change(order, "status = 'paid', captured_pennies = 1000"))
    message = refused(change(order, "status = 'fulfilled', fulfilled_at = now()"))
    assert message == f"order {order.pk}: a dispute is open, or took all the money"


def test_one_form_places_one_order(execute: Any, refused: Any, order: Any) -> None:
    execute(change(order, "form_key = 'one'"))
    keyed = INSERT.replace("placed_at)", "placed_at, form_key)").replace("now())", "now(), 'one')")
    assert "form_key" in refused(keyed, order.customer_id, "pending")
