"""What PostgreSQL refuses about refunds, whoever asks."""

# ruff: noqa: S608 - raw SQL, put together on purpose from this file's own words

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from refunds.models import MOVES, RefundStatus

INSERT = """
    INSERT INTO refunds_refund (payment_id, status, currency, amount_pennies, reason,
        idempotency_key, stripe_refund_id, failure, requested_at)
    SELECT id, %s, %s, %s, 'chipped', %s, %s, '', now() FROM payments_payment
"""
REQUESTED, PENDING, REQUIRES_ACTION, SUCCEEDED, FAILED, CANCELED = RefundStatus
# Written out here, not read from MOVES.
LEGAL = {
    REQUESTED: {PENDING, REQUIRES_ACTION, SUCCEEDED, FAILED, CANCELED},
    PENDING: {REQUIRES_ACTION, SUCCEEDED, FAILED, CANCELED},
    REQUIRES_ACTION: {PENDING, SUCCEEDED, FAILED, CANCELED},
    SUCCEEDED: {FAILED},
    FAILED: set(),
    CANCELED: set(),
}


@pytest.fixture
def payment(cara_customer: Any, now: Any, execute: Any) -> None:
    """£10.00, captured."""
    from catalog.models import Product
    from orders.services import place

    mug = Product.objects.create(name="Mug", slug="mug", price_pennies=1000, currency="GBP")
    order = place(customer=cara_customer, basket={mug: 1}, now=now)
    execute(
        "INSERT INTO payments_payment (order_id, status, currency, amount_pennies,"
        " captured_pennies, refunded_pennies, pending_refund_pennies, disputed_pennies,"
        " idempotency_key, checkout_url, last_failure, created_at)"
        " VALUES (%s, 'created', 'GBP', 1000, 0, 0, 0, 0, 'k', '', '', now())",
        order.pk,
    )
    execute("UPDATE payments_payment SET status = 'succeeded', captured_pennies = 1000")


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a, b in product(RefundStatus, repeat=2) if a != b]
)
def test_only_legal_moves(
    execute: Any, refused: Any, source: RefundStatus, target: RefundStatus
) -> None:
    execute(INSERT, "requested", "GBP", 600, "first", None)
    execute("UPDATE refunds_refund SET succeeded_at = now()")
    if source != REQUESTED:
        execute("UPDATE refunds_refund SET status = %s", source)
    move = ("UPDATE refunds_refund SET status = %s", target)
    if target in LEGAL[source]:
        execute(*move)
    else:
        assert f"{source} to {target} is no legal move" in refused(*move)
    assert (target in MOVES[source]) == (target in LEGAL[source])


@pytest.mark.usefixtures("payment")
def test_a_refund_succeeds_with_its_time_which_then_never_changes(
    execute: Any, refused: Any
) -> None:
    execute(INSERT, "requested", "GBP", 600, "first", None)
    assert "succeeded, and nothing says when" in refused(
        "UPDATE refunds_refund SET status = 'succeeded'"
    )
    execute("UPDATE refunds_refund SET status = 'succeeded', succeeded_at = now()")
    assert "when it succeeded never changes" in refused(
        "UPDATE refunds_refund SET succeeded_at = now() + interval '1 day'"
    )
    execute("UPDATE refunds_refund SET status = 'failed'")
    assert "when it succeeded never changes" in refused(
        "UPDATE refunds_refund SET succeeded_at = NULL"
    )


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize("status", ["succeeded", "pending", "done"])
def test_a_refund_starts_as_requested(refused: Any, status: str) -> None:
    assert "must start as requested" in refused(INSERT, status, "GBP", 600, "first", None)


@pytest.mark.usefixtures("payment")
def test_an_unknown_status_is_refused_by_the_column_too(execute: Any, refused: Any) -> None:
    """The owner may switch triggers off, to mend a row; the list of statuses still holds."""
    execute(INSERT, "requested", "GBP", 600, "first", None)
    execute("ALTER TABLE refunds_refund DISABLE TRIGGER USER")
    assert "refund_status_is_known" in refused("UPDATE refunds_refund SET status = 'lost'")


@pytest.mark.usefixtures("payment")
def test_a_refund_in_another_currency_than_its_payment_is_refused(refused: Any) -> None:
    message = refused(INSERT, "requested", "EUR", 600, "first", None)
    assert message == "refund: EUR is not the currency of its payment"


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize("pennies", [0, -1])
def test_a_refund_of_nothing_is_refused(refused: Any, pennies: int) -> None:
    message = refused(INSERT, "requested", "GBP", pennies, "first", None)
    assert "refund_amount_is_positive" in message


@pytest.mark.usefixtures("payment")
def test_refunds_never_add_up_to_more_than_the_payment(execute: Any, refused: Any) -> None:
    too_much = "refund: the payment holds less than its refunds add up to"
    assert refused(INSERT, "requested", "GBP", 1001, "first", None) == too_much
    execute(INSERT, "requested", "GBP", 600, "first", None)
    assert refused(INSERT, "requested", "GBP", 401, "second", None) == too_much
    execute("UPDATE refunds_refund SET status = 'failed'")
    execute(INSERT, "requested", "GBP", 1000, "second", None)


@pytest.mark.usefixtures("payment")
def test_ids_and_keys_are_unique(execute: Any, refused: Any) -> None:
    execute(INSERT, "requested", "GBP", 100, "first", "re_1")
    assert "idempotency_key" in refused(INSERT, "requested", "GBP", 100, "first", "re_2")
    assert "stripe_refund_id" in refused(INSERT, "requested", "GBP", 100, "second", "re_1")


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize(
    "assignment",
    [
        "amount_pennies = 1",
        "currency = 'EUR'",
        "payment_id = payment_id + 1",
        "idempotency_key = 'other'",
    ],
)
def test_the_terms_of_a_refund_never_change(execute: Any, refused: Any, assignment: str) -> None:
    execute(INSERT, "requested", "GBP", 600, "first", None)
    assert "never change" in refused(f"UPDATE refunds_refund SET {assignment}")
