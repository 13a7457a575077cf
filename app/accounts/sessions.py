"""The sessions of one person, and those that have ended."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from accounts.models import User


def end_all(user: User) -> None:
    """The person is signed in nowhere any more. A session says whose it is only inside, so every
    one is looked at: for rare use."""
    theirs = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()


def forget_ended(*, before: datetime) -> int:
    """Delete sessions that had ended by then; how many."""
    return Session.objects.filter(expire_date__lt=before).delete()[0]
