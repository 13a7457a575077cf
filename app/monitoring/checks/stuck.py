"""What should have moved on by now: events in the inbox, and refunds under way."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.money import display
from monitoring.checks.check import Check, Finding, rows
from refunds.models import RESERVED, RefundStatus
from webhooks.models import WAITING, EventStatus

EVENT_MINUTES = 15
UNANSWERED_REFUND_MINUTES = 15
# Stripe: a refund reaches most customers in 5 to 10 business days; two weeks hold ten of them.
REFUND_DAYS = 14


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
        "stuck-events",
        "Stripe event not processed",
        "Look whether a worker runs; read the event's last error, mend its cause, replay it.",
        stuck_events,
    ),
    Check(
        "stuck-refunds",
        "Refund that does not move on",
        "Look the refund up at Stripe by its payment; replay its events if it is settled there.",
        stuck_refunds,
    ),
)
