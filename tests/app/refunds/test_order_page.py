"""refunds.order_page: which buttons an order's page has, for whom and when."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from payments.models import Dispute, Payment
from refunds.order_page import for_customer, for_staff


@pytest.mark.slow
def test_customers_pay_and_cancel_what_is_pending_and_not_being_paid(
    shop: Any, cara_customer: Any
) -> None:
    def may(order: Any) -> tuple[bool, bool]:
        page = for_customer(order_id=order.pk, customer=cara_customer)
        return page.may_pay, page.may_cancel

    order = shop.order()
    assert may(order) == (True, True)
    shop.checkout(order)
    assert may(order) == (True, True)
    Payment.objects.update(status="processing")
    assert may(order) == (False, False)
    assert may(shop.paid_order()) == (False, False)


def test_an_order_of_somebody_else_is_not_there(shop: Any, olly_ops: Any) -> None:
    with pytest.raises(Http404):
        for_customer(order_id=shop.order().pk, customer=olly_ops)


def test_staff_may_cancel_what_is_pending_and_not_being_paid(
    shop: Any, olly_ops: Any, ana_analyst: Any
) -> None:
    order = shop.order()
    assert for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now).may_cancel
    assert not for_staff(order_id=order.pk, viewer=ana_analyst, now=shop.now).may_cancel
    shop.checkout(order)
    assert for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now).may_cancel
    Payment.objects.update(status="processing")
    assert not for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now).may_cancel


@pytest.mark.parametrize(("who", "may"), [("olly_ops", True), ("ana_analyst", False)])
def test_of_a_paid_order_staff_may_send_and_refund_but_not_cancel(
    request: Any, shop: Any, who: str, may: bool
) -> None:
    viewer = request.getfixturevalue(who)
    page = for_staff(order_id=shop.paid_order().pk, viewer=viewer, now=shop.now)
    assert (page.may_cancel, page.may_fulfil, page.may_refund) == (False, may, may)


@pytest.mark.parametrize(("pennies", "may_fulfil"), [(9999, True), (10000, False)])
def test_what_is_disputed_staff_neither_send_nor_refund(
    shop: Any, olly_ops: Any, pennies: int, may_fulfil: bool
) -> None:
    order = shop.paid_order()
    intent = Payment.objects.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent, amount=pennies)["id"]
    shop.deliver()
    page = for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now)
    assert (page.may_fulfil, page.may_refund) == (False, False)
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    page = for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now)
    assert (page.may_fulfil, page.may_refund) == (may_fulfil, False)


@pytest.mark.slow
def test_an_inquiry_is_shown_to_both_and_keeps_the_order_unsent(
    shop: Any, cara_customer: Any, olly_ops: Any
) -> None:
    order = shop.paid_order()
    Dispute.objects.create(
        payment=Payment.objects.get(),
        stripe_dispute_id="du_1",
        status="warning_needs_response",
        currency="GBP",
        amount_pennies=10000,
        reason="general",
        opened_at=shop.now,
    )
    staff = for_staff(order_id=order.pk, viewer=olly_ops, now=shop.now)
    assert (staff.may_fulfil, staff.may_refund) == (False, True)
    assert staff.next_step == "A dispute is open: do not send it. Answer it at Stripe."
    customer = for_customer(order_id=order.pk, customer=cara_customer)
    assert customer.next_step.startswith("The payment is disputed at the bank.")
