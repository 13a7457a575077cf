"""What should have moved on by now: orders that wait for their payment, events in the inbox, and
refunds under way; and events that never will, because they are not meant for this shop."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from core.money import display
from monitoring.checks.check import Check, Finding, rows
from orders.lifecycle import OrderStatus
from payments.abandoned import UNPAID_DAYS
from payments.models import LIVE, PaymentStatus
from refunds.models import RESERVED, RefundStatus
from webhooks.models import WAITING, EventStatus

# Stripe closes a payment page after a day and says so at once; an hour holds a slow delivery.
PAGE_HOURS = 25
# Stripe: a bank debit takes up to ten business days to succeed or fail.
PROCESSING_DAYS = 14
# The job that cancels what nobody pays runs once a day, and once more a day later.
ABANDONED_DAYS = UNPAID_DAYS + 2
EVENT_MINUTES = 15
UNANSWERED_REFUND_MINUTES = 15
# Stripe: a refund reaches most customers in 5 to 10 business days; two weeks hold ten of them.
REFUND_DAYS = 14
# As long as they keep coming the endpoint is set up wrongly; a week without one is the cure.
FOREIGN_EVENT_DAYS = 7


def stuck_orders(now: datetime) -> list[Finding]:
    """Pending orders whose payment page must have closed by now, whose bank takes too long, or
    that nobody paid and the nightly job did not cancel."""
    query = """
        SELECT orders_order.id, placed_at, payment.status, payment.created_at,
            payment.status = %(processing)s
        FROM orders_order LEFT JOIN payments_payment AS payment
            ON order_id = orders_order.id AND payment.status = ANY(%(live)s)
        WHERE orders_order.status = %(pending)s AND CASE
            WHEN payment.status = %(processing)s THEN payment.created_at < %(bank_before)s
            ELSE payment.created_at < %(page_before)s OR placed_at < %(unpaid_before)s
                AND payment.id IS NULL
        END
        ORDER BY orders_order.id
    """
    parameters = {
        "pending": OrderStatus.PENDING.value,
        "processing": PaymentStatus.PROCESSING.value,
        "live": [status.value for status in LIVE],
        "bank_before": now - timedelta(days=PROCESSING_DAYS),
        "page_before": now - timedelta(hours=PAGE_HOURS),
        "unpaid_before": now - timedelta(days=ABANDONED_DAYS),
    }
    return [
        _stuck_order(key, placed, status, begun, bool(by_bank))
        for key, placed, status, begun, by_bank in rows(query, parameters)
    ]


def _stuck_order(
    key: int, placed: datetime, status: str | None, begun: datetime, by_bank: bool
) -> Finding:
    if status is None:
        expected, actual = f"paid or canceled within {ABANDONED_DAYS} days", "pending, unpaid"
        begun = placed
    else:
        within = f"{PROCESSING_DAYS} days" if by_bank else f"{PAGE_HOURS} hours"
        expected, actual = f"a payment that ends within {within}", f"pending, payment {status}"
    return Finding(f"order:{key}", expected, f"{actual} since {begun:%Y-%m-%d %H:%M} UTC")


def stuck_events(now: datetime) -> list[Finding]:
    """Events that wait for longer than a worker needs, and events given up on."""
    query = """
        SELECT id, stripe_id, type, status, attempts, last_error FROM webhooks_stripeevent
        WHERE status = %(dead)s OR (status = ANY(%(waiting)s) AND received_at < %(before)s)
        ORDER BY id
    """
    parameters = {
        "dead": EventStatus.DEAD.value,
        "waiting": [status.value for status in WAITING],
        "before": now - timedelta(minutes=EVENT_MINUTES),
    }
    return [
        Finding(
            f"event:{key}",
            f"processed within {EVENT_MINUTES} minutes",
            f"{stripe_id} {kind}: {status}, {attempts} attempts{': ' if error else ''}{error}",
        )
        for key, stripe_id, kind, status, attempts, error in rows(query, parameters)
    ]


def foreign_events(now: datetime) -> list[Finding]:
    """Signed events of the last days for the other mode or another API version than this shop's:
    the inbox keeps and ignores them. One finding for each such kind."""
    query = """
        SELECT livemode, api_version, count(*) FROM webhooks_stripeevent
        WHERE (livemode <> %(livemode)s OR api_version <> %(version)s) AND received_at >= %(since)s
            AND NOT is_pulled
        GROUP BY livemode, api_version ORDER BY livemode, api_version
    """
    mode, version = settings.STRIPE_LIVEMODE, settings.STRIPE_API_VERSION
    since = now - timedelta(days=FOREIGN_EVENT_DAYS)
    return [
        Finding(
            f"events:{_mode(livemode)} {found or 'without version'}",
            f"events for {_mode(mode)} {version}",
            f"{count} kept and ignored",
        )
        for livemode, found, count in rows(
            query, {"livemode": mode, "version": version, "since": since}
        )
    ]


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def stuck_refunds(now: datetime) -> list[Finding]:
    """Refunds that Stripe never answered, and refunds that take longer than banks do."""
    query = """
        SELECT id, currency, amount_pennies, status, requested_at FROM refunds_refund
        WHERE (status = %(requested)s AND requested_at < %(unanswered_before)s)
            OR (status = ANY(%(reserved)s) AND requested_at < %(unsettled_before)s)
        ORDER BY id
    """
    parameters = {
        "requested": RefundStatus.REQUESTED.value,
        "reserved": [status.value for status in RESERVED],
        "unanswered_before": now - timedelta(minutes=UNANSWERED_REFUND_MINUTES),
        "unsettled_before": now - timedelta(days=REFUND_DAYS),
    }
    return [
        Finding(
            f"refund:{key}",
            f"answered within {UNANSWERED_REFUND_MINUTES} minutes"
            if status == RefundStatus.REQUESTED
            else f"settled within {REFUND_DAYS} days",
            f"{display(pennies, code)} {status} since {since:%Y-%m-%d %H:%M} UTC",
        )
        for key, code, pennies, status, since in rows(query, parameters)
    ]


CHECKS = (
    Check(
        "stuck-orders",
        "Pending order that does not move on",
        "Look the order's payment up at Stripe; run replay_events --about order:N, or without an "
        "event pull_stripe_events. Without a payment, run cancel_abandoned, or cancel the order by "
        "hand.",
        stuck_orders,
    ),
    Check(
        "stuck-events",
        "Stripe event not processed",
        "Look whether a worker runs; read the event's last error, mend its cause, then run "
        "replay_events --id evt_N, or --dead for all of them.",
        stuck_events,
    ),
    Check(
        "foreign-events",
        "Stripe events for another mode or API version",
        "Compare the webhook endpoint's mode and version at Stripe with the shop's settings.",
        foreign_events,
    ),
    Check(
        "stuck-refunds",
        "Refund that does not move on",
        "Look the refund up at Stripe by its payment; if it is settled there, run replay_events "
        "--about refund:N, or reconcile_stripe when no event came.",
        stuck_refunds,
    ),
)
