"""The shop against Stripe, over what Stripe last said to reconcile_stripe: no check calls anybody.

A shop that was never reconciled has nothing to compare with, and finds nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from monitoring.checks.check import Check, Finding, rows
from payments.gateway import EndpointStatus
from webhooks import differences
from webhooks.differences import Difference
from webhooks.facts import HANDLED
from webhooks.models import Kind


def payments_differ(now: datetime) -> list[Finding]:
    """Payments whose status, currency or captured amount is not what Stripe said."""
    return _findings(differences.payments())


def refunds_differ(now: datetime) -> list[Finding]:
    """Refunds whose status or amount is not what Stripe said, and those one side alone knows."""
    return _findings(differences.refunds())


def disputes_differ(now: datetime) -> list[Finding]:
    """Disputes whose status or amount is not what Stripe said, and those unknown to the shop."""
    return _findings(differences.disputes())


def subscriptions_differ(now: datetime) -> list[Finding]:
    """Subscriptions whose status, items or end is not what Stripe said."""
    return _findings(differences.subscriptions())


def _findings(found: list[Difference]) -> list[Finding]:
    """One finding for each of the shop's rows."""
    by_subject = {one.subject: one for one in found}
    return [
        Finding(subject, f"{one.stripe} at Stripe ({one.stripe_id})", one.shop)
        for subject, one in by_subject.items()
    ]


def endpoint(now: datetime) -> list[Finding]:
    """Stripe has no webhook endpoint that leads here, is enabled, and sends this shop's API version
    and every type of event that the shop acts on."""
    query = """
        SELECT coalesce(string_agg(status || ', version ' || coalesce(nullif(version, ''),
                'of the account') || ', ' || cardinality(missed) || ' types of event missing'
                || CASE WHEN missed = '{}' THEN '' ELSE ', first ' || missed[1] END,
            '; ' ORDER BY stripe_id), 'no endpoint with this address')
        FROM (SELECT id FROM webhooks_reconciliation ORDER BY id DESC LIMIT 1) AS ran
        LEFT JOIN (
            SELECT stripe_id, status, split_part(terms, chr(10), 1) AS version, CASE
                WHEN '*' = ANY(string_to_array(split_part(terms, chr(10), 2), ',')) THEN '{}'
                ELSE ARRAY(SELECT unnest(%(types)s::text[])
                    EXCEPT SELECT unnest(string_to_array(split_part(terms, chr(10), 2), ','))
                    ORDER BY 1)
            END AS missed
            FROM webhooks_striperecord
            WHERE kind = %(kind)s AND split_part(terms, chr(10), 3) = %(url)s
        ) AS endpoint ON true
        GROUP BY ran.id
        HAVING NOT coalesce(
            bool_or(status = %(enabled)s AND version = %(version)s AND missed = '{}'), false)
    """
    url, version = settings.SHOP_ADDRESS + reverse("webhooks:stripe"), settings.STRIPE_API_VERSION
    parameters = {
        "types": sorted(HANDLED),
        "kind": Kind.ENDPOINT.value,
        "url": url,
        "version": version,
        "enabled": EndpointStatus.ENABLED.value,
    }
    expected = f"enabled, version {version}, 0 types of event missing"
    return [
        Finding(f"endpoint:{url}"[:120], expected, found) for (found,) in rows(query, parameters)
    ]


CHECKS = (
    Check(
        "payments-differ-from-stripe",
        "Payment differs from Stripe",
        "Run reconcile_stripe: it mends what it can and says why it cannot mend the rest.",
        payments_differ,
    ),
    Check(
        "refunds-differ-from-stripe",
        "Refund differs from Stripe",
        "Run reconcile_stripe; if the refund is left, look at both and send nothing again.",
        refunds_differ,
    ),
    Check(
        "disputes-differ-from-stripe",
        "Dispute differs from Stripe",
        "Run reconcile_stripe; answer the dispute at Stripe before its time is up.",
        disputes_differ,
    ),
    Check(
        "subscriptions-differ-from-stripe",
        "Subscription differs from Stripe",
        "Run reconcile_stripe; if it is left, its price or coupon is one the shop cannot value.",
        subscriptions_differ,
    ),
    Check(
        "webhook-endpoint",
        "Webhook endpoint missing, disabled or of another version",
        "Set the endpoint up at Stripe as this runbook says, then run pull_stripe_events.",
        endpoint,
    ),
)
