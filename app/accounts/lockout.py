"""Guessing passwords: after a few failures a name is locked for a while, from where it was tried.

django-axes counts, in the database. Of the name that was typed it gets a keyed hash: people type
addresses and passwords there. The network address is personal data, and is forgotten: see
`forget_attempts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor, system
from core.client import address
from core.pages import refusal


class LockoutBackend(AxesStandaloneBackend):  # type: ignore[misc]
    """Refuses a locked name before its password is looked at. Only the web is locked: a command
    has no request and is run by somebody who is inside already."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> None:
        if request is not None:
            super().authenticate(request, username=username, password=password, **more)


def name_tried(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """What django-axes knows a name by."""
    return _hashed(_typed(credentials))


def answer(
    request: HttpRequest, original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """What a locked person gets: a sentence, 429 and Retry-After. It says the same for a name that
    is nobody's."""
    now = timezone.now()
    tried = name_tried(request, credentials)
    newest = AccessAttempt.objects.filter(username=tried, ip_address=address(request)).aggregate(
        at=Max("attempt_time")
    )["at"]
    left = (newest or now) + settings.AXES_COOLOFF_TIME - now
    wait_s = max(1, ceil(left.total_seconds()))
    sentence = (
        f"Sign-in: {settings.AXES_FAILURE_LIMIT} wrong tries, so this name is locked from here; "
        f"wait {ceil(wait_s / 60)} minutes, or ask an administrator to unlock it."
    )
    page = refusal(request, sentence, back=reverse("accounts:sign-in"), status=429)
    page["Retry-After"] = str(wait_s)
    return page


def locked(*, usernames: Iterable[str], now: datetime) -> set[str]:
    """Those of the names that are locked now, from anywhere. One query."""
    names = {_hashed(name): name for name in usernames}
    found = (
        AccessAttempt.objects.filter(
            username__in=list(names), attempt_time__gt=now - settings.AXES_COOLOFF_TIME
        )
        .values("username", "ip_address")
        .annotate(failures=Sum("failures_since_start"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
    )
    return {names[row["username"]] for row in found}


def unlock(*, user: User, by: Actor, now: datetime) -> int:
    """Forget the person's failures, so that they can sign in at once; how many tries were
    forgotten. Audited."""
    with transaction.atomic():
        forgotten = forget_person(user)
        audit.record(
            actor=by,
            action=Action.UNLOCKED,
            subject=f"user:{user.pk}",
            result=Result.DONE,
            now=now,
        )
    return forgotten


def forget_person(user: User) -> int:
    """Forget the tries under the person's name, from anywhere; how many."""
    forgotten: int = AxesProxyHandler.reset_attempts(username=_hashed(user.get_username()))
    return forgotten


def forget_attempts(*, before: datetime) -> int:
    """Delete the failed tries from before then, with the addresses in them; how many rows.
    Retention says how long they are kept."""
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lt=before).delete()
    return int(deleted)


def locked_out(*, request: HttpRequest, **_: Any) -> None:
    """django-axes says that a name is locked. It says so again at each try meanwhile; only the
    first is an event."""
    if request.axes_failures_since_start is None:  # type: ignore[attr-defined]
        return
    typed = _typed(request.axes_credentials)  # type: ignore[attr-defined]
    key = User.objects.filter(username=typed).values_list("pk", flat=True).first()
    audit.record(
        actor=system("accounts"),
        action=Action.LOCKED_OUT,
        subject="user:unknown" if key is None else f"user:{key}",
        result=Result.REFUSED,
        details={"failures": request.axes_failures_since_start},  # type: ignore[attr-defined]
        now=timezone.now(),
    )


def _typed(credentials: dict[str, Any] | None) -> str:
    return str((credentials or {}).get(User.USERNAME_FIELD) or "")


def _hashed(name: str) -> str:
    return salted_hmac("accounts.lockout", name, algorithm="sha256").hexdigest()[:40]
