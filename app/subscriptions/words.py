"""Stripe's own words for how a subscription stands, and for what a price is charged for.

Models and migrations write them into rules of the database; what is worked out from them stands
elsewhere, so that a change there leaves the migrated database as it is.
"""

from __future__ import annotations

from enum import StrEnum


class SubscriptionStatus(StrEnum):
    """As Stripe has it. The last two are ends: nothing follows them."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    INCOMPLETE_EXPIRED = "incomplete_expired"


class Interval(StrEnum):
    """What a price is charged for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})
# Begun, and never paid for.
UNPAID_AT_FIRST = frozenset({SubscriptionStatus.INCOMPLETE, SubscriptionStatus.INCOMPLETE_EXPIRED})
