"""Where shop and Stripe disagree: one set-based query a kind, over what Stripe last said.

The checks and reconcile_stripe ask the same questions, so what one mends the other no longer finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.money import display
from payments.gateway import PageStatus
from payments.mirror import OF_INTENT
from payments.models import PaymentStatus
from subscriptions.models import StartStatus
from webhooks.models import MISSING, Kind

NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """One object about which they disagree. `subject` names the shop's row, or Stripe's object
    when the shop has none."""

    kind: Kind
    stripe_id: str
    subject: str
    stripe: str
    shop: str


def payments() -> list[Difference]:
    """Payments against their intents, and against their pages while they have no intent.

    One that the shop gave up may be unpaid at Stripe for ever, unless its page is still open.
    """
    query = """
        SELECT said.kind, said.stripe_id, payment.id, said.status, meaning.ours, said.currency,
            said.amount_pennies, payment.status, payment.currency, payment.captured_pennies,
            start.id, CASE WHEN said.kind = %(intent)s THEN payment.stripe_intent_id
                ELSE payment.stripe_session_id END
        FROM webhooks_striperecord AS said
        LEFT JOIN unnest(%(kinds)s::text[], %(words)s::text[], %(ours)s::text[])
            AS meaning(kind, word, ours) ON (meaning.kind, word) = (said.kind, said.status)
        LEFT JOIN LATERAL (
            SELECT * FROM payments_payment
            WHERE stripe_intent_id = said.stripe_id OR stripe_session_id = said.stripe_id
            UNION ALL
            SELECT * FROM payments_payment WHERE said.key <> '' AND idempotency_key = said.key
                AND (said.kind = %(intent)s AND stripe_intent_id IS NULL
                    OR said.kind = %(session)s AND stripe_session_id IS NULL)
        ) AS payment ON true
        LEFT JOIN subscriptions_start AS start
            ON said.kind = %(session)s AND said.key <> '' AND start.idempotency_key = said.key
        LEFT JOIN webhooks_striperecord AS page ON page.stripe_id = payment.stripe_session_id
        WHERE CASE
            WHEN said.kind = %(session)s AND start.id IS NOT NULL
                THEN said.status = %(page_expired)s AND start.status = %(start_open)s
            WHEN payment.id IS NULL THEN said.key <> '' AND said.status <> %(missing)s
            WHEN said.kind = %(session)s
                THEN payment.stripe_session_id IS NULL OR (
                    said.intent_id = '' AND payment.stripe_intent_id IS NULL
                    AND said.status <> %(page_complete)s
                    AND payment.status IS DISTINCT FROM meaning.ours)
            ELSE payment.stripe_intent_id IS NULL
                OR (payment.status, payment.currency, payment.captured_pennies)
                IS DISTINCT FROM (CASE
                    WHEN meaning.ours = %(unpaid)s AND payment.status = %(given_up)s
                        AND page.status IS DISTINCT FROM %(page_open)s THEN payment.status
                    ELSE meaning.ours
                END, said.currency, said.amount_pennies)
        END AND said.kind IN (%(intent)s, %(session)s)
        ORDER BY payment.id, said.id
    """
    meanings = [
        *((Kind.INTENT, word, ours) for word, ours in OF_INTENT.items()),
        (Kind.SESSION, PageStatus.OPEN, PaymentStatus.CREATED),
        (Kind.SESSION, PageStatus.EXPIRED, PaymentStatus.CANCELED),
    ]
    parameters = {
        "kinds": [str(kind) for kind, _, _ in meanings],
        "words": [str(word) for _, word, _ in meanings],
        "ours": [str(ours) for _, _, ours in meanings],
        "start_open": StartStatus.OPEN.value,
        "unpaid": PaymentStatus.CREATED.value,
        "given_up": PaymentStatus.CANCELED.value,
        "page_open": PageStatus.OPEN.value,
        "page_expired": PageStatus.EXPIRED.value,
        "page_complete": PageStatus.COMPLETE.value,
        "missing": MISSING,
        "intent": Kind.INTENT.value,
        "session": Kind.SESSION.value,
    }
    return [_payment(row) for row in _rows(query, parameters)]


def refunds() -> list[Difference]:
    """Refunds of this shop's payments, whoever made them, and refunds that carry its key."""
    query = """
        SELECT said.stripe_id, refund.id, said.status, said.currency, said.amount_pennies,
            refund.status, refund.currency, refund.amount_pennies
        FROM webhooks_striperecord AS said
        LEFT JOIN LATERAL (
            SELECT * FROM refunds_refund WHERE stripe_refund_id = said.stripe_id
            UNION ALL
            SELECT * FROM refunds_refund
            WHERE said.key <> '' AND idempotency_key = said.key AND stripe_refund_id IS NULL
        ) AS refund ON true
        WHERE said.kind = %(kind)s AND CASE
            WHEN refund.id IS NULL THEN said.status <> %(missing)s AND (said.key <> '' OR EXISTS (
                SELECT FROM payments_payment WHERE stripe_intent_id = said.intent_id))
            ELSE (refund.status, refund.currency, refund.amount_pennies)
                IS DISTINCT FROM (said.status, said.currency, said.amount_pennies)
        END
        ORDER BY refund.id, said.id
    """
    return _amounts(Kind.REFUND, query)


def disputes() -> list[Difference]:
    """Disputes about this shop's payments."""
    query = """
        SELECT said.stripe_id, dispute.id, said.status, said.currency, said.amount_pennies,
            dispute.status, dispute.currency, dispute.amount_pennies
        FROM webhooks_striperecord AS said
        LEFT JOIN payments_dispute AS dispute ON stripe_dispute_id = said.stripe_id
        WHERE said.kind = %(kind)s AND CASE
            WHEN dispute.id IS NULL THEN said.status <> %(missing)s AND EXISTS (
                SELECT FROM payments_payment WHERE stripe_intent_id = said.intent_id)
            ELSE (dispute.status, dispute.currency, dispute.amount_pennies)
                IS DISTINCT FROM (said.status, said.currency, said.amount_pennies)
        END
        ORDER BY dispute.id, said.id
    """
    return _amounts(Kind.DISPUTE, query)


def subscriptions() -> list[Difference]:
    """Subscriptions that were not looked at again since: status, items and end."""
    query = """
        WITH held AS (
            SELECT id, stripe_subscription_id, status, currency, ends_at, seen_at,
                CASE WHEN is_paused THEN 'paused, ' ELSE '' END || coalesce((
                    SELECT string_agg(item, ', ' ORDER BY item COLLATE "C") FROM (
                        SELECT quantity || ' × ' || stripe_price_id AS item
                        FROM subscriptions_subscriptionitem
                        WHERE subscription_id = subscriptions_subscription.id
                    ) AS items
                ), '') AS terms
            FROM subscriptions_subscription
        )
        SELECT said.stripe_id, held.id, said.status, said.currency, said.terms, said.ends_at,
            held.status, held.currency, held.terms, held.ends_at
        FROM webhooks_striperecord AS said
        LEFT JOIN held ON stripe_subscription_id = said.stripe_id
        WHERE said.kind = %(kind)s AND CASE
            WHEN held.id IS NULL THEN said.status <> %(missing)s
            ELSE held.seen_at <= said.said_at
                AND (held.status, held.currency, held.terms, held.ends_at)
                IS DISTINCT FROM (said.status, said.currency, said.terms, said.ends_at)
        END
        ORDER BY held.id, said.id
    """
    found = _rows(query, {"kind": Kind.SUBSCRIPTION.value, "missing": MISSING})
    return [
        Difference(
            Kind.SUBSCRIPTION,
            stripe_id,
            f"subscription:{key}" if key else stripe_id,
            NOTHING if row[0] == MISSING else _terms(*row[:4]),
            _terms(*row[4:]) if key else NOTHING,
        )
        for stripe_id, key, *row in found
    ]


def everything() -> list[Difference]:
    """All of them, in an order in which they can be mended: money first, then what came of it."""
    return [*payments(), *refunds(), *disputes(), *subscriptions()]


def _payment(row: tuple[Any, ...]) -> Difference:
    kind, stripe_id, key, word, ours, code, received, status, *rest = row
    held_code, captured, start, known = rest
    subject = f"payment:{key}" if key else f"start:{start}" if start else stripe_id
    if word == MISSING:
        said = NOTHING
    elif kind == Kind.INTENT:
        said = f"{ours or word}, {display(received, code)} captured"
    else:
        said = f"its page {word}"
    held = f"{status}, {display(captured, held_code)} captured" if key else NOTHING
    held += "" if known or not key else f", its {kind} unknown"
    return Difference(Kind(kind), stripe_id, subject, said, "still open" if start else held)


def _amounts(kind: Kind, query: str) -> list[Difference]:
    found = _rows(query, {"kind": kind.value, "missing": MISSING})
    return [
        Difference(
            kind,
            stripe_id,
            f"{kind}:{key}" if key else stripe_id,
            NOTHING if word == MISSING else f"{word}, {display(pennies, code)}",
            f"{status}, {display(held, held_code)}" if key else NOTHING,
        )
        for stripe_id, key, word, code, pennies, status, held_code, held in found
    ]


def _terms(status: str, currency: str, terms: str, ends_at: Any) -> str:
    ends = f", ends {ends_at:%Y-%m-%d %H:%M} UTC" if ends_at else ""
    return f"{status}, {currency}, {terms or 'no items'}{ends}"


def _rows(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, dict(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
