"""Whole stories in which money does the unexpected: it is on record, it is an issue for somebody
where a person must act, and the issue resolves once they did. The twin stands for Stripe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from monitoring import late_money
from monitoring.models import Issue
from monitoring.services import acknowledge, run_checks
from orders.lifecycle import OrderStatus
from orders.services import move
from payments import services as payments
from payments.models import Dispute, Payment
from refunds import services as refunds
from refunds.models import Refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(shop: Any, olly_ops: Any) -> Any:
    return shop.actor(olly_ops)


def money_issues(shop: Any) -> list[str]:
    """What the checks of money find now, as `check subject`; those of Stripe's records left out."""
    run_checks(now=shop.now, only=MONEY)
    found = Issue.objects.exclude(status="resolved").order_by("check_name", "subject")
    return [f"{issue.check_name} {issue.subject}" for issue in found]


MONEY = [
    "paid-without-payment",
    "payment-without-paid-order",
    "order-captured-differs",
    "refunds-do-not-add-up",
    "refunded-beyond-captured",
    "chargeback-after-refund",
    "money-on-canceled-order",
    "two-payments-kept",
    "status-differs-from-amounts",
    "history-differs-from-status",
]


def amounts(order: Any) -> tuple[str, int, int]:
    order.refresh_from_db()
    return order.status, order.captured_pennies, order.refunded_pennies


def refund(shop: Any, order: Any, pennies: int, ops: Any) -> Refund:
    return refunds.issue(
        order=order, asked_pennies=pennies, reason="as the policy says", by=ops, now=shop.now
    )


def _given_up_and_paid_all_the_same(shop: Any) -> Any:
    """The page was not closed at Stripe when the order was canceled, and somebody paid it."""
    order = shop.order()
    payment = shop.checkout(order)
    Payment.objects.filter(pk=payment.pk).update(status="canceled")
    move(order=order, target=OrderStatus.CANCELED, by=shop.system, reason="gone", now=shop.now)
    shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    return order


def give_back(shop: Any) -> tuple[int, int]:
    """What the schedule does every minute."""
    outcome = late_money.give_back(by=shop.system, clock=lambda: shop.now)
    return outcome.asked, outcome.left


def life(check: str) -> list[tuple[str, int, int]]:
    """Of each issue of this check: its status, how often it opened and was seen."""
    issues = Issue.objects.filter(check_name=check)
    return list(issues.values_list("status", "times_opened", "times_seen"))


@pytest.mark.slow
def test_late_money_opens_an_issue_goes_back_by_itself_and_the_issue_resolves(shop: Any) -> None:
    order = _given_up_and_paid_all_the_same(shop)
    assert amounts(order) == ("canceled", 10000, 0)
    assert give_back(shop) == (1, 0)
    assert amounts(order) == ("canceled", 10000, 10000)
    assert life("money-on-canceled-order") == [("resolved", 1, 1)]
    assert money_issues(shop) == []
    assert give_back(shop) == (0, 0)
    assert Refund.objects.count() == 1


@pytest.mark.slow
def test_late_money_stays_an_issue_while_it_is_on_its_way(shop: Any) -> None:
    order = _given_up_and_paid_all_the_same(shop)
    shop.twin.control.misbehave(fault="refund_pending")
    assert [give_back(shop), give_back(shop)] == [(1, 0), (0, 0)]
    assert life("money-on-canceled-order") == [("open", 1, 2)]
    shop.twin.control.settle(id=Refund.objects.get().stripe_refund_id)
    shop.deliver()
    assert amounts(order) == ("canceled", 10000, 10000)
    assert money_issues(shop) == []


@pytest.mark.slow
def test_late_money_that_could_not_go_back_is_left_to_a_person(shop: Any, ops: Any) -> None:
    order = _given_up_and_paid_all_the_same(shop)
    give_back(shop)
    shop.twin.control.fail(id=Refund.objects.get().stripe_refund_id)
    shop.deliver()
    assert amounts(order) == ("canceled", 10000, 0)
    assert give_back(shop) == (0, 0)
    assert money_issues(shop) == [f"money-on-canceled-order order:{order.pk}"]
    refund(shop, order, 10000, ops)
    assert amounts(order) == ("canceled", 10000, 10000)
    assert money_issues(shop) == []


def _paid_twice(shop: Any) -> Any:
    order = shop.order()
    first = shop.checkout(order)
    Payment.objects.filter(pk=first.pk).update(status="canceled")
    second = shop.checkout(order)
    for payment in (first, second):
        shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    assert amounts(order) == ("paid", 20000, 0)
    return order


@pytest.mark.slow
def test_a_second_payment_is_an_issue_goes_back_by_itself_and_the_first_is_kept(
    shop: Any,
) -> None:
    order = _paid_twice(shop)
    assert money_issues(shop) == [f"two-payments-kept order:{order.pk}"]
    assert give_back(shop) == (1, 0)
    assert amounts(order) == ("paid", 20000, 10000)
    kept = Payment.objects.order_by("pk").values_list("refunded_pennies", flat=True)
    assert list(kept) == [0, 10000]
    assert money_issues(shop) == []
    assert life("two-payments-kept") == [("resolved", 1, 2)]
    assert give_back(shop) == (0, 0)


def test_a_second_payment_is_kept_when_a_person_gave_the_first_one_back(
    shop: Any, ops: Any
) -> None:
    order = _paid_twice(shop)
    refund(shop, order, 10000, ops)
    assert money_issues(shop) == []
    assert give_back(shop) == (0, 0)
    assert amounts(order) == ("paid", 20000, 10000)


@pytest.mark.slow
def test_a_chargeback_after_a_refund_is_recorded_and_an_issue_until_it_is_won(
    shop: Any, ops: Any
) -> None:
    order = shop.paid_order()
    refund(shop, order, 10000, ops)
    payment = Payment.objects.get()
    dispute = shop.twin.control.open_dispute(intent=payment.stripe_intent_id)["id"]
    shop.deliver()
    assert amounts(order) == ("refunded", 10000, 10000)
    assert money_issues(shop) == [
        f"chargeback-after-refund dispute:{Dispute.objects.get().pk}",
        f"refunded-beyond-captured payment:{payment.pk}",
    ]
    shop.twin.control.close_dispute(id=dispute, outcome="won")
    shop.deliver()
    assert Dispute.objects.get().status == "won"
    assert money_issues(shop) == []


@pytest.mark.slow
def test_a_chargeback_of_what_a_refund_left_is_an_issue_until_the_bank_decided(
    shop: Any, ops: Any
) -> None:
    order = shop.paid_order()
    refund(shop, order, 4000, ops)
    intent = Payment.objects.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent, amount=6000)["id"]
    shop.deliver()
    row = Dispute.objects.get()
    assert money_issues(shop) == [f"chargeback-after-refund dispute:{row.pk}"]
    [issue] = Issue.objects.all()
    assert issue.actual == (
        f"£60.00 charged back, £40.00 refunded; answer by {row.respond_by:%Y-%m-%d %H:%M} UTC"
    )
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    assert money_issues(shop) == []


@pytest.mark.slow
def test_money_that_was_lost_twice_is_an_issue_that_ends(shop: Any, ops: Any) -> None:
    """Nothing can be done about it once the bank decided, but somebody has to know."""
    order = shop.paid_order()
    refund(shop, order, 10000, ops)
    intent = Payment.objects.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent)["id"]
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    assert money_issues(shop) == [f"chargeback-after-refund dispute:{Dispute.objects.get().pk}"]
    [issue] = Issue.objects.exclude(status="resolved")
    acknowledge(
        issue=issue,
        by=ops,
        why="the bank decided",
        until=shop.now + timedelta(days=31),
        now=shop.now,
    )
    shop.now += timedelta(days=30)
    assert money_issues(shop) == []


@pytest.mark.slow
def test_late_money_that_a_bank_took_back_is_no_issue_any_more(shop: Any) -> None:
    order = _given_up_and_paid_all_the_same(shop)
    intent = Payment.objects.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent)["id"]
    shop.deliver()
    assert money_issues(shop) == [f"money-on-canceled-order order:{order.pk}"]
    assert give_back(shop) == (0, 0)
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    assert money_issues(shop) == []


@pytest.mark.slow
def test_a_refund_made_in_the_dashboard_makes_the_order_refunded_and_may_fail_later(
    shop: Any,
) -> None:
    order = shop.paid_order()
    intent = Payment.objects.get().stripe_intent_id
    made = shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=10000)
    shop.deliver()
    assert amounts(order) == ("refunded", 10000, 10000)
    shop.twin.control.fail(id=made["id"])
    shop.deliver()
    assert (Refund.objects.get().status, amounts(order)) == ("failed", ("paid", 10000, 0))
    assert money_issues(shop) == []


def test_yen_go_back_as_whole_yen(shop: Any, ops: Any) -> None:
    order = shop.paid_order(pennies=1800, quantity=2, currency="JPY")
    made = refund(shop, order, 1801, ops)
    assert (made.status, made.currency) == ("succeeded", "JPY")
    assert amounts(order) == ("paid", 3600, 1801)
    with pytest.raises(refunds.CannotRefund, match="¥1,800 asked, ¥1,799 left to refund"):
        refund(shop, order, 1800, ops)
    payments.fulfil(order=order, by=ops, reason="sent", now=shop.now)
    refund(shop, order, 1799, ops)
    assert amounts(order) == ("refunded", 3600, 3600)
    assert money_issues(shop) == []
