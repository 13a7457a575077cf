"""The end of a subscription: asked for by its customer or by staff, with the period paid for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.roles import TABLE, Permission, Role
from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from core.actor import Actor
from core.refusal import Refused
from payments import gateway
from subscriptions import services
from subscriptions.models import Subscription

_STAFF = frozenset(role.value for role in Role if Permission.SUBSCRIPTION_CANCEL in TABLE[role])


class CannotEnd(Refused):
    """It has ended, is to end already, or is not theirs to end; the sentence says which."""


def cancel(*, subscription: Subscription, by: Actor, reason: str, now: datetime) -> Subscription:
    """The subscription, to end with the period that is paid for; until then all stays as it is.

    Audited before Stripe is asked and when it has answered, a refusal too: whoever asked is on
    record even if nobody lives to hear the answer. Raises CannotEnd with a sentence, and
    gateway.Unknown when Stripe did not answer: asking again is safe, for Stripe is told the same
    thing twice.
    """
    subject = f"subscription:{subscription.pk}"
    with audited(what="cancel", subject=subject, by=by, now=now):
        fresh = Subscription.objects.get(pk=subscription.pk)
        _check(fresh, by=by)
        _record(Action.SUBSCRIPTION_CANCEL_ASKED, fresh, by=by, reason=reason, now=now)
        at = services.database_time()
        try:
            fact = gateway.end_with_period(fresh.stripe_subscription_id)
        except gateway.Rejected as no:
            raise CannotEnd(f"Subscription {fresh.pk}: Stripe said no ({no}); look there.") from no
    with transaction.atomic():
        ended = services.confirm(seen=services.Seen(fact, at), now=now)
        _record(Action.SUBSCRIPTION_CANCELED, ended, by=by, reason=reason, now=now)
    return ended


def _record(
    action: Action, subscription: Subscription, *, by: Actor, reason: str, now: datetime
) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"subscription:{subscription.pk}",
        result=Result.DONE,
        reason=reason,
        now=now,
    )


def _check(subscription: Subscription, *, by: Actor) -> None:
    number = subscription.pk
    is_own = by.id is not None and by.id == subscription.customer_id
    if by.role not in _STAFF and not is_own:
        raise CannotEnd(f"Subscription {number}: not yours; only its customer or staff can end it.")
    if subscription.has_ended:
        raise CannotEnd(f"Subscription {number}: {subscription.status}, so nothing is left to end.")
    if subscription.ends_at is not None:
        raise CannotEnd(
            f"Subscription {number}: it ends on {subscription.ends_at:%-d %b %Y} already; "
            "nothing more to do."
        )
