"""Money: orders against payments, payments against refunds, totals against lines."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.money import display
from monitoring.checks.check import Check, Finding, rows
from orders.lifecycle import OrderStatus
from payments.models import (
    OPEN_DISPUTE,
    TAKEN_BY_DISPUTE,
    UNANSWERED,
    DisputeStatus,
    PaymentStatus,
)
from refunds.models import RESERVED, RefundStatus

# Nothing can be done about a lost dispute; this long somebody can see that money went back twice.
LOST_DAYS = 30
STATUSES = {
    "pending": OrderStatus.PENDING.value,
    "canceled": OrderStatus.CANCELED.value,
    "refunded": OrderStatus.REFUNDED.value,
    "kept": [OrderStatus.PAID.value, OrderStatus.FULFILLED.value],
    "settled": [OrderStatus.PAID.value, OrderStatus.FULFILLED.value, OrderStatus.REFUNDED.value],
    "payment_succeeded": PaymentStatus.SUCCEEDED.value,
    "refund_succeeded": RefundStatus.SUCCEEDED.value,
    "reserved": [status.value for status in RESERVED],
    "charged_back": [status.value for status in TAKEN_BY_DISPUTE if status in OPEN_DISPUTE],
    "lost": [status.value for status in TAKEN_BY_DISPUTE if status not in OPEN_DISPUTE],
}
# What banks took for good, by payment. There are few disputes, so they are added up first.
_LOST = """(
            SELECT payment_id, sum(amount_pennies)::bigint AS pennies FROM payments_dispute
            WHERE status = ANY(%(lost)s) GROUP BY payment_id
        ) AS lost ON lost.payment_id = payments_payment.id"""


def paid_without_payment(now: datetime) -> list[Finding]:
    """Orders that count as paid although no payment succeeded."""
    query = """
        SELECT id, status FROM orders_order
        WHERE status = ANY(%(settled)s) AND NOT EXISTS (
            SELECT FROM payments_payment
            WHERE order_id = orders_order.id AND status = %(payment_succeeded)s)
        ORDER BY id
    """
    return [
        Finding(f"order:{key}", "a succeeded payment", f"{status}, and no payment succeeded")
        for key, status in rows(query, STATUSES)
    ]


def payment_without_paid_order(now: datetime) -> list[Finding]:
    """Payments that succeeded while their order still waits for one."""
    query = """
        SELECT payments_payment.id, order_id, payments_payment.captured_pennies,
            payments_payment.currency
        FROM payments_payment JOIN orders_order ON orders_order.id = order_id
        WHERE payments_payment.status = %(payment_succeeded)s
            AND orders_order.status = %(pending)s
        ORDER BY 1
    """
    return [
        Finding(f"payment:{key}", f"order {order} paid", f"{display(paid, code)}, order pending")
        for key, order, paid, code in rows(query, STATUSES)
    ]


def order_captured_differs(now: datetime) -> list[Finding]:
    """Orders whose captured amount is not the sum of what their payments captured."""
    query = """
        SELECT orders_order.id, orders_order.currency, orders_order.captured_pennies,
            coalesce(sum(payments_payment.captured_pennies), 0)::bigint AS paid
        FROM orders_order LEFT JOIN payments_payment ON order_id = orders_order.id
        GROUP BY orders_order.id
        HAVING orders_order.captured_pennies
            <> coalesce(sum(payments_payment.captured_pennies), 0)
        ORDER BY 1
    """
    return [
        Finding(
            f"order:{key}", f"{display(paid, code)} captured", f"{display(held, code)} captured"
        )
        for key, code, held, paid in rows(query, STATUSES)
    ]


def refunds_do_not_add_up(now: datetime) -> list[Finding]:
    """Payments whose refunded or reserved amount is not the sum of their refunds, and orders
    whose refunded amount is not the sum of their payments."""
    # Each table is added up before it is joined, and the few that differ are taken apart last.
    query = """
        SELECT kind, id, currency, what, expected, actual FROM (
            SELECT 'payment' AS kind, id, currency,
                coalesce(given.refunded, 0) AS refunded, refunded_pennies AS says_refunded,
                coalesce(given.reserved, 0) AS reserved, pending_refund_pennies AS says_reserved
            FROM payments_payment LEFT JOIN (
                SELECT payment_id,
                    (sum(amount_pennies) FILTER (WHERE status = %(refund_succeeded)s))::bigint
                        AS refunded,
                    (sum(amount_pennies) FILTER (WHERE status = ANY(%(reserved)s)))::bigint
                        AS reserved
                FROM refunds_refund GROUP BY payment_id
            ) AS given ON payment_id = id
            WHERE (refunded_pennies, pending_refund_pennies)
                <> (coalesce(given.refunded, 0), coalesce(given.reserved, 0))
            UNION ALL
            SELECT 'order', id, currency, coalesce(paid.refunded, 0), refunded_pennies, 0, 0
            FROM orders_order LEFT JOIN (
                SELECT order_id, sum(refunded_pennies)::bigint AS refunded
                FROM payments_payment GROUP BY order_id
            ) AS paid ON order_id = id
            WHERE refunded_pennies <> coalesce(paid.refunded, 0)
        ) AS differing CROSS JOIN LATERAL (VALUES
            ('refunded', refunded, says_refunded), ('reserved', reserved, says_reserved)
        ) AS compared(what, expected, actual)
        WHERE expected <> actual ORDER BY kind, id, what
    """
    return [
        Finding(f"{kind}:{key} {what}", _amount(expected, code, what), _amount(held, code, what))
        for kind, key, code, what, expected, held in rows(query, STATUSES)
    ]


def refunded_beyond_captured(now: datetime) -> list[Finding]:
    """Payments of which more went back, is reserved or is disputed than was captured, whatever
    was lost in disputes that have ended: of that nobody can change anything."""
    query = f"""
        SELECT id, currency, captured_pennies, claimed FROM (
            SELECT id, currency, captured_pennies, refunded_pennies + pending_refund_pennies
                + disputed_pennies - coalesce(lost.pennies, 0) AS claimed
            FROM payments_payment LEFT JOIN {_LOST}
        ) AS counted
        WHERE claimed > captured_pennies ORDER BY id
    """  # noqa: S608 (our words)
    return [
        Finding(
            f"payment:{key}",
            f"at most {display(captured, code)} refunded, reserved and disputed",
            display(claimed, code),
        )
        for key, code, captured, claimed in rows(query, STATUSES)
    ]


def chargeback_after_refund(now: datetime) -> list[Finding]:
    """Payments of which something went back, or is on its way, while a bank takes them back; and
    what was lost twice by that, for a month."""
    query = """
        SELECT payments_dispute.id, payments_dispute.currency, payments_dispute.amount_pennies,
            refunded_pennies + pending_refund_pennies, payments_dispute.status, respond_by
        FROM payments_dispute JOIN payments_payment ON payments_payment.id = payment_id
        WHERE refunded_pennies + pending_refund_pennies > 0 AND (
            payments_dispute.status = ANY(%(charged_back)s)
            OR payments_dispute.status = ANY(%(lost)s) AND closed_at > %(month_before)s
                AND refunded_pennies + pending_refund_pennies + disputed_pennies > captured_pennies)
        ORDER BY 1
    """
    parameters = {**STATUSES, "month_before": now - timedelta(days=LOST_DAYS)}
    return [_charged_back(*row) for row in rows(query, parameters)]


def money_on_canceled_order(now: datetime) -> list[Finding]:
    """Canceled orders that still hold money: it came late, and the policy gives it back, unless
    a bank did."""
    query = f"""
        SELECT order_id, currency, sum(kept)::bigint FROM (
            SELECT order_id, payments_payment.currency, greatest(0,
                payments_payment.captured_pennies - payments_payment.refunded_pennies
                - coalesce(lost.pennies, 0)) AS kept
            FROM payments_payment JOIN orders_order ON orders_order.id = order_id
            LEFT JOIN {_LOST}
            WHERE orders_order.status = %(canceled)s
        ) AS held
        GROUP BY order_id, currency HAVING sum(kept) > 0 ORDER BY 1
    """  # noqa: S608 (our words)
    return [
        Finding(f"order:{key}", "canceled, and no money kept", f"{display(kept, code)} kept")
        for key, code, kept in rows(query, STATUSES)
    ]


def two_payments_kept(now: datetime) -> list[Finding]:
    """Orders that were paid twice, as long as the second payment has not gone back."""
    query = f"""
        SELECT order_id, count(*) FROM payments_payment LEFT JOIN {_LOST}
        WHERE status = %(payment_succeeded)s
            AND captured_pennies > refunded_pennies + coalesce(lost.pennies, 0)
        GROUP BY order_id HAVING count(*) > 1 ORDER BY order_id
    """  # noqa: S608 (our words)
    return [
        Finding(f"order:{key}", "one payment kept", f"{count} payments kept")
        for key, count in rows(query, STATUSES)
    ]


def order_total_differs_from_lines(now: datetime) -> list[Finding]:
    """Orders whose total is not the sum of their lines."""
    query = """
        SELECT id, currency, total_pennies, coalesce(pennies, 0)
        FROM orders_order LEFT JOIN (
            SELECT order_id, sum(line_pennies)::bigint AS pennies
            FROM orders_orderline GROUP BY order_id
        ) AS lines ON order_id = id
        WHERE total_pennies <> coalesce(pennies, 0) ORDER BY id
    """
    return [
        Finding(f"order:{key}", f"{display(lines, code)} in total", f"{display(total, code)}")
        for key, code, total, lines in rows(query, STATUSES)
    ]


def currencies_disagree(now: datetime) -> list[Finding]:
    """Payments in another currency than their order, refunds and disputes in another than their
    payment."""
    query = """
        SELECT 'payment:' || payments_payment.id, orders_order.currency, payments_payment.currency
        FROM payments_payment JOIN orders_order ON orders_order.id = order_id
        WHERE payments_payment.currency <> orders_order.currency
        UNION ALL
        SELECT 'refund:' || refunds_refund.id, payments_payment.currency, refunds_refund.currency
        FROM refunds_refund JOIN payments_payment ON payments_payment.id = payment_id
        WHERE refunds_refund.currency <> payments_payment.currency
        UNION ALL
        SELECT 'dispute:' || payments_dispute.id, payments_payment.currency,
            payments_dispute.currency
        FROM payments_dispute JOIN payments_payment ON payments_payment.id = payment_id
        WHERE payments_dispute.currency <> payments_payment.currency
        ORDER BY 1
    """
    return [Finding(*row) for row in rows(query, STATUSES)]


def status_differs_from_amounts(now: datetime) -> list[Finding]:
    """Orders that count as paid for less than their total, orders called refunded that still hold
    money, and orders that hold none and are not."""
    query = """
        SELECT id, currency, status, total_pennies, captured_pennies, refunded_pennies
        FROM orders_order
        WHERE (status = ANY(%(settled)s) AND captured_pennies < total_pennies)
            OR (status = %(refunded)s AND refunded_pennies < captured_pennies)
            OR (status = ANY(%(kept)s) AND refunded_pennies = captured_pennies)
        ORDER BY id
    """
    return [_unlike_its_amounts(*row) for row in rows(query, STATUSES)]


def _charged_back(
    key: int, code: str, taken: int, given: int, status: str, respond_by: datetime | None
) -> Finding:
    how = status.replace("_", " ")
    if respond_by and DisputeStatus(status) in UNANSWERED:
        how = f"answer by {respond_by:%Y-%m-%d %H:%M} UTC"
    return Finding(
        f"dispute:{key}",
        "money that goes back once",
        f"{display(taken, code)} charged back, {display(given, code)} refunded; {how}",
    )


def _unlike_its_amounts(
    key: int, code: str, status: str, total: int, captured: int, refunded: int
) -> Finding:
    if captured < total:
        expected = f"{display(total, code)} captured"
        return Finding(f"order:{key}", expected, f"{status}, {display(captured, code)} captured")
    is_refunded = status == OrderStatus.REFUNDED
    return Finding(
        f"order:{key}",
        "nothing kept" if is_refunded else "refunded, or something kept",
        f"{status}, {display(captured - refunded, code)} kept",
    )


def _amount(pennies: int, currency: str, what: str) -> str:
    return f"{display(pennies, currency)} {what}"


CHECKS = (
    Check(
        "paid-without-payment",
        "Paid order without a succeeded payment",
        "Look the order's payment up at Stripe; run replay_events --about order:N, or stop the "
        "fulfilment.",
        paid_without_payment,
    ),
    Check(
        "payment-without-paid-order",
        "Succeeded payment whose order is still pending",
        "Run replay_events --about payment:N; if the order stays pending, refund the payment.",
        payment_without_paid_order,
    ),
    Check(
        "order-captured-differs",
        "Order's captured amount differs from its payments",
        "Compare with Stripe, then run replay_events --about order:N: it adds the payments up.",
        order_captured_differs,
    ),
    Check(
        "refunds-do-not-add-up",
        "Refunded or reserved amount differs from the refunds",
        "Compare with the refunds at Stripe, then run replay_events --about payment:N, or order:N: "
        "it adds the refunds up again. Without any refund, find who changed the row by hand.",
        refunds_do_not_add_up,
    ),
    Check(
        "refunded-beyond-captured",
        "More refunded, reserved and disputed than captured",
        "Issue no further refund; contest the dispute with the refund as evidence.",
        refunded_beyond_captured,
    ),
    Check(
        "chargeback-after-refund",
        "Chargeback on a payment that was refunded",
        "Answer the dispute at Stripe in time, with the refund as evidence. One that was lost "
        "cannot be contested: acknowledge its issue, which resolves by itself "
        f"{LOST_DAYS} days after the dispute ended.",
        chargeback_after_refund,
    ),
    Check(
        "money-on-canceled-order",
        "Canceled order that holds money",
        "Wait two minutes: the shop refunds it. If it stays, see on the order what became of that "
        "refund and refund by hand; the order itself is not resurrected.",
        money_on_canceled_order,
    ),
    Check(
        "two-payments-kept",
        "Order paid twice",
        "Wait two minutes: the shop refunds the second one. If it stays, see on the order what "
        "became of that refund and refund it by hand.",
        two_payments_kept,
    ),
    Check(
        "order-total-differs-from-lines",
        "Order total differs from its lines",
        "Find who changed the database by hand; restore the row from the last backup.",
        order_total_differs_from_lines,
    ),
    Check(
        "currencies-disagree",
        "Order, payment and refund in different currencies",
        "Issue no refund; find who changed the database by hand and restore the row.",
        currencies_disagree,
    ),
    Check(
        "status-differs-from-amounts",
        "Order status differs from its amounts",
        "Run replay_events --about order:N: it derives the status from the amounts again.",
        status_differs_from_amounts,
    ),
)
