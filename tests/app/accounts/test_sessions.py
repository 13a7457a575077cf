"""accounts.sessions: a session that several requests want to change is each one's in turn."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts import sessions
from accounts.models import User
from core.sessions import SessionStore


@pytest.fixture
def request_of_cara(cara_customer: User) -> HttpRequest:
    """Which has looked into her session: there is a basket."""
    kept = SessionStore()
    kept["basket"] = {"1": 2}
    kept.save()
    request = RequestFactory().post("/orders/place/")
    request.user, request.session = cara_customer, SessionStore(kept.session_key)
    assert request.session["basket"] == {"1": 2}
    return request


def test_the_person_is_held_before_their_session_as_by_whoever_ends_it(
    request_of_cara: HttpRequest,
) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as sent:
        sessions.hold(request_of_cara)
    held = [query["sql"] for query in sent if query["sql"].endswith("FOR UPDATE")]
    assert ['FROM "accounts_user"' in sql for sql in held] == [True, False]
    assert ['FROM "django_session"' in sql for sql in held] == [False, True]


def test_what_another_request_wrote_meanwhile_is_read(request_of_cara: HttpRequest) -> None:
    other = SessionStore(request_of_cara.session.session_key)
    other["basket"] = {}
    other.save()
    with transaction.atomic():
        sessions.hold(request_of_cara)
    assert request_of_cara.session["basket"] == {}


def test_a_session_that_was_ended_meanwhile_is_empty(request_of_cara: HttpRequest) -> None:
    SessionStore(request_of_cara.session.session_key).delete()
    with transaction.atomic():
        sessions.hold(request_of_cara)
    assert "basket" not in request_of_cara.session
    assert request_of_cara.session.is_empty()
