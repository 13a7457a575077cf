"""What everything else rests on: roles, the audit chain, and each order's history."""

from __future__ import annotations

from datetime import datetime

from accounts import drift
from audit.services import verify_chain
from monitoring.checks.check import Check, Finding, rows
from orders.lifecycle import OrderStatus


def role_drift(now: datetime) -> list[Finding]:
    """Groups, permissions and people that no longer say what the role table says."""
    return [Finding(one.subject, one.expected, one.actual) for one in drift.find()]


def audit_chain(now: datetime) -> list[Finding]:
    """The first audit entry that is not what was written, or follows one that is gone."""
    broken = verify_chain()
    if broken is None:
        return []
    return [Finding(f"entry:{broken.pk}", "the entry as it was written", "changed, or one missing")]


def history_differs_from_status(now: datetime) -> list[Finding]:
    """Orders whose last move does not lead to the status they have."""
    query = """
        SELECT orders_order.id, coalesce(last.target, %(pending)s), orders_order.status
        FROM orders_order LEFT JOIN (
            SELECT DISTINCT ON (order_id) order_id, target
            FROM orders_ordertransition ORDER BY order_id, id DESC
        ) AS last ON last.order_id = orders_order.id
        WHERE orders_order.status <> coalesce(last.target, %(pending)s)
        ORDER BY orders_order.id
    """
    return [
        Finding(f"order:{key}", f"{target}, by its history", status)
        for key, target, status in rows(query, {"pending": OrderStatus.PENDING.value})
    ]


CHECKS = (
    Check(
        "role-drift",
        "Roles in the database differ from the role table",
        "Run sync_roles; give whoever has none or several one role by give_role; see who did it.",
        role_drift,
    ),
    Check(
        "audit-chain",
        "Audit chain broken",
        "Stop writing by hand; compare with the last backup and the head hashes kept outside.",
        audit_chain,
    ),
    Check(
        "history-differs-from-status",
        "Order status differs from its history",
        "Find who changed the database by hand; the audit and the history tell what was.",
        history_differs_from_status,
    ),
)
