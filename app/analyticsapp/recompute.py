"""Every figure of a range of days from the facts themselves, in one set-based query.

Read by `snapshots`, which keeps the answer, and by the check that asks whether what was kept is
still true. See Note [Facts have times] in `figures`.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from analyticsapp.days import Days
from analyticsapp.models import MOVEMENT_FIGURES, SNAPSHOT_FIGURES
from orders.lifecycle import OrderStatus
from refunds.models import RefundStatus
from subscriptions.models import Change

# Which currencies have figures, and since when. The steps from one currency to the next keep
# this quick: an order's currency is looked up in an index, not gathered from a million rows.
SINCE = """
    WITH RECURSIVE known AS (
        (SELECT currency FROM orders_order ORDER BY currency LIMIT 1)
        UNION ALL
        SELECT (SELECT currency FROM orders_order WHERE currency > known.currency
                ORDER BY currency LIMIT 1)
        FROM known WHERE known.currency IS NOT NULL
    ), since AS (
        SELECT currency, min(at) AS at FROM (
            SELECT currency, (SELECT min(placed_at) FROM orders_order
                              WHERE orders_order.currency = known.currency) AS at
            FROM known WHERE currency IS NOT NULL
            UNION ALL
            SELECT currency, min(at) FROM subscriptions_mrrchange GROUP BY currency
        ) AS firsts GROUP BY currency
    ), days AS (
        SELECT day::date AS day, (day + interval '1 day') AT TIME ZONE 'UTC' AS ends_at
        FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day') AS day
    )
"""

_COUNTED = """
    , moves AS (
        SELECT (at AT TIME ZONE 'UTC')::date AS day, currency,
            count(*) FILTER (WHERE source = '') AS placed,
            count(*) FILTER (WHERE source = %(pending)s AND target = %(paid)s) AS paid,
            count(*) FILTER (WHERE source = %(paid)s AND target = %(fulfilled)s) AS fulfilled,
            count(*) FILTER (WHERE target = %(canceled)s) AS canceled
        FROM orders_ordertransition JOIN orders_order ON orders_order.id = order_id
        WHERE at >= %(start)s AND at < %(end)s
        GROUP BY 1, 2
    ), captures AS (
        SELECT (succeeded_at AT TIME ZONE 'UTC')::date AS day, currency,
            sum(captured_pennies) AS pennies
        FROM payments_payment WHERE succeeded_at >= %(start)s AND succeeded_at < %(end)s
        GROUP BY 1, 2
    ), refunds AS (
        SELECT (succeeded_at AT TIME ZONE 'UTC')::date AS day, currency,
            sum(amount_pennies) AS pennies
        FROM refunds_refund WHERE succeeded_at >= %(start)s AND succeeded_at < %(end)s
        GROUP BY 1, 2
    ), returns AS (
        SELECT (settled_at AT TIME ZONE 'UTC')::date AS day, currency,
            sum(amount_pennies) AS pennies
        FROM refunds_refund
        WHERE settled_at >= %(start)s AND settled_at < %(end)s
            AND status = %(failed)s AND succeeded_at IS NOT NULL
        GROUP BY 1, 2
    ), changes AS (
        SELECT at, currency, kind, after_pennies - before_pennies AS pennies,
            (after_pennies > 0)::int - (before_pennies > 0)::int AS begun
        FROM subscriptions_mrrchange WHERE at < %(end)s
    ), before AS (
        SELECT currency, sum(pennies) AS pennies, sum(begun) AS begun
        FROM changes WHERE at < %(start)s GROUP BY currency
    ), moved AS (
        SELECT (at AT TIME ZONE 'UTC')::date AS day, currency,
            sum(pennies) AS pennies, sum(begun) AS begun,
            sum(pennies) FILTER (WHERE kind = %(new)s) AS new,
            sum(pennies) FILTER (WHERE kind = %(expansion)s) AS expansion,
            sum(pennies) FILTER (WHERE kind = %(reactivation)s) AS reactivation,
            -sum(pennies) FILTER (WHERE kind = %(contraction)s) AS contraction,
            -sum(pennies) FILTER (WHERE kind = %(churn)s) AS churn
        FROM changes WHERE at >= %(start)s GROUP BY 1, 2
    ), figures AS (
        SELECT day, currency,
            coalesce(moves.placed, 0) AS orders_placed,
            coalesce(moves.paid, 0) AS orders_paid,
            coalesce(moves.fulfilled, 0) AS orders_fulfilled,
            coalesce(moves.canceled, 0) AS orders_canceled,
            coalesce(captures.pennies, 0)::bigint AS captured_pennies,
            coalesce(refunds.pennies, 0)::bigint AS refunded_pennies,
            coalesce(returns.pennies, 0)::bigint AS returned_pennies,
            (coalesce(before.begun, 0) + coalesce(sum(moved.begun) OVER until_then, 0))::bigint
                AS active_subscriptions,
            (coalesce(before.pennies, 0) + coalesce(sum(moved.pennies) OVER until_then, 0))::bigint
                AS mrr_pennies,
            (coalesce(before.pennies, 0) + coalesce(sum(moved.pennies) OVER until_then, 0)
                - coalesce(moved.pennies, 0))::bigint AS start_pennies,
            coalesce(moved.new, 0)::bigint AS new_pennies,
            coalesce(moved.expansion, 0)::bigint AS expansion_pennies,
            coalesce(moved.reactivation, 0)::bigint AS reactivation_pennies,
            coalesce(moved.contraction, 0)::bigint AS contraction_pennies,
            coalesce(moved.churn, 0)::bigint AS churn_pennies,
            (coalesce(before.pennies, 0) + coalesce(sum(moved.pennies) OVER until_then, 0))::bigint
                AS end_pennies
        FROM days JOIN since ON since.at < days.ends_at
            LEFT JOIN moves USING (day, currency)
            LEFT JOIN captures USING (day, currency)
            LEFT JOIN refunds USING (day, currency)
            LEFT JOIN returns USING (day, currency)
            LEFT JOIN moved USING (day, currency)
            LEFT JOIN before USING (currency)
        WINDOW until_then AS (PARTITION BY currency ORDER BY day)
    )
"""
FIGURES = SINCE + _COUNTED

_NAMES = {
    **{status.value: status.value for status in OrderStatus},
    **{change.value: change.value for change in Change},
    "failed": RefundStatus.FAILED.value,
}


def parameters(days: Days) -> dict[str, Any]:
    """What SINCE and FIGURES ask for."""
    return {**_NAMES, **days.bounds, "first": days.first, "last": days.last}


def figures(days: Days) -> list[dict[str, Any]]:
    """One row for each day and currency, in that order, as the facts have it now."""
    wanted = ["day", "currency", *SNAPSHOT_FIGURES, *MOVEMENT_FIGURES]
    query = f"{FIGURES} SELECT {', '.join(wanted)} FROM figures ORDER BY day, currency"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, parameters(days))
        return [dict(zip(wanted, row, strict=True)) for row in cursor.fetchall()]
