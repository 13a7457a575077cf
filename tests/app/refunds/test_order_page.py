"""refunds.order_page: which buttons an order's page has, for whom and when."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from payments.models import Payment
from refunds.order_page import for_customer, for_staff


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
    assert for_staff(order_id=order.pk, viewer=olly_ops).may_cancel
    assert not for_staff(order_id=order.pk, viewer=ana_analyst).may_cancel
    shop.checkout(order)
    assert for_staff(order_id=order.pk, viewer=olly_ops).may_cancel
    Payment.objects.update(status="processing")
    assert not for_staff(order_id=order.pk, viewer=olly_ops).may_cancel


@pytest.mark.parametrize(("who", "may"), [("olly_ops", True), ("ana_analyst", False)])
def test_of_a_paid_order_staff_may_send_and_refund_but_not_cancel(
    request: Any, shop: Any, who: str, may: bool
) -> None:
    page = for_staff(order_id=shop.paid_order().pk, viewer=request.getfixturevalue(who))
    assert (page.may_cancel, page.may_fulfil, page.may_refund) == (False, may, may)
