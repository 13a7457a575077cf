"""What the accounts app does when Django says that something happened."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.http import HttpRequest
from django.utils import timezone

from accounts import lockout, roles
from accounts.access import NOBODY, actor_for
from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result


def listen() -> None:
    """Record every sign-in, sign-out, failed sign-in and lockout."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit-sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit-sign-out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="audit-sign-in-failed")
    user_locked_out.connect(lockout.locked_out, dispatch_uid="audit-locked-out")


def sync_roles(**_: Any) -> None:
    """Groups and their permissions follow the table after every migration."""
    roles.sync()


def _signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    _record(Action.SIGN_IN, Result.DONE, user)


def _signed_out(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _record(Action.SIGN_OUT, Result.DONE, user)


def _sign_in_failed(*, credentials: dict[str, Any], **_: Any) -> None:
    """The name that was typed is personal data, and sometimes a password: only the key of the
    person it belongs to is kept, and nothing when it belongs to nobody."""
    typed = str(credentials.get(User.USERNAME_FIELD, ""))
    key = User.objects.filter(username=typed).values_list("pk", flat=True).first()
    audit.record(
        actor=NOBODY,
        action=Action.SIGN_IN_FAILED,
        subject="user:unknown" if key is None else f"user:{key}",
        result=Result.REFUSED,
        now=timezone.now(),
    )


def _record(action: Action, result: Result, user: User) -> None:
    audit.record(
        actor=actor_for(user, origin="web"),
        action=action,
        subject=f"user:{user.pk}",
        result=result,
        now=timezone.now(),
    )
