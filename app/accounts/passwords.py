"""People change their own password. What a good one is, Django's validators say."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor


def change(*, user: User, new: str, by: Actor, now: datetime) -> None:
    """The person signs in with the new password from now on. Audited. Every session of theirs
    ends, for each carries a hash made of the old one; the caller may keep the one it acts for."""
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        _record(user, Result.DONE, by=by, now=now)


def wrong(*, user: User, by: Actor, now: datetime) -> None:
    """Somebody in the person's session did not know the password that they have. Audited."""
    _record(user, Result.REFUSED, by=by, now=now)


def _record(user: User, result: Result, *, by: Actor, now: datetime) -> None:
    audit.record(
        actor=by,
        action=Action.PASSWORD_CHANGED,
        subject=f"user:{user.pk}",
        result=result,
        reason="" if result is Result.DONE else "the present password was wrong",
        now=now,
    )
