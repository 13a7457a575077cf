"""MRR: the ledger against itself, against the subscriptions, and those against their items."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.money import display
from monitoring.checks.check import Check, Finding, rows
from subscriptions.models import Change
from subscriptions.mrr import COUNTED, TIMES_A_MONTH

# Stripe ends a subscription on the minute and says so at once; an hour holds a slow delivery.
ENDED_FOR = timedelta(hours=1)
GAINS = [Change.NEW.value, Change.EXPANSION.value, Change.REACTIVATION.value]
# Stripe's unit amounts have twelve decimal places at most.
UNIT_SCALE = 10**12


def movements_do_not_add_up(now: datetime) -> list[Finding]:
    """Currencies in which new, expansion and reactivation less contraction and churn are not
    what the subscriptions' ledgers end with."""
    query = """
        SELECT currency, moved, ended FROM (
            SELECT currency, sum(abs(after_pennies - before_pennies)
                * CASE WHEN kind = ANY(%(gains)s) THEN 1 ELSE -1 END)::bigint AS moved
            FROM subscriptions_mrrchange GROUP BY currency
        ) AS movements JOIN (
            SELECT currency, sum(after_pennies)::bigint AS ended FROM (
                SELECT DISTINCT ON (subscription_id) currency, after_pennies
                FROM subscriptions_mrrchange ORDER BY subscription_id, id DESC
            ) AS last GROUP BY currency
        ) AS ends USING (currency) WHERE moved <> ended ORDER BY currency
    """
    return [
        Finding(
            f"mrr:{code}", f"{display(ended, code)} at the end", f"{display(moved, code)} moved"
        )
        for code, moved, ended in rows(query, {"gains": GAINS})
    ]


def ledger_differs(now: datetime) -> list[Finding]:
    """Subscriptions whose MRR is not what their ledger ends with."""
    query = """
        SELECT subscription.id, subscription.currency, mrr_pennies, coalesce(after_pennies, 0)
        FROM subscriptions_subscription AS subscription LEFT JOIN (
            SELECT DISTINCT ON (subscription_id) subscription_id, after_pennies
            FROM subscriptions_mrrchange ORDER BY subscription_id, id DESC
        ) AS last ON last.subscription_id = subscription.id
        WHERE mrr_pennies <> coalesce(after_pennies, 0) ORDER BY subscription.id
    """
    return [
        Finding(f"subscription:{key}", f"{display(ended, code)} by its ledger", display(mrr, code))
        for key, code, mrr, ended in rows(query, {})
    ]


def mrr_differs_from_items(now: datetime) -> list[Finding]:
    """Subscriptions whose MRR is not what their items come to, computed again in whole numbers:
    a half goes up, once per item."""
    query = """
        WITH worth AS (
            SELECT subscription_id, sum(div(2 * over + under, 2 * under)) AS pennies FROM (
                SELECT subscription_id,
                    unit_pennies * %(scale)s * quantity * times.over * kept_numerator AS over,
                    %(scale)s::numeric * times.under * interval_count * kept_denominator AS under
                FROM subscriptions_subscriptionitem JOIN unnest(
                    %(intervals)s::text[], %(overs)s::numeric[], %(unders)s::numeric[]
                ) AS times (interval, over, under) USING (interval)
                WHERE NOT is_metered
            ) AS item GROUP BY subscription_id
        )
        SELECT id, currency, mrr_pennies, pennies FROM (
            SELECT id, currency, mrr_pennies, (CASE
                WHEN status = ANY(%(counted)s) AND NOT is_paused THEN coalesce(pennies, 0)
                ELSE 0
            END)::bigint AS pennies, ends_at
            FROM subscriptions_subscription LEFT JOIN worth ON subscription_id = id
        ) AS computed
        WHERE mrr_pennies <> pennies AND (mrr_pennies <> 0 OR ends_at IS NULL OR ends_at > %(now)s)
        ORDER BY id
    """
    times = list(TIMES_A_MONTH.items())
    parameters = {
        "scale": UNIT_SCALE,
        "intervals": [interval.value for interval, _ in times],
        "overs": [times_a_month.numerator for _, times_a_month in times],
        "unders": [times_a_month.denominator for _, times_a_month in times],
        "counted": [status.value for status in COUNTED],
        "now": now,
    }
    return [
        Finding(f"subscription:{key}", f"{display(worth, code)} by its items", display(mrr, code))
        for key, code, mrr, worth in rows(query, parameters)
    ]


def counted_after_its_end(now: datetime) -> list[Finding]:
    """Subscriptions that still count although their end has passed: Stripe's news of it is
    missing."""
    query = """
        SELECT id, currency, mrr_pennies, ends_at FROM subscriptions_subscription
        WHERE mrr_pennies > 0 AND ends_at < %(before)s ORDER BY id
    """
    return [
        Finding(
            f"subscription:{key}",
            f"nothing after {ends_at:%Y-%m-%d %H:%M} UTC",
            f"{display(mrr, code)} a month",
        )
        for key, code, mrr, ends_at in rows(query, {"before": now - ENDED_FOR})
    ]


CHECKS = (
    Check(
        "mrr-movements-do-not-add-up",
        "MRR movements do not lead to the MRR",
        "Find the ledger's entry that is wrong and who wrote it; correct it by a new entry.",
        movements_do_not_add_up,
    ),
    Check(
        "mrr-differs-from-ledger",
        "Subscription's MRR differs from its ledger",
        "Find who changed the database by hand; run replay_events --about subscription:N.",
        ledger_differs,
    ),
    Check(
        "mrr-differs-from-items",
        "Subscription's MRR is not what its items come to",
        "Compare the subscription with Stripe; run replay_events --about subscription:N.",
        mrr_differs_from_items,
    ),
    Check(
        "counted-after-its-end",
        "Subscription counted after its end",
        "Look the subscription up at Stripe; run replay_events --about subscription:N, or "
        "without an event pull_stripe_events.",
        counted_after_its_end,
    ),
)
