"""Erasing somebody: what says who they are goes, what was ordered and paid stays, by key alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from accounts import administrators, lockout, second_factor, sessions
from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused
from payments.models import Payment
from privacy import open_money
from refunds.models import Refund
from subscriptions.models import Start, Subscription
from webhooks import forgetting

log = logging.getLogger(__name__)


class CannotErase(Refused):
    """Money is open, nobody else administers the shop, no reason was given, or there is nothing to
    erase; the sentence says which."""


@dataclass(frozen=True)
class Erased:
    """Who was erased, by key, and the customers at Stripe that have to be deleted there."""

    user_id: int
    at_stripe: list[str]


def erase(*, user: User, why: str, by: Actor, now: datetime) -> Erased:
    """Make the person nobody: name, addresses and password go, sessions and second factor end, and
    bodies of Stripe's events about them are emptied. Audited, also when it is refused. The log
    says the number of whoever went, for a database restored from before. Raises CannotErase."""
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=user.pk)
            _check(user, why=why.strip(), by=by)
            at_stripe = _customers(user)
            bodies = forgetting.empty_about({*at_stripe, *_objects(user)})
            _anonymise(user)
            audit.record(
                actor=by,
                action=Action.PERSON_ERASED,
                subject=f"user:{user.pk}",
                result=Result.DONE,
                reason=why.strip(),
                details={"customers_at_stripe": len(at_stripe), "event_bodies": bodies},
                now=now,
            )
            transaction.on_commit(partial(log.info, "erased user %d", user.pk))
    except CannotErase as no:
        audit.record(
            actor=by,
            action=Action.PERSON_ERASED,
            subject=f"user:{user.pk}",
            result=Result.REFUSED,
            reason=str(no),
            now=now,
        )
        raise
    return Erased(user.pk, at_stripe)


def name_of(key: int) -> str:
    """The sign-in name of somebody who was erased."""
    return f"erased-{key}"


def is_erased(user: User) -> bool:
    return not user.is_active and user.username == name_of(user.pk)


def _check(user: User, *, why: str, by: Actor) -> None:
    if is_erased(user):
        raise CannotErase(f"User {user.pk}: erased already; there is nothing to do.")
    if not why:
        raise CannotErase(f"User {user.pk}: no reason given; say why, without names.")
    if by.id == user.pk:
        raise CannotErase(f"User {user.pk}: is you; ask another administrator.")
    found = open_money.of(user)
    if found:
        raise CannotErase(f"User {user.pk}: {'; '.join(found)}; settle that first.")
    try:
        administrators.keep_one(without=user)
    except administrators.LastAdministrator as no:
        raise CannotErase(str(no)) from no


def _anonymise(user: User) -> None:
    lockout.forget_person(user)
    second_factor.forget(user)
    sessions.end_all(user)
    Payment.objects.filter(order__customer=user).update(checkout_url="")
    Start.objects.filter(customer=user).update(checkout_url="")
    user.username = name_of(user.pk)
    user.first_name = user.last_name = user.email = ""
    user.last_login = None
    user.is_active = False
    user.set_unusable_password()
    user.save()


def _customers(user: User) -> list[str]:
    theirs = Subscription.objects.filter(customer=user).values_list("stripe_customer_id", flat=True)
    begun = Start.objects.filter(customer=user).values_list("stripe_customer_id", flat=True)
    return sorted({*theirs, *begun} - {""})


def _objects(user: User) -> Iterable[str]:
    """Everything of theirs by its id at Stripe, for which events may have come."""
    payments = Payment.objects.filter(order__customer=user)
    refunds = Refund.objects.filter(payment__order__customer=user)
    lists = (
        payments.values_list("stripe_session_id", flat=True),
        payments.values_list("stripe_intent_id", flat=True),
        payments.values_list("disputes__stripe_dispute_id", flat=True),
        refunds.values_list("stripe_refund_id", flat=True),
        Start.objects.filter(customer=user).values_list("stripe_session_id", flat=True),
        Subscription.objects.filter(customer=user).values_list("stripe_subscription_id", flat=True),
    )
    return {found for values in lists for found in values if found}
