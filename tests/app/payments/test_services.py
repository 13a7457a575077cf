from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from audit.models import Entry
from orders.services import IllegalMove
from payments import gateway, services
from payments.models import Payment


@pytest.fixture
def cara(shop: Any) -> Any:
    return shop.actor(shop.customer)


def sessions(shop: Any) -> int:
    return shop.twin.control.state()["objects"].get("checkout.session", 0)


def fact(payment: Payment, status: str = "succeeded", **changes: Any) -> gateway.Intent:
    values = {
        "id": "pi_1",
        "status": status,
        "amount_pennies": payment.amount_pennies,
        "received_pennies": payment.amount_pennies if status == "succeeded" else 0,
        "currency": payment.currency,
        "key": payment.idempotency_key,
        "failure": "",
    }
    return gateway.Intent(**(values | changes))


def test_checkout_leads_to_stripes_page_for_exactly_the_order(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    assert (payment.status, payment.amount_pennies, payment.currency) == ("created", 10000, "GBP")
    assert payment.checkout_url.startswith(shop.twin.address)
    with shop.twin.account.store.change():
        session = shop.twin.account.store.get("checkout.session", payment.stripe_session_id)
    assert (session["amount_total"], session["currency"]) == (10000, "gbp")
    assert session["metadata"] == {
        "payment_key": payment.idempotency_key,
        "order": str(order.pk),
    }
    assert session["success_url"].endswith(f"/orders/{order.pk}/returned/")


def test_paying_again_comes_back_to_the_same_open_page(shop: Any) -> None:
    order = shop.order()
    assert shop.checkout(order) == shop.checkout(order)
    assert (Payment.objects.count(), sessions(shop)) == (1, 1)


def test_stripe_is_never_asked_while_a_transaction_is_open(shop: Any) -> None:
    """The key would not be committed before the call, and rows would be held during it."""
    order = shop.order()
    with pytest.raises(RuntimeError, match="durable atomic block"), transaction.atomic():
        shop.checkout(order)
    assert (Payment.objects.count(), sessions(shop)) == (0, 0)


def test_an_event_tells_the_page_whose_making_was_never_confirmed(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    payment = Payment.objects.get()
    page = gateway.find_session(key=payment.idempotency_key, since=shop.now - timedelta(days=400))
    assert page
    assert payment.stripe_session_id is None
    settled = services.settle(payment=payment, intent=None, session=page, now=shop.now)
    assert (settled.stripe_session_id, settled.status) == (page.id, "created")


def test_an_expired_page_is_replaced_by_a_new_payment(shop: Any) -> None:
    order = shop.order()
    first = shop.checkout(order)
    shop.twin.control.clock(advance_s=25 * 3600)
    gateway_says = gateway.retrieve_session(first.stripe_session_id).status
    while gateway_says == "open":  # the twin's own thread expires it in a moment
        gateway_says = gateway.retrieve_session(first.stripe_session_id).status
    second = shop.checkout(order)
    first.refresh_from_db()
    assert (first.status, second.status) == ("canceled", "created")
    assert first.idempotency_key != second.idempotency_key


def test_an_unknown_outcome_is_asked_again_with_the_same_key(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    assert Payment.objects.get().stripe_session_id is None
    assert shop.checkout(order).checkout_url
    assert (Payment.objects.count(), sessions(shop)) == (1, 1)


def test_after_the_keys_life_the_page_is_looked_up_and_not_made_again(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    shop.now += timedelta(hours=23, minutes=1)
    payment = shop.checkout(order)
    assert (Payment.objects.count(), sessions(shop)) == (1, 1)
    assert payment.stripe_session_id


def test_after_the_keys_life_a_page_that_was_never_made_gives_a_new_payment(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="cut_before", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    shop.now += timedelta(hours=23, minutes=1)
    payment = shop.checkout(order)
    assert list(Payment.objects.values_list("status", flat=True)) == ["canceled", "created"]
    assert payment.checkout_url


def test_stripes_no_is_told_and_leaves_the_order_payable(shop: Any) -> None:
    order = shop.order(pennies=1, quantity=1)
    with pytest.raises(services.CannotPay, match="Stripe made no payment page"):
        shop.checkout(order)
    payment = Payment.objects.get()
    assert payment.status == "canceled"
    assert payment.last_failure.startswith("Stripe: ")


def test_only_a_pending_order_can_be_paid(shop: Any) -> None:
    order = shop.paid_order()
    with pytest.raises(services.CannotPay) as refusal:
        shop.checkout(order)
    assert str(refusal.value) == f"Order {order.pk}: paid, expected pending; nothing to pay."


def test_nobody_pays_a_strangers_order(shop: Any, django_user_model: Any) -> None:
    from accounts.roles import Role
    from accounts.services import give_role

    stranger = django_user_model.objects.create_user("carl_customer")
    give_role(user=stranger, role=Role.CUSTOMER)
    with pytest.raises(services.CannotPay, match="not yours"):
        services.start_checkout(order=shop.order(), by=shop.actor(stranger), now=shop.now)
    assert not Payment.objects.exists()


def test_a_completed_page_is_waited_for(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    with pytest.raises(services.CannotPay, match="its payment page is complete"):
        shop.checkout(order)


def test_a_processing_payment_is_waited_for(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.pay_later(session=shop.checkout(order).stripe_session_id)
    shop.deliver()
    with pytest.raises(services.CannotPay, match="a payment is being processed; wait for it"):
        shop.checkout(order)


def test_settled_payment_makes_its_order_paid(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    settled = services.settle(payment=payment, intent=fact(payment), now=shop.now)
    order.refresh_from_db()
    assert (settled.status, settled.captured_pennies) == ("succeeded", 10000)
    assert (settled.stripe_intent_id, settled.succeeded_at) == ("pi_1", shop.now)
    assert (order.status, order.captured_pennies, order.paid_at) == ("paid", 10000, shop.now)
    assert order.history.last().actor_role == "system"


def test_settling_twice_changes_nothing(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    for later in (0, 5):
        when = shop.now + timedelta(minutes=later)
        services.settle(payment=payment, intent=fact(payment), now=when)
    payment.refresh_from_db()
    assert (payment.captured_pennies, payment.succeeded_at) == (10000, shop.now)
    assert order.history.count() == 2


@pytest.mark.parametrize("status", ["requires_payment_method", "processing", "canceled"])
def test_overtaken_facts_take_nothing_back(shop: Any, status: str) -> None:
    payment = shop.checkout(shop.order())
    services.settle(payment=payment, intent=fact(payment), now=shop.now)
    settled = services.settle(payment=payment, intent=fact(payment, status), now=shop.now)
    assert (settled.status, settled.captured_pennies) == ("succeeded", 10000)


def test_a_failed_attempt_is_an_attempt_and_not_an_end(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay(session=payment.stripe_session_id, card="4000000000000002")
    shop.deliver()
    payment.refresh_from_db()
    assert (payment.status, payment.last_failure) == ("created", "generic_decline")
    shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, payment.last_failure, order.status) == ("succeeded", "", "paid")


@pytest.mark.parametrize("changes", [{"currency": "EUR"}, {"amount_pennies": 1}, {"id": "pi_2"}])
def test_facts_that_disagree_are_refused_and_written_nowhere(
    shop: Any, changes: dict[str, Any]
) -> None:
    payment = shop.checkout(shop.order())
    services.settle(payment=payment, intent=fact(payment, "processing"), now=shop.now)
    with pytest.raises(services.Disagrees, match="look at both"):
        services.settle(payment=payment, intent=fact(payment, **changes), now=shop.now)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_pennies) == ("processing", 0)


def test_late_money_is_recorded_and_the_order_stays_canceled(shop: Any, cara: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    services.settle(payment=payment, intent=fact(payment), now=shop.now)
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("canceled", 10000)
    assert [step.target for step in order.history.all()] == ["pending", "canceled"]


def test_yen_are_captured_as_whole_yen(shop: Any) -> None:
    order = shop.paid_order(pennies=1800, quantity=2, currency="JPY")
    payment = Payment.objects.get()
    assert (payment.captured_pennies, payment.currency, order.total) == (3600, "JPY", "¥3,600")


def test_cancel_closes_the_page_first(shop: Any, cara: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    payment.refresh_from_db()
    assert gateway.retrieve_session(payment.stripe_session_id).status == "expired"
    assert (order.status, payment.status) == ("canceled", "canceled")
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("order-canceled", f"order:{order.pk}")


def test_cancel_without_a_payment_asks_stripe_nothing(
    shop: Any, olly_ops: Any, settings: Any
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    order = shop.order()
    services.cancel(order=order, by=shop.actor(olly_ops), reason="asked by phone", now=shop.now)
    order.refresh_from_db()
    assert order.status == "canceled"


def test_cancel_closes_a_page_whose_making_was_never_confirmed(shop: Any, cara: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    services.cancel(order=order, by=cara, reason="gave up", now=shop.now)
    with shop.twin.account.store.change():
        (session,) = shop.twin.account.store.all("checkout.session")
        assert session["status"] == "expired"


def test_cancel_of_a_page_that_was_never_made_needs_no_closing(shop: Any, cara: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="cut_before", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    later = shop.now + timedelta(hours=23, minutes=1)
    shop.twin.control.misbehave(fault="cut_before", method="GET")
    with pytest.raises(gateway.Unknown):
        services.cancel(order=order, by=cara, reason="gave up", now=later)
    services.cancel(order=order, by=cara, reason="gave up", now=later)
    order.refresh_from_db()
    assert (order.status, sessions(shop)) == ("canceled", 0)
    assert Payment.objects.get().status == "canceled"


@pytest.mark.parametrize("how", ["pay", "pay_later"])
def test_cancel_is_refused_while_money_may_be_coming(shop: Any, cara: Any, how: str) -> None:
    order = shop.order()
    getattr(shop.twin.control, how)(session=shop.checkout(order).stripe_session_id)
    with pytest.raises(services.CannotCancel, match="a payment is being made"):
        services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    assert order.status == "pending"
    assert Entry.objects.latest("id").action == "refused"


def test_cancel_gives_way_to_a_page_that_was_paid_this_moment(
    shop: Any, cara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid between the look at the page and its closing: Stripe then closes nothing."""
    order = shop.order()
    close = gateway.expire_session

    def paid_first(session_id: str) -> gateway.CheckoutSession:
        shop.twin.control.pay(session=session_id)
        return close(session_id)

    shop.checkout(order)
    monkeypatch.setattr(gateway, "expire_session", paid_first)
    with pytest.raises(services.CannotCancel, match=r"could not be closed .* wait a minute"):
        services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("pending", "created")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("processing", "a payment is processing; wait for it, or refund it"),
        ("canceled", "a payment was just begun; ask again"),
    ],
)
def test_cancel_looks_again_at_the_payments_once_it_holds_the_order(
    shop: Any, cara: Any, monkeypatch: pytest.MonkeyPatch, status: str, sentence: str
) -> None:
    """While the page was being closed, a worker or another visit changed the payments."""
    order = shop.order()
    close = gateway.expire_session

    def meanwhile(session_id: str) -> gateway.CheckoutSession:
        closed = close(session_id)
        Payment.objects.update(status=status)
        if status == "canceled":
            shop.checkout(order)
        return closed

    shop.checkout(order)
    monkeypatch.setattr(gateway, "expire_session", meanwhile)
    with pytest.raises(services.CannotCancel, match=sentence):
        services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    assert order.status == "pending"


def test_cancel_that_gets_no_answer_changes_nothing(shop: Any, cara: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.misbehave(fault="cut_before", path="*/expire")
    with pytest.raises(gateway.Unknown):
        services.cancel(order=order, by=cara, reason="changed my mind", now=shop.now)
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("pending", "created")


def test_cancel_by_somebody_who_may_not_never_reaches_stripe(shop: Any, ana_analyst: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    with pytest.raises(IllegalMove):
        services.cancel(order=order, by=shop.actor(ana_analyst), reason="tidy", now=shop.now)
    assert gateway.retrieve_session(payment.stripe_session_id).status == "open"


def test_fulfil_moves_a_paid_order_and_is_audited(shop: Any, olly_ops: Any) -> None:
    order = shop.paid_order()
    services.fulfil(order=order, by=shop.actor(olly_ops), reason="sent", now=shop.now)
    order.refresh_from_db()
    assert (order.status, order.fulfilled_at) == ("fulfilled", shop.now)
    assert Entry.objects.latest("id").action == "order-fulfilled"


def test_fulfil_is_refused_while_a_dispute_is_open(shop: Any, olly_ops: Any) -> None:
    order = shop.paid_order()
    shop.twin.control.open_dispute(intent=Payment.objects.get().stripe_intent_id, amount=1)
    shop.deliver()
    with pytest.raises(services.CannotFulfil, match="a dispute is open"):
        services.fulfil(order=order, by=shop.actor(olly_ops), reason="sent", now=shop.now)
    order.refresh_from_db()
    assert order.status == "paid"
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("refused", f"order:{order.pk}")
    assert entry.reason.startswith("fulfil: ")


def test_facts_about_nobodys_payment_are_worth_another_try(shop: Any) -> None:
    with pytest.raises(services.NotOurs, match="pi_9; trying again later"):
        services.find(intent_id="pi_9")
