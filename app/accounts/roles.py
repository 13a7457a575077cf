"""The one role × permission table. Groups in the database are synced from it, never edited."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is to the shop. Each person has exactly one."""

    ADMIN = "admin"
    OPS = "ops"
    ANALYST = "analyst"
    CUSTOMER = "customer"


class Permission(StrEnum):
    """What can be done, as `thing:verb`. A view names one of these or says that it is public."""

    ORDER_PLACE = "order:place"
    ORDER_VIEW_OWN = "order:view-own"
    ORDER_VIEW = "order:view"
    ORDER_CANCEL = "order:cancel"
    ORDER_FULFIL = "order:fulfil"
    REFUND_ISSUE = "refund:issue"
    ISSUE_VIEW = "issue:view"
    ISSUE_ACKNOWLEDGE = "issue:acknowledge"
    AUDIT_VIEW = "audit:view"


TABLE: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset({Permission.ORDER_PLACE, Permission.ORDER_VIEW_OWN}),
    Role.ANALYST: frozenset({Permission.ORDER_VIEW, Permission.ISSUE_VIEW}),
    Role.OPS: frozenset(
        {
            Permission.ORDER_VIEW,
            Permission.ORDER_CANCEL,
            Permission.ORDER_FULFIL,
            Permission.REFUND_ISSUE,
            Permission.ISSUE_VIEW,
            Permission.ISSUE_ACKNOWLEDGE,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Permission.ORDER_VIEW,
            Permission.ORDER_CANCEL,
            Permission.ORDER_FULFIL,
            Permission.REFUND_ISSUE,
            Permission.ISSUE_VIEW,
            Permission.ISSUE_ACKNOWLEDGE,
            Permission.AUDIT_VIEW,
        }
    ),
}
