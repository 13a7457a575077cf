"""privacy.erasure after a restore: the log names who was erased, and by that they are found."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from accounts.people import named
from core.actor import system
from core.redaction import redact
from privacy import erasure


def _erase(known: Any, *, why: str = "asked to") -> None:
    erasure.erase(user=known.person, why=why, by=system("test"), now=known.now)


def test_the_log_names_who_was_erased_by_number_alone(
    known: Any, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level("INFO", logger="privacy.erasure")
    with django_capture_on_commit_callbacks(execute=True):
        _erase(known)
        assert caplog.messages == []
    said = f"erased user {known.person.pk}"
    assert caplog.messages == [said]
    # The second line against personal data finds nothing in it to mask.
    assert redact(None, "info", {"event": said}) == {"event": said}


def test_the_log_names_nobody_who_is_still_there(
    known: Any, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level("INFO", logger="privacy.erasure")
    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(erasure.CannotErase):
            _erase(known, why="")
        with transaction.atomic():
            _erase(known)
            transaction.set_rollback(True)
    known.person.refresh_from_db()
    assert (known.person.is_active, caplog.messages) == (True, [])


def test_whom_the_log_names_is_erased_by_that_number(known: Any) -> None:
    out = StringIO()
    number = f"user:{known.person.pk}"
    call_command("erase_person", number, "--why", "erased before the restore", stdout=out)
    assert out.getvalue() == f"erased  user {known.person.pk}\n"
    known.person.refresh_from_db()
    assert erasure.is_erased(known.person)


@pytest.mark.parametrize("unknown", ["user:0", "user:9" + "0" * 17, "user:", "user:x", "user:1 "])
def test_number_that_is_nobodys_gets_a_sentence(db: None, unknown: str) -> None:
    with pytest.raises(CommandError, match=f"^Person: '{unknown}' is nobody's name here"):
        named(unknown)


def test_digits_alone_are_a_name(known: Any) -> None:
    known.person.username = "77"
    known.person.save()
    assert named("77") == known.person
    assert named(f"user:{known.person.pk}") == known.person
