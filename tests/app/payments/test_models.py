"""What PostgreSQL refuses about payments, whoever asks."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from orders.services import place
from payments.models import MOVES, PaymentStatus

INSERT = """
    INSERT INTO payments_payment (order_id, status, currency, amount_pennies, captured_pennies,
        refunded_pennies, pending_refund_pennies, disputed_pennies, idempotency_key,
        checkout_url, last_failure, created_at)
    VALUES (%s, %s, %s, 1000, 0, 0, 0, 0, %s, '', '', now())
"""
ROAD = {
    PaymentStatus.CREATED: "status = 'created'",
    PaymentStatus.REQUIRES_ACTION: "status = 'requires_action'",
    PaymentStatus.PROCESSING: "status = 'processing'",
    PaymentStatus.SUCCEEDED: "status = 'succeeded'",
    PaymentStatus.CANCELED: "status = 'canceled'",
}
# Written out here, not read from MOVES. Only money received is an end: a payment that we gave
# up may still succeed at Stripe.
ILLEGAL = {
    *((PaymentStatus.SUCCEEDED, target) for target in PaymentStatus),
    *((PaymentStatus.CANCELED, target) for target in PaymentStatus),
} - {(PaymentStatus.CANCELED, PaymentStatus.SUCCEEDED)}


@pytest.fixture
def order(cara_customer: Any, now: Any) -> Any:
    from catalog.models import Product

    mug = Product.objects.create(name="Mug", slug="mug", price_pennies=1000, currency="GBP")
    return place(customer=cara_customer, basket={mug: 1}, now=now)


@pytest.fixture
def payment(order: Any, execute: Any) -> str:
    """A created payment of £10.00; the value is the start of an UPDATE of it."""
    execute(INSERT, order.pk, "created", "GBP", "first")
    return "UPDATE payments_payment SET "


@pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a, b in product(PaymentStatus, repeat=2) if a != b]
)
def test_only_legal_moves(
    execute: Any, refused: Any, payment: str, source: PaymentStatus, target: PaymentStatus
) -> None:
    execute(payment + ROAD[source])
    if (source, target) in ILLEGAL:
        assert f"{source} to {target} is no legal move" in refused(payment + ROAD[target])
        assert target not in MOVES[source]
    else:
        execute(payment + ROAD[target])
        assert target in MOVES[source]


@pytest.mark.parametrize("status", ["succeeded", "processing", "paid"])
def test_a_payment_starts_as_created(refused: Any, order: Any, status: str) -> None:
    assert "must start as created" in refused(INSERT, order.pk, status, "GBP", "k")


def test_an_unknown_status_is_refused_by_the_column_too(
    execute: Any, refused: Any, payment: str
) -> None:
    """The owner may switch triggers off, to mend a row; the list of statuses still holds."""
    execute("ALTER TABLE payments_payment DISABLE TRIGGER USER")
    assert "payment_status_is_known" in refused(payment + "status = 'lost'")


def test_a_payment_in_another_currency_than_its_order_is_refused(refused: Any, order: Any) -> None:
    message = refused(INSERT, order.pk, "created", "EUR", "k")
    assert message == "payment: EUR is not the currency of its order"


def test_an_order_has_one_live_payment(
    execute: Any, refused: Any, order: Any, payment: str
) -> None:
    assert "payment_one_live_per_order" in refused(INSERT, order.pk, "created", "GBP", "second")
    execute(payment + "status = 'canceled'")
    execute(INSERT, order.pk, "created", "GBP", "second")


@pytest.mark.parametrize("column", ["idempotency_key", "stripe_session_id", "stripe_intent_id"])
def test_ids_and_keys_are_unique(
    execute: Any, refused: Any, order: Any, payment: str, column: str
) -> None:
    execute(payment + "status = 'canceled', stripe_session_id = 'x', stripe_intent_id = 'x'")
    if column == "idempotency_key":
        message = refused(INSERT, order.pk, "created", "GBP", "first")
    else:
        execute(INSERT, order.pk, "created", "GBP", "second")
        message = refused(payment + f"{column} = 'x' WHERE idempotency_key = 'second'")
    assert column in message


@pytest.mark.parametrize(
    ("assignment", "rule"),
    [
        ("captured_pennies = -1", "payment_amounts_not_negative"),
        ("refunded_pennies = -1", "payment_amounts_not_negative"),
        ("pending_refund_pennies = -1", "payment_amounts_not_negative"),
        ("disputed_pennies = -1", "payment_amounts_not_negative"),
        ("captured_pennies = 1001", "payment_captured_within_amount"),
        ("refunded_pennies = 1001", "payment_refunds_within_captured"),
        ("pending_refund_pennies = 1001", "payment_refunds_within_captured"),
        ("refunded_pennies = 600, pending_refund_pennies = 401", "payment_refunds_within_captured"),
        ("amount_pennies = 999", "never change"),
        ("currency = 'EUR'", "never change"),
        ("order_id = order_id + 1", "never change"),
        ("idempotency_key = 'other'", "never change"),
    ],
)
def test_amounts_and_terms_are_held(
    execute: Any, refused: Any, payment: str, assignment: str, rule: str
) -> None:
    execute(payment + "status = 'succeeded', captured_pennies = 1000")
    assert rule in refused(payment + assignment)


def test_captured_money_means_succeeded(refused: Any, payment: str) -> None:
    message = refused(payment + "status = 'processing', captured_pennies = 1")
    assert "payment_captured_means_succeeded" in message


def test_when_a_payment_succeeded_never_changes(execute: Any, refused: Any, payment: str) -> None:
    execute(payment + "status = 'succeeded', captured_pennies = 1000, succeeded_at = now()")
    for moment in ("NULL", "now() + interval '1 day'"):
        message = refused(payment + f"succeeded_at = {moment}")
        assert message.endswith("when it succeeded never changes")
