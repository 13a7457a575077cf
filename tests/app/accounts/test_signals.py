"""accounts.signals: signing in, out and failing to leave an entry without personal data."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from accounts.models import User
from audit.models import Entry

pytestmark = pytest.mark.django_db


def _last() -> tuple[str, str, str, int | None]:
    entry = Entry.objects.latest("id")
    return entry.action, entry.subject, entry.result, entry.actor_id


def test_signing_in_and_out_is_audited(cara_customer: User) -> None:
    client = Client()
    assert client.login(username="cara_customer", password="correct horse battery")
    person = f"user:{cara_customer.pk}"
    assert _last() == ("sign-in", person, "done", cara_customer.pk)
    client.logout()
    assert _last() == ("sign-out", person, "done", cara_customer.pk)


def test_signing_out_without_being_signed_in_leaves_nothing(cara_customer: User) -> None:
    before = Entry.objects.count()
    Client().logout()
    assert Entry.objects.count() == before


def test_a_wrong_password_is_audited_under_the_persons_key(cara_customer: User) -> None:
    assert authenticate(username="cara_customer", password="hunter2") is None
    assert _last() == ("sign-in-failed", f"user:{cara_customer.pk}", "refused", None)


def test_a_name_that_is_nobodys_is_not_written_down() -> None:
    """People type their password, or their address, into the name's field."""
    assert authenticate(username="my-secret@example.com", password="hunter2") is None
    assert _last() == ("sign-in-failed", "user:unknown", "refused", None)
    written = str(list(Entry.objects.values_list()))
    assert "example.com" not in written
    assert "hunter2" not in written
