"""What pages quote about statuses: each enum of one, what it says of itself, and its values."""

from __future__ import annotations

from enum import StrEnum

from audit.actions import Result
from core.models import RunStatus
from monitoring.models import DrillOutcome, IssueStatus
from orders.lifecycle import OrderStatus
from payments.gateway.facts import EndpointStatus, PageStatus
from payments.models import DisputeStatus, PaymentStatus
from refunds.models import RefundStatus
from subscriptions.models import StartStatus
from subscriptions.words import SubscriptionStatus
from webhooks.models import EventStatus

STATUSES: dict[str, type[StrEnum]] = {
    "order": OrderStatus,
    "payment": PaymentStatus,
    "refund": RefundStatus,
    "dispute": DisputeStatus,
    "event of Stripe": EventStatus,
    "subscription": SubscriptionStatus,
    "wish for a subscription": StartStatus,
    "payment page at Stripe": PageStatus,
    "webhook endpoint at Stripe": EndpointStatus,
    "issue": IssueStatus,
    "run of a job": RunStatus,
    "restore drill": DrillOutcome,
    "entry of the audit record": Result,
}


def status_rows() -> list[dict[str, str | list[str]]]:
    """A row for each thing that has a status."""
    return [
        {
            "of": of,
            "means": (statuses.__doc__ or "").partition("\n")[0],
            "values": [status.value for status in statuses],
        }
        for of, statuses in STATUSES.items()
    ]
