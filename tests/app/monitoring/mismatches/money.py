"""Orders, payments, refunds and disputes that disagree, as monitoring.checks.money finds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from payments.models import OPEN_DISPUTE, Dispute
from tests.app.monitoring.mismatches.mismatch import OLD, Mismatch, row


def _processing(shop: Any) -> None:
    shop.drop_rule("payments_payment", "payment_captured_means_succeeded")
    shop.change(shop.payment, status="processing")


def _pending_again(shop: Any) -> None:
    shop.change(shop.order, status="pending")
    shop.forget()


def _paid_again(shop: Any) -> None:
    shop.change(shop.order, status="paid")
    shop.remember("pending", "paid")


def _canceled(shop: Any) -> None:
    shop.change(shop.order, status="canceled")
    shop.remember("paid", "canceled")


def _not_canceled(shop: Any) -> None:
    shop.change(shop.order, status="paid")
    shop.forget()


def _refunded_too_early(shop: Any) -> None:
    shop.drop_rule("orders_order", "order_refunded_means_all_of_it")
    shop.change(shop.order, status="refunded")
    shop.remember("paid", "refunded")


def _paid_too_little(shop: Any) -> None:
    shop.drop_rule("orders_order", "order_settled_means_captured")
    _captured(shop, 2499)


def _captured(shop: Any, pennies: int) -> None:
    shop.change(shop.payment, captured_pennies=pennies)
    shop.change(shop.order, captured_pennies=pennies)


def _disputed(shop: Any, *, ago: timedelta = timedelta(0), **values: Any) -> None:
    """A dispute of the order's payment; if it is no longer open, it ended so long ago."""
    given = {"status": "warning_needs_response", "amount_pennies": 100, **values}
    given["closed_at"] = None if given["status"] in OPEN_DISPUTE else shop.now - ago
    if hasattr(shop, "dispute"):
        shop.change(shop.dispute, **given)
        return
    with shop.unguarded():
        shop.dispute = Dispute.objects.create(
            payment=shop.payment,
            stripe_dispute_id="dp_1",
            currency="GBP",
            reason="fraudulent",
            opened_at=shop.now,
            **given,
        )


def _disputed_in_euro(shop: Any) -> None:
    _disputed(shop)
    shop.change(shop.dispute, currency="EUR")


def _lost(shop: Any, pennies: int, **how: Any) -> None:
    _disputed(shop, status="lost", amount_pennies=pennies, **how)
    shop.change(shop.payment, disputed_pennies=pennies)


def _refunded(shop: Any, succeeded: int, pending: int) -> None:
    shop.change(shop.refunds["succeeded"], amount_pennies=succeeded)
    shop.change(shop.refunds["pending"], status="pending" if pending else "failed")
    shop.change(shop.payment, refunded_pennies=succeeded, pending_refund_pennies=pending)
    shop.change(shop.order, refunded_pennies=succeeded)


def _paid_twice(shop: Any) -> None:
    shop.second = shop.pay(amount_pennies=100, captured_pennies=100)
    shop.change(shop.order, captured_pennies=2600)


def _second_given_back(shop: Any) -> None:
    with shop.unguarded():
        shop.second.delete()
    shop.change(shop.order, captured_pennies=2500)


def _all_in(shop: Any, currency: str) -> None:
    shop.change(shop.payment, currency=currency)
    for refund in shop.refunds.values():
        shop.change(refund, currency=currency)


MISMATCHES = [
    Mismatch(
        "paid-without-payment",
        _processing,
        lambda shop: shop.change(shop.payment, status="succeeded"),
        "order:{order}",
        "a succeeded payment",
        "paid, and no payment succeeded",
    ),
    Mismatch(
        "payment-without-paid-order",
        _pending_again,
        _paid_again,
        "payment:{payment}",
        "order {order} paid",
        "£25.00, order pending",
    ),
    Mismatch(
        check="order-captured-differs",
        **row("order", {"captured_pennies": 2600}, {"captured_pennies": 2500}),
        subject="order:{order}",
        expected="£25.00 captured",
        actual="£26.00 captured",
    ),
    Mismatch(
        "refunds-do-not-add-up",
        lambda shop: (
            shop.change(shop.payment, refunded_pennies=1100),
            shop.change(shop.order, refunded_pennies=1100),
        ),
        lambda shop: (
            shop.change(shop.payment, refunded_pennies=1000),
            shop.change(shop.order, refunded_pennies=1000),
        ),
        "payment:{payment} refunded",
        "£10.00 refunded",
        "£11.00 refunded",
    ),
    Mismatch(
        check="refunds-do-not-add-up",
        **row("payment", {"pending_refund_pennies": 400}, {"pending_refund_pennies": 500}),
        subject="payment:{payment} reserved",
        expected="£5.00 reserved",
        actual="£4.00 reserved",
    ),
    Mismatch(
        check="refunds-do-not-add-up",
        **row("order", {"refunded_pennies": 900}, {"refunded_pennies": 1000}),
        subject="order:{order} refunded",
        expected="£10.00 refunded",
        actual="£9.00 refunded",
    ),
    Mismatch(
        check="refunded-beyond-captured",
        **row("payment", {"disputed_pennies": 1001}, {"disputed_pennies": 1000}),
        subject="payment:{payment}",
        expected="at most £25.00 refunded, reserved and disputed",
        actual="£25.01",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _disputed(shop, status="needs_response", respond_by=OLD),
        lambda shop: _disputed(shop, status="won"),
        "dispute:{dispute}",
        "money that goes back once",
        "£1.00 charged back, £15.00 refunded; answer by 2026-02-16 11:59 UTC",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _disputed(shop, status="under_review"),
        lambda shop: _disputed(shop, status="lost"),
        "dispute:{dispute}",
        "money that goes back once",
        "£1.00 charged back, £15.00 refunded; under review",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _lost(shop, 1001, ago=timedelta(days=29, hours=23)),
        lambda shop: _lost(shop, 1001, ago=timedelta(days=30)),
        "dispute:{dispute}",
        "money that goes back once",
        "£10.01 charged back, £15.00 refunded; lost",
    ),
    Mismatch(
        "money-on-canceled-order",
        _canceled,
        _not_canceled,
        "order:{order}",
        "canceled, and no money kept",
        "£15.00 kept",
    ),
    Mismatch(
        "two-payments-kept",
        _paid_twice,
        _second_given_back,
        "order:{order}",
        "one payment kept",
        "2 payments kept",
    ),
    Mismatch(
        "order-total-differs-from-lines",
        lambda shop: shop.change(shop.order.lines.first(), unit_pennies=999),
        lambda shop: shop.change(shop.order.lines.first(), unit_pennies=1000),
        "order:{order}",
        "£24.98 in total",
        "£25.00",
    ),
    Mismatch(
        "currencies-disagree",
        lambda shop: shop.change(shop.refunds["failed"], currency="EUR"),
        lambda shop: shop.change(shop.refunds["failed"], currency="GBP"),
        "refund:{refund}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "currencies-disagree",
        lambda shop: _all_in(shop, "EUR"),
        lambda shop: _all_in(shop, "GBP"),
        "payment:{payment}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "currencies-disagree",
        _disputed_in_euro,
        lambda shop: shop.change(shop.dispute, currency="GBP"),
        "dispute:{dispute}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "status-differs-from-amounts",
        _paid_too_little,
        lambda shop: _captured(shop, 2500),
        "order:{order}",
        "£25.00 captured",
        "paid, £24.99 captured",
    ),
    Mismatch(
        "status-differs-from-amounts",
        lambda shop: _refunded(shop, 2500, 0),
        lambda shop: _refunded(shop, 1000, 500),
        "order:{order}",
        "refunded, or something kept",
        "paid, £0.00 kept",
    ),
    Mismatch(
        "status-differs-from-amounts",
        _refunded_too_early,
        _not_canceled,
        "order:{order}",
        "nothing kept",
        "refunded, £15.00 kept",
    ),
]
