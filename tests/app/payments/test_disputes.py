"""A payment is disputed: recorded from Stripe's facts, and what the shop then refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from payments import disputes, gateway, services
from payments.models import DISPUTE_MOVES, OPEN_DISPUTE, Dispute, DisputeStatus, Payment
from refunds import services as refunds
from refunds.models import Refund

INSERT = """
    INSERT INTO payments_dispute (payment_id, stripe_dispute_id, status, currency, amount_pennies,
        reason, opened_at, closed_at)
    SELECT id, %s, %s, %s, %s, 'fraudulent', now(), %s FROM payments_payment
"""
FULFIL = "UPDATE orders_order SET status = 'fulfilled', fulfilled_at = now()"
(
    ASKED,
    ASKED_REVIEW,
    ASKED_CLOSED,
    NEEDS_RESPONSE,
    UNDER_REVIEW,
    WON,
    LOST,
    PREVENTED,
) = DisputeStatus
# Written out here, not read from DISPUTE_MOVES.
LEGAL = {
    ASKED: {ASKED_REVIEW, ASKED_CLOSED, NEEDS_RESPONSE, UNDER_REVIEW, WON, LOST, PREVENTED},
    ASKED_REVIEW: {ASKED_CLOSED, NEEDS_RESPONSE, UNDER_REVIEW, WON, LOST, PREVENTED},
    ASKED_CLOSED: {NEEDS_RESPONSE, UNDER_REVIEW, WON, LOST},
    NEEDS_RESPONSE: {UNDER_REVIEW, WON, LOST},
    UNDER_REVIEW: {WON, LOST},
    WON: set(),
    LOST: {WON},
    PREVENTED: set(),
}


@pytest.fixture
def order(shop: Any) -> Any:
    """£100.00, paid."""
    return shop.paid_order()


@pytest.fixture
def ops(shop: Any, olly_ops: Any) -> Any:
    return shop.actor(olly_ops)


def fact(payment: Payment, status: str = "needs_response", **changes: Any) -> gateway.DisputeFact:
    made = gateway.DisputeFact(
        id="du_1",
        status=status,
        amount_pennies=payment.amount_pennies,
        currency=payment.currency,
        reason="fraudulent",
        intent_id=payment.stripe_intent_id or "",
        opened_at=payment.created_at,
        respond_by=payment.created_at + timedelta(days=9),
    )
    return replace(made, **changes)


def open_dispute(shop: Any, **how: Any) -> str:
    """The newest payment is disputed at Stripe and the shop hears of it."""
    intent = Payment.objects.latest("id").stripe_intent_id
    dispute: str = shop.twin.control.open_dispute(intent=intent, **how)["id"]
    shop.deliver()
    return dispute


def test_an_opened_dispute_is_recorded_and_its_money_is_not_the_shops(
    shop: Any, order: Any
) -> None:
    opened = open_dispute(shop)
    dispute, payment = Dispute.objects.get(), Payment.objects.get()
    assert (dispute.stripe_dispute_id, dispute.status) == (opened, "needs_response")
    assert (dispute.amount_pennies, dispute.currency) == (10000, "GBP")
    assert (dispute.reason, dispute.closed_at, dispute.is_open) == ("fraudulent", None, True)
    assert dispute.respond_by == dispute.opened_at + timedelta(days=9)
    assert str(dispute) == f"Dispute {dispute.pk} of £100.00"
    assert (payment.disputed_pennies, payment.left_pennies) == (10000, 0)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("paid", 10000)


def test_a_won_dispute_gives_the_money_back_to_the_shop(shop: Any, order: Any, ops: Any) -> None:
    dispute = open_dispute(shop)
    shop.twin.control.close_dispute(id=dispute, outcome="won")
    shop.deliver()
    assert Dispute.objects.values_list("status", "closed_at").get() == ("won", shop.now)
    assert Payment.objects.get().disputed_pennies == 0
    services.fulfil(order=order, by=ops, reason="sent", now=shop.now)
    refund = refunds.issue(order=order, asked_pennies=1, reason="late", by=ops, now=shop.now)
    assert refund.status == "succeeded"


def test_a_lost_dispute_keeps_the_money_and_leaves_the_order_its_status(
    shop: Any, order: Any, ops: Any
) -> None:
    """Stripe leaves lost money withdrawn and refunds nothing of a charge that was charged back,
    not even the part that was not: so the shop does not ask it to."""
    dispute = open_dispute(shop, amount=4000)
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    order.refresh_from_db()
    assert Dispute.objects.get().status == "lost"
    assert (order.status, Payment.objects.get().disputed_pennies) == ("paid", 4000)
    with pytest.raises(refunds.CannotRefund) as no:
        refunds.issue(order=order, asked_pennies=1, reason="kind", by=ops, now=shop.now)
    assert str(no.value) == (
        f"Order {order.pk}: the bank gave £40.00 back in a dispute; nothing more can be refunded."
    )
    services.fulfil(order=order, by=ops, reason="sent for the rest", now=shop.now)
    assert order.history.latest("id").target == "fulfilled"


def test_an_open_dispute_stops_refunds_and_fulfilment(shop: Any, order: Any, ops: Any) -> None:
    open_dispute(shop, amount=1)
    with pytest.raises(refunds.CannotRefund, match="a dispute is open; answer it at Stripe"):
        refunds.issue(order=order, asked_pennies=1, reason="kind", by=ops, now=shop.now)
    with pytest.raises(services.CannotFulfil, match="a dispute is open; settle it at Stripe"):
        services.fulfil(order=order, by=ops, reason="sent", now=shop.now)
    assert not Refund.objects.exists()


def test_an_inquiry_stops_fulfilment_and_can_be_settled_by_a_refund(
    shop: Any, order: Any, ops: Any
) -> None:
    """The bank only asks, the money is still the shop's: a refund is Stripe's advice then."""
    disputes.record(fact=fact(Payment.objects.get(), "warning_needs_response"), now=shop.now)
    with pytest.raises(services.CannotFulfil, match="a dispute is open"):
        services.fulfil(order=order, by=ops, reason="sent", now=shop.now)
    refund = refunds.issue(order=order, asked_pennies=10000, reason="asked", by=ops, now=shop.now)
    assert (refund.status, Payment.objects.get().refunded_pennies) == ("succeeded", 10000)


def test_a_chargeback_after_a_refund_is_recorded(shop: Any, order: Any, ops: Any) -> None:
    refunds.issue(order=order, asked_pennies=10000, reason="broken", by=ops, now=shop.now)
    open_dispute(shop)
    payment = Payment.objects.get()
    assert (payment.refunded_pennies, payment.disputed_pennies) == (10000, 10000)
    assert Dispute.objects.get().status == "needs_response"
    order.refresh_from_db()
    assert order.status == "refunded"


def test_a_dispute_that_arrives_before_its_payment_waits_for_it(shop: Any, order: Any) -> None:
    with pytest.raises(services.NotOurs):
        disputes.record(fact=fact(Payment.objects.get(), intent_id="pi_other"), now=shop.now)
    assert not Dispute.objects.exists()


def test_recording_twice_changes_nothing(shop: Any, order: Any) -> None:
    payment = Payment.objects.get()
    for hours in (0, 1):
        disputes.record(fact=fact(payment, "lost"), now=shop.now + timedelta(hours=hours))
    assert Dispute.objects.get().closed_at == shop.now
    payment.refresh_from_db()
    assert payment.disputed_pennies == 10000


def test_facts_that_were_overtaken_change_nothing(shop: Any, order: Any) -> None:
    payment = Payment.objects.get()
    disputes.record(fact=fact(payment, "won"), now=shop.now)
    disputes.record(fact=fact(payment, "needs_response"), now=shop.now)
    payment.refresh_from_db()
    assert (Dispute.objects.get().status, payment.disputed_pennies) == ("won", 0)


def test_a_lost_dispute_that_the_customer_withdraws_is_won(shop: Any, order: Any) -> None:
    payment = Payment.objects.get()
    disputes.record(fact=fact(payment, "lost"), now=shop.now)
    disputes.record(fact=fact(payment, "won"), now=shop.now)
    payment.refresh_from_db()
    assert (Dispute.objects.get().status, payment.disputed_pennies) == ("won", 0)


@pytest.mark.parametrize("status", [NEEDS_RESPONSE, UNDER_REVIEW, LOST, PREVENTED])
def test_two_disputes_of_one_payment_add_up(shop: Any, order: Any, status: str) -> None:
    payment = Payment.objects.get()
    disputes.record(fact=fact(payment, status, amount_pennies=6000), now=shop.now)
    disputes.record(fact=fact(payment, status, amount_pennies=7000, id="du_2"), now=shop.now)
    payment.refresh_from_db()
    assert payment.disputed_pennies == 13000


def test_a_dispute_in_another_currency_is_a_disagreement(shop: Any, order: Any) -> None:
    with pytest.raises(services.Disagrees, match="look at both"):
        disputes.record(fact=fact(Payment.objects.get(), currency="EUR"), now=shop.now)
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    "kind", [f"charge.dispute.{what}" for what in ("created", "funds_withdrawn", "closed")]
)
def test_one_event_is_enough_to_learn_how_a_dispute_ended(shop: Any, order: Any, kind: str) -> None:
    from webhooks.worker import process_all

    intent = Payment.objects.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent)["id"]
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    only = [event for event in shop.events() if event["type"] == kind]
    assert only
    shop.receive(only[0])
    process_all(clock=lambda: shop.now)
    assert Dispute.objects.get().status == "lost"


# What PostgreSQL refuses, whoever asks.


@pytest.fixture
def payment(cara_customer: Any, now: Any, execute: Any) -> None:
    """£10.00, captured; Stripe is not asked about it."""
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


def closed_at(status: DisputeStatus, now: Any) -> Any:
    return None if status in OPEN_DISPUTE else now


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize(
    ("source", "target"), [(a, b) for a, b in product(DisputeStatus, repeat=2) if a != b]
)
def test_only_legal_moves(
    execute: Any, refused: Any, now: Any, source: DisputeStatus, target: DisputeStatus
) -> None:
    execute(INSERT, "du_1", source, "GBP", 1000, closed_at(source, now))
    move = (
        "UPDATE payments_dispute SET status = %s, closed_at = %s",
        target,
        closed_at(target, now),
    )
    if target in LEGAL[source]:
        execute(*move)
    else:
        assert f"{source} to {target} is no legal move" in refused(*move)
    assert (target in DISPUTE_MOVES[source]) == (target in LEGAL[source])


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (("du_2", "noticed", "GBP", 1, "2026-03-02T12:00Z"), "dispute_status_is_known"),
        (("du_2", "lost", "GBP", 1, None), "dispute_closed_has_its_time"),
        (("du_2", "needs_response", "GBP", 0, None), "dispute_amount_is_positive"),
        (("du_2", "needs_response", "EUR", 1, None), "EUR is not the currency of its payment"),
        (("du_1", "needs_response", "GBP", 1, None), "stripe_dispute_id"),
    ],
)
def test_a_dispute_that_cannot_be_is_refused(
    execute: Any, refused: Any, values: tuple[Any, ...], rule: str
) -> None:
    execute(INSERT, "du_1", "needs_response", "GBP", 1000, None)
    assert rule in refused(INSERT, *values)


@pytest.mark.usefixtures("payment")
@pytest.mark.parametrize(
    "assignment",
    [
        "payment_id = payment_id + 1",
        "stripe_dispute_id = 'du_9'",
        "currency = 'EUR'",
        "opened_at = now() + interval '1 day'",
    ],
)
def test_the_terms_of_a_dispute_never_change(execute: Any, refused: Any, assignment: str) -> None:
    execute(INSERT, "du_1", "needs_response", "GBP", 1000, None)
    assert "never change" in refused(f"UPDATE payments_dispute SET {assignment}")  # noqa: S608


@pytest.mark.usefixtures("payment")
def test_more_may_be_disputed_and_refunded_than_was_captured(execute: Any) -> None:
    execute("UPDATE payments_payment SET refunded_pennies = 1000, disputed_pennies = 1000")
    assert Payment.objects.get().left_pennies == 0


@pytest.mark.usefixtures("payment")
def test_no_refund_is_begun_while_a_dispute_has_the_money(execute: Any, refused: Any) -> None:
    begin = (
        "INSERT INTO refunds_refund (payment_id, status, currency, amount_pennies, reason,"
        " idempotency_key, stripe_refund_id, failure, requested_at)"
        " SELECT id, 'requested', 'GBP', 1, 'chipped', %s, %s, '', now() FROM payments_payment"
    )
    execute("UPDATE payments_payment SET disputed_pennies = 1")
    assert refused(begin, "k1", None) == "refund: the payment is disputed"
    execute(begin, "k2", "re_made_at_stripe")


@pytest.mark.usefixtures("payment")
def test_an_inquiry_stops_fulfilment_in_the_database_too(execute: Any, refused: Any) -> None:
    execute("UPDATE orders_order SET status = 'paid', captured_pennies = 1000")
    execute(INSERT, "du_1", "warning_needs_response", "GBP", 1000, None)
    assert refused(FULFIL).endswith(": a dispute is open, or took all the money")
    execute("UPDATE payments_dispute SET status = 'warning_closed', closed_at = now()")
    execute(FULFIL)


@pytest.mark.usefixtures("payment")
def test_an_order_of_which_banks_left_nothing_stays_unsent_in_the_database_too(
    execute: Any, refused: Any
) -> None:
    execute("UPDATE orders_order SET status = 'paid', captured_pennies = 1000")
    take = (
        "UPDATE payments_payment SET refunded_pennies = 300, pending_refund_pennies = 200,"
        " disputed_pennies = %s"
    )
    execute(take, 500)
    assert refused(FULFIL).endswith(": a dispute is open, or took all the money")
    execute(take, 499)
    execute(FULFIL)
