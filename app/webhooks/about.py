"""From the row that an issue names, or from Stripe's id, to all that Stripe told about it."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from core.refusal import Refused
from payments.models import Payment
from subscriptions.models import Subscription
from webhooks.facts import HANDLED
from webhooks.models import StripeEvent

# Where a payment is known by what an issue names.
_BY_ROW = {"order": "order", "payment": "pk", "refund": "refunds", "dispute": "disputes"}
_SUBSCRIPTION = "subscription"
_ROW = re.compile(rf"({'|'.join((*_BY_ROW, _SUBSCRIPTION))}):(\d{{1,18}})")
_STRIPE_ID = re.compile(r"(?!evt_)[a-z]+_\w+")


class UnclearSubject(Refused):
    """What was named is no row of the shop and no id of Stripe's."""


def events_about(named: str) -> QuerySet[StripeEvent]:
    """The events that the shop acts on, about this object and the payment that it belongs to.

    `named` is a row as issues name it, `payment:12`, or Stripe's own id. Raises UnclearSubject.
    """
    return StripeEvent.objects.filter(object_id__in=_ids(named), type__in=HANDLED)


def _ids(named: str) -> set[str]:
    row = _ROW.fullmatch(named)
    if row is None and not _STRIPE_ID.fullmatch(named):
        raise UnclearSubject(
            f"--about: found {named!r}, expected a row as an issue names it, such as payment:12, "
            "or the id of an object at Stripe, such as pi_…; --id takes an event's."
        )
    if row is None:
        return {named, *_of_payments(_payments_of(named))}
    kind, key = row[1], int(row[2])
    found = _of_subscription(key) if kind == _SUBSCRIPTION else _of_row(kind, key)
    if not found:
        raise UnclearSubject(f"--about: found {named}, but Stripe has told of no such {kind}.")
    return found


def _of_row(kind: str, key: int) -> set[str]:
    return _of_payments(Payment.objects.filter(**{_BY_ROW[kind]: key}))


def _of_subscription(key: int) -> set[str]:
    found = Subscription.objects.filter(pk=key)
    return set(found.values_list("stripe_subscription_id", flat=True))


def _payments_of(stripe_id: str) -> QuerySet[Payment]:
    return Payment.objects.filter(
        Q(stripe_intent_id=stripe_id)
        | Q(stripe_session_id=stripe_id)
        | Q(refunds__stripe_refund_id=stripe_id)
        | Q(disputes__stripe_dispute_id=stripe_id)
    )


def _of_payments(payments: QuerySet[Payment]) -> set[str]:
    """Stripe's ids of the payments, their pages, refunds and disputes."""
    # Once more by key: a join that found the payment would show that one refund alone.
    known = Payment.objects.filter(pk__in=payments.values("pk")).values_list(
        *("stripe_intent_id", "stripe_session_id"),
        *("refunds__stripe_refund_id", "disputes__stripe_dispute_id"),
    )
    return {stripe_id for ids in known for stripe_id in ids if stripe_id}
