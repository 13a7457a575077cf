"""What is audited, and how it can end."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Every critical operation leaves one entry under one of these names."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    SIGN_IN_FAILED = "sign-in-failed"
    LOCKED_OUT = "locked-out"
    UNLOCKED = "unlocked"
    SECOND_FACTOR_ENROLLED = "second-factor-enrolled"
    SECOND_FACTOR_PASSED = "second-factor-passed"
    SECOND_FACTOR_FAILED = "second-factor-failed"
    SECOND_FACTOR_RESET = "second-factor-reset"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 (an action)
    ROLE_CHANGED = "role-changed"
    REFUND_ASKED = "refund-asked"
    REFUND_SETTLED = "refund-settled"
    ORDER_CANCELED = "order-canceled"
    ORDER_FULFILLED = "order-fulfilled"
    ISSUE_ACKNOWLEDGED = "issue-acknowledged"
    EVENTS_REPLAYED = "events-replayed"
    PRODUCT_ADDED = "product-added"
    PLAN_ADDED = "plan-added"
    TAKEN_OFF_SALE = "taken-off-sale"
    PUT_BACK_ON_SALE = "put-back-on-sale"
    PRICE_CHANGED = "price-changed"
    RESTORE_DRILL = "restore-drill"
    EXPORT_STARTED = "export-started"
    EXPORTED = "exported"
    PERSON_VIEWED = "person-viewed"
    PERSON_ERASED = "person-erased"
    PERSON_DEACTIVATED = "person-deactivated"
    PERSON_REACTIVATED = "person-reactivated"
    RETENTION_APPLIED = "retention-applied"
    SUBSCRIPTION_CANCEL_ASKED = "subscription-cancel-asked"
    SUBSCRIPTION_CANCELED = "subscription-canceled"
    REFUSED = "refused"


class Result(StrEnum):
    """Done, refused by a rule, failed for a reason outside, or aborted by whoever asked."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    ABORTED = "aborted"
