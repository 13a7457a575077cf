"""The sessions of one person, one of them held for a change, and those that have ended."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from accounts.models import User
from accounts.people import person
from core.sessions import SessionStore


def hold(request: HttpRequest) -> None:
    """The session of whoever is signed in is read again, and is this request's alone until the
    caller's transaction ends: save it before, and who waited finds what was left. One that was
    ended meanwhile is empty.

    The person is held first, as by whoever ends their sessions, so that no two wait for each other.
    """
    key = request.session.session_key
    User.objects.select_for_update().get(pk=person(request).pk)
    Session.objects.select_for_update().filter(pk=key).first()
    request.session = SessionStore(key)


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
