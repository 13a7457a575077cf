"""refunds.late_money: what was never the shop's goes back, once, with all rules of a refund."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from audit.models import Entry
from orders.lifecycle import OrderStatus
from orders.services import move
from payments.models import Payment
from refunds import late_money, policy, services
from refunds.late_money import Outcome, due
from refunds.models import Refund
from refunds.order_page import for_customer
from tests.app.together import at_once

pytestmark = pytest.mark.django_db


def give_back(shop: Any, payments: list[Payment] | None = None) -> Outcome:
    return late_money.give_back(
        payments=due() if payments is None else payments, by=shop.system, clock=lambda: shop.now
    )


def gave_up(shop: Any, order: Any) -> Payment:
    """A payment that was given up here while its page stayed open at Stripe."""
    payment = shop.checkout(order)
    Payment.objects.filter(pk=payment.pk).update(status="canceled")
    return payment


def pay(shop: Any, payment: Payment) -> Payment:
    shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    payment.refresh_from_db()
    return payment


def refund(shop: Any, payment: Payment, *, pennies: int = 10000) -> None:
    """As somebody asks for it, who picks this payment of its order."""
    services.issue(
        order=payment.order,
        asked_pennies=pennies,
        reason="sent back",
        by=shop.system,
        now=shop.now,
        choose=lambda _: payment,
    )


@pytest.fixture
def late(shop: Any) -> Payment:
    """£100.00 that came for an order which had been canceled."""
    order = shop.order()
    payment = gave_up(shop, order)
    move(order=order, target=OrderStatus.CANCELED, by=shop.system, reason="gone", now=shop.now)
    return pay(shop, payment)


@pytest.fixture
def twice(shop: Any) -> list[Payment]:
    """The two payments of one order, an hour apart, the younger row's first."""
    order = shop.order()
    older, younger = gave_up(shop, order), gave_up(shop, order)
    pay(shop, younger)
    shop.now += timedelta(hours=1)
    return [younger, pay(shop, older)]


def test_late_money_goes_back_whole_once_and_the_record_says_why(shop: Any, late: Payment) -> None:
    assert [give_back(shop), give_back(shop)] == [Outcome(1, 0), Outcome(0, 0)]
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_pennies, refund.status) == (late, 10000, "succeeded")
    asked, settled = Entry.objects.filter(subject=f"refund:{refund.pk}").order_by("id")
    assert (asked.action, asked.actor_role, asked.reason) == (
        "refund-asked",
        "system",
        late_money.WHY_CANCELED,
    )
    assert (settled.action, settled.result) == ("refund-settled", "done")


def test_the_customer_reads_that_the_shop_gave_it_back(shop: Any, late: Payment) -> None:
    give_back(shop)
    page = for_customer(order_id=late.order_id, customer=shop.customer)
    assert [(step.words, step.who) for step in page.steps if step.words.startswith("Refund")] == [
        ("Refund of £100.00, succeeded", "the shop's system")
    ]


def test_what_was_paid_second_goes_back_however_the_rows_came(
    shop: Any, twice: list[Payment]
) -> None:
    assert due() == [twice[1]]
    assert give_back(shop) == Outcome(1, 0)
    refund = Refund.objects.get()
    assert (refund.payment, refund.reason) == (twice[1], late_money.WHY_SECOND)


def test_of_three_payments_the_first_is_kept(shop: Any, twice: list[Payment]) -> None:
    third = Payment.objects.create(
        order=twice[0].order,
        currency="GBP",
        amount_pennies=10000,
        idempotency_key="third",
        created_at=shop.now,
    )
    shop.twin.control.behave()
    assert third not in due()
    Payment.objects.filter(pk=third.pk).update(
        status="succeeded", captured_pennies=10000, succeeded_at=shop.now + timedelta(hours=1)
    )
    assert due() == [twice[1], third]
    refund(shop, twice[1])
    assert due() == [third]


def test_one_that_is_alone_once_the_first_is_on_its_way_back_stays(
    shop: Any, twice: list[Payment]
) -> None:
    shop.twin.control.misbehave(fault="refund_pending")
    refund(shop, twice[0])
    assert due() == []


def test_a_payment_that_did_not_succeed_did_not_come_second(shop: Any) -> None:
    assert services.came_second(shop.checkout(shop.order())) is False
    order = shop.order()
    unpaid, paid = gave_up(shop, order), gave_up(shop, order)
    pay(shop, paid)
    assert services.came_second(unpaid) is False


def test_a_second_payment_goes_back_less_what_went_back_already(
    shop: Any, twice: list[Payment]
) -> None:
    refund(shop, twice[1], pennies=7000)
    give_back(shop)
    assert sorted(Refund.objects.values_list("payment", "amount_pennies")) == [
        (twice[1].pk, 3000),
        (twice[1].pk, 7000),
    ]


def test_money_of_an_order_that_holds_no_more_than_its_own_stays(shop: Any) -> None:
    shop.paid_order()
    assert due() == []


def test_a_disputed_payment_is_left_to_the_bank(shop: Any, late: Payment) -> None:
    dispute = shop.twin.control.open_dispute(intent=late.stripe_intent_id)["id"]
    shop.deliver()
    assert due() == []
    shop.twin.control.close_dispute(id=dispute, outcome="won")
    shop.deliver()
    assert due() == [late]


def test_a_dispute_that_came_after_the_look_is_a_refusal_on_record(
    shop: Any, late: Payment
) -> None:
    found = due()
    shop.twin.control.open_dispute(intent=late.stripe_intent_id)
    shop.deliver()
    assert give_back(shop, found) == Outcome(0, 1)
    assert not Refund.objects.exists()
    assert Entry.objects.filter(action="refused", subject=f"order:{late.order_id}").count() == 1


def test_a_payment_that_is_the_only_one_by_now_is_kept(shop: Any, twice: list[Payment]) -> None:
    found = due()
    refund(shop, twice[0])
    assert give_back(shop, found) == Outcome(0, 1)
    assert Refund.objects.get().payment == twice[0]


def test_a_payment_that_became_the_only_one_after_the_look_is_kept(
    shop: Any, twice: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody stands in the way of the first one's refund until order and payments are held."""
    may_issue = policy.may_issue

    def meanwhile(by: Any) -> bool:
        Payment.objects.filter(pk=twice[0].pk).update(refunded_pennies=10000)
        return may_issue(by)

    found = due()
    monkeypatch.setattr(policy, "may_issue", meanwhile)
    assert give_back(shop, found) == Outcome(0, 1)
    assert not Refund.objects.exists()
    assert "is its only one now" in Entry.objects.get(action="refused").reason


@pytest.mark.django_db(transaction=True)
def test_order_and_payments_are_held_while_it_is_decided(
    shop: Any, twice: list[Payment], is_held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assess, held = policy.assess, []

    def look(**asked: Any) -> policy.Assessment:
        held.extend(is_held(row) for row in (twice[0].order, *twice))
        return assess(**asked)

    monkeypatch.setattr(policy, "assess", look)
    assert give_back(shop) == Outcome(1, 0)
    assert held == [True, True, True]
    assert not is_held(twice[0])


@pytest.mark.parametrize("fault", ["answer_lost", "cut_before", "timeout_after"])
def test_an_unknown_outcome_keeps_the_money_reserved_and_is_never_asked_twice(
    shop: Any, late: Payment, fault: str, settings: Any
) -> None:
    settings.STRIPE_TIMEOUT_S = 0.5
    shop.twin.control.misbehave(fault=fault, path="/v1/refunds", times=3, seconds=1)
    give_back(shop)
    assert Refund.objects.get().status == "requested"
    assert due() == []
    shop.twin.control.behave()
    shop.now += timedelta(minutes=5)
    services.follow_up_due(clock=lambda: shop.now)
    assert Refund.objects.get().status == "succeeded"
    assert shop.twin.control.state()["objects"]["refund"] == 1


def test_a_definite_no_is_not_asked_for_again(shop: Any, late: Payment) -> None:
    shop.twin.control.refund_from_dashboard(payment_intent=late.stripe_intent_id, amount=10000)
    give_back(shop)
    assert Refund.objects.get().status == "failed"
    assert due() == []


def test_since_leaves_out_what_came_before(shop: Any, late: Payment) -> None:
    assert due(since=shop.now) == [late]
    assert due(since=shop.now + timedelta(seconds=1)) == []


def test_each_payment_goes_back_at_its_own_time(
    shop: Any, late: Payment, twice: list[Payment]
) -> None:
    moments = [shop.now, shop.now + timedelta(days=1)]
    clock = iter(moments).__next__
    assert late_money.give_back(payments=due(), by=shop.system, clock=clock) == Outcome(2, 0)
    found = Refund.objects.order_by("id").values_list("payment", "requested_at", "settled_at")
    assert list(found) == [
        (late.pk, moments[0], moments[0]),
        (twice[1].pk, moments[1], moments[1]),
    ]


@pytest.mark.django_db(transaction=True)
def test_four_at_once_give_it_back_once(shop: Any, late: Payment) -> None:
    outcomes = at_once([partial(give_back, shop, due())] * 4)
    late.refresh_from_db()
    assert (late.refunded_pennies, late.pending_refund_pennies) == (10000, 0)
    assert Refund.objects.count() == 1
    assert outcomes == [Outcome(1, 0)] * 4
