"""Whoever leaves cannot sign in any more, and can again if they come back. Their name, role and
second factor stay, so that the record still says who did what; `privacy.erasure` takes a name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import administrators, sessions
from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from core.actor import Actor
from core.refusal import Refused


class CannotChangeAccount(Refused):
    """It is one's own, no reason was given, or there is nothing to do or to sign in with; the
    sentence says which."""


def deactivate(*, user: User, why: str, by: Actor, now: datetime) -> None:
    """The person cannot sign in any more and is signed out everywhere. Audited with the reason,
    also when it is refused. Raises CannotChangeAccount, and LastAdministrator."""
    with (
        audited(what="deactivation", subject=f"user:{user.pk}", by=by, now=now),
        transaction.atomic(),
    ):
        locked = User.objects.select_for_update().get(pk=user.pk)
        _check_asker(locked, by=by, why=why.strip())
        if not locked.is_active:
            raise CannotChangeAccount(
                f"User {user.pk}: is deactivated already; there is nothing to do."
            )
        administrators.keep_one(without=locked)
        _set_active(locked, False, why=why.strip(), by=by, now=now)


def reactivate(*, user: User, why: str, by: Actor, now: datetime) -> None:
    """The person can sign in again, with the role they had. Audited with the reason, also when it
    is refused. Raises CannotChangeAccount, also for whoever was erased."""
    with (
        audited(what="reactivation", subject=f"user:{user.pk}", by=by, now=now),
        transaction.atomic(),
    ):
        locked = User.objects.select_for_update().get(pk=user.pk)
        _check_asker(locked, by=by, why=why.strip())
        if locked.is_active:
            raise CannotChangeAccount(f"User {user.pk}: is active already; there is nothing to do.")
        if not locked.has_usable_password():
            # An erasure takes the password for good, and nothing else does.
            raise CannotChangeAccount(
                f"User {user.pk}: has no password, as whoever was erased; add_person makes "
                "somebody known anew."
            )
        _set_active(locked, True, why=why.strip(), by=by, now=now)


def _check_asker(user: User, *, by: Actor, why: str) -> None:
    if by.id == user.pk:
        # So that nobody shuts themselves out by a slip of the finger.
        raise CannotChangeAccount(f"User {user.pk}: is you; ask another administrator.")
    if not why:
        raise CannotChangeAccount(f"User {user.pk}: no reason given; say why, without names.")


def _set_active(user: User, is_active: bool, *, why: str, by: Actor, now: datetime) -> None:
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    # On the way back too: of a sign-in that overlapped the deactivation a session may be left.
    sessions.end_all(user)
    audit.record(
        actor=by,
        action=Action.PERSON_REACTIVATED if is_active else Action.PERSON_DEACTIVATED,
        subject=f"user:{user.pk}",
        result=Result.DONE,
        reason=why,
        now=now,
    )
