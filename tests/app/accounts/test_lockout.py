"""accounts.lockout: guessing a password ends in a lock, for that name and from there."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts import lockout
from accounts.access import actor_for
from audit.models import Entry
from core.actor import system
from privacy.periods import ATTEMPTS

SIGN_IN = reverse("accounts:sign-in")
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


def _try(username: str, word: str = "wrong", *, seen: str = "203.0.113.7") -> Any:
    form = {"username": username, "password": word}
    return Client(REMOTE_ADDR=seen).post(SIGN_IN, form)


def _lock(username: str) -> Any:
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert _try(username).status_code == 400
    return _try(username)


def _told() -> list[tuple[str, str]]:
    return list(Entry.objects.values_list("action", "subject").order_by("id"))


@pytest.mark.parametrize("username", ["cara_customer", "nobody-of-that-name"])
def test_after_five_failures_the_name_is_locked_whoever_it_is(
    cara_customer: Any, username: str
) -> None:
    page = _lock(username)
    assert page.status_code == 429
    assert 14 * 60 < int(page["Retry-After"]) <= 15 * 60
    assert "5 wrong tries, so this name is locked from here; wait 15 minutes, or ask" in page.text
    assert _try(username, PASSWORD).status_code == 429


@pytest.mark.parametrize(
    ("passed", "left_s"),
    [
        (timedelta(minutes=10, seconds=0.5), 300),
        (timedelta(minutes=15), 1),
        (timedelta(days=1), 1),
    ],
)
def test_it_says_what_is_left_of_the_lock_and_never_less_than_a_second(
    passed: timedelta, left_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, request = timezone.now(), RequestFactory().post(SIGN_IN, REMOTE_ADDR="203.0.113.7")
    request.user = AnonymousUser()
    typed = {"username": "cara_customer"}
    AccessAttempt.objects.create(
        username=lockout.name_tried(request, typed),
        ip_address="203.0.113.7",
        failures_since_start=5,
    )
    AccessAttempt.objects.update(attempt_time=begun)
    monkeypatch.setattr(timezone, "now", lambda: begun + passed)
    assert lockout.answer(request, None, typed)["Retry-After"] == str(left_s)


def test_of_a_name_that_was_typed_only_a_keyed_hash_is_kept(settings: Any) -> None:
    first = lockout.name_tried(None, {"username": "cara_customer"})
    assert re.fullmatch("[0-9a-f]{40}", first)
    settings.SECRET_KEY = "another one of this test"
    assert lockout.name_tried(None, {"username": "cara_customer"}) != first


def test_the_same_person_elsewhere_and_others_here_still_get_in(
    cara_customer: Any, olly_ops: Any
) -> None:
    _lock("cara_customer")
    assert _try("cara_customer", PASSWORD, seen="203.0.113.8").status_code == 302
    assert _try("olly_ops", PASSWORD).status_code == 302


def test_a_lock_ends_by_itself_and_tries_meanwhile_do_not_prolong_it(cara_customer: Any) -> None:
    _lock("cara_customer")
    begun = AccessAttempt.objects.get().attempt_time
    assert _try("cara_customer").status_code == 429
    assert AccessAttempt.objects.get().attempt_time == begun
    AccessAttempt.objects.update(attempt_time=begun - settings.AXES_COOLOFF_TIME)
    assert _try("cara_customer", PASSWORD).status_code == 302


def test_failures_and_one_lockout_are_audited_without_name_and_address(
    cara_customer: Any,
) -> None:
    before = Entry.objects.count()
    _lock("cara_customer")
    _try("cara_customer")
    person = f"user:{cara_customer.pk}"
    told = _told()[before:]
    assert sorted(told) == [("locked-out", person), *[("sign-in-failed", person)] * 6]
    written = str(list(Entry.objects.values_list()))
    assert "cara" not in written
    assert "203.0.113" not in written


def test_a_lockout_of_nobody_is_audited_as_that() -> None:
    _lock("my-secret@example.org")
    assert ("locked-out", "user:unknown") in _told()
    assert "example.org" not in str(list(Entry.objects.values_list()))


def test_unlocking_lets_the_person_in_at_once_and_is_audited(
    cara_customer: Any, alice_admin: Any
) -> None:
    _lock("cara_customer")
    now = timezone.now()
    assert lockout.locked(usernames=["cara_customer", "x"], now=now) == {"cara_customer"}
    alice = actor_for(alice_admin, origin="web")
    assert lockout.unlock(user=cara_customer, by=alice, now=now) == 1
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("unlocked", f"user:{cara_customer.pk}")
    assert entry.actor_id == alice_admin.pk
    assert lockout.locked(usernames=["cara_customer"], now=now) == set()
    assert _try("cara_customer", PASSWORD).status_code == 302


def test_nobody_is_unlocked_without_an_entry(
    cara_customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**told: object) -> None:
        raise OperationalError("the disk is full")

    _lock("cara_customer")
    monkeypatch.setattr("accounts.lockout.audit.record", broken)
    now = timezone.now()
    with pytest.raises(OperationalError):
        lockout.unlock(user=cara_customer, by=system("test"), now=now)
    assert lockout.locked(usernames=["cara_customer"], now=now) == {"cara_customer"}


def test_the_command_unlocks_and_knows_whom_it_does_not_know(cara_customer: Any) -> None:
    _lock("cara_customer")
    out = StringIO()
    call_command("unlock", "cara_customer", stdout=out)
    assert out.getvalue() == f"unlock  user {cara_customer.pk}, 1 failed tries forgotten\n"
    assert Entry.objects.latest("id").origin == "command:unlock"
    with pytest.raises(CommandError, match="'x' is nobody's name here"):
        call_command("unlock", "x")


def test_what_is_kept_of_tries_is_forgotten_and_successes_are_not_kept(
    cara_customer: Any,
) -> None:
    _try("cara_customer", PASSWORD)
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (0, 0)
    _try("old-name", seen="203.0.113.1")
    [kept] = AccessAttempt.objects.values()
    assert "old-name" not in str(kept)
    assert "username=***" in kept["post_data"]
    old = timezone.now() - ATTEMPTS - timedelta(seconds=1)
    AccessAttempt.objects.update(attempt_time=old)
    AccessAttempt.objects.create(
        username="new", ip_address="203.0.113.2", user_agent="x", failures_since_start=1
    )
    assert lockout.forget_attempts(before=timezone.now() - ATTEMPTS) == 1
    assert AccessAttempt.objects.get().username == "new"


def test_a_success_forgets_the_failures_before_it(cara_customer: Any) -> None:
    _try("cara_customer")
    _try("cara_customer", PASSWORD)
    assert AccessAttempt.objects.count() == 0
