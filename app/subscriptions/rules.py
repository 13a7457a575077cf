"""What PostgreSQL refuses about the ledger of MRR, as SQL conditions on the row being written."""

from __future__ import annotations

MRR_IS_NOT_LEDGER_END = """(
    (SELECT mrr_pennies FROM subscriptions_subscription WHERE id = {subscription})
    IS DISTINCT FROM COALESCE((
        SELECT after_pennies FROM subscriptions_mrrchange
        WHERE subscription_id = {subscription} ORDER BY id DESC LIMIT 1
    ), 0)
)"""
# The first change of a subscription is new, a later one from nothing a reactivation.
FOLLOWS_NOT = """(
    NEW.before_pennies IS DISTINCT FROM COALESCE((
        SELECT after_pennies FROM subscriptions_mrrchange
        WHERE subscription_id = NEW.subscription_id ORDER BY id DESC LIMIT 1
    ), 0)
    OR NEW.currency IS DISTINCT FROM (
        SELECT currency FROM subscriptions_subscription WHERE id = NEW.subscription_id
    )
    OR EXISTS (
        SELECT 1 FROM subscriptions_mrrchange
        WHERE subscription_id = NEW.subscription_id AND at > NEW.at
    )
    OR NEW.kind IN ('new', 'reactivation') AND (NEW.kind = 'new') = EXISTS (
        SELECT 1 FROM subscriptions_mrrchange WHERE subscription_id = NEW.subscription_id
    )
)"""
