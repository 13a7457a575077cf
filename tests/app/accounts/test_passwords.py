"""People change their own password: by the present one, to a good one, and nowhere else goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import passwords
from accounts.access import actor_for
from audit.models import Entry

OLD, NEW = "correct horse battery", "wrong donkey charger"
HERE = reverse("accounts:password")
pytestmark = pytest.mark.django_db


def signed_in(password: str = OLD) -> Client:
    client = Client()
    form = {"username": "cara_customer", "password": password}
    client.post(reverse("accounts:sign-in"), form)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:account")).status_code == 200


def change(client: Client, *, old: str = OLD, new: str = NEW, again: str | None = None) -> Any:
    form = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(HERE, form)


def changes() -> list[tuple[str, str, str]]:
    found = Entry.objects.filter(action="password-changed")
    return list(found.values_list("subject", "actor_role", "result"))


def test_a_changed_password_is_the_one_that_opens_and_is_audited(cara_customer: Any) -> None:
    client = signed_in()
    answer = change(client)
    assert answer["Location"] == reverse("accounts:account")
    assert (
        "Password changed. Everywhere else you are signed out."
        in client.get(answer["Location"]).text
    )
    assert changes() == [(f"user:{cara_customer.pk}", "customer", "done")]
    assert not is_in(signed_in(OLD))
    assert is_in(signed_in(NEW))


def test_the_page_says_what_a_good_password_is_before_anybody_typed_one(
    cara_customer: Any,
) -> None:
    answer = signed_in().get(HERE)
    assert (answer.status_code, 'class="wrong"' in answer.text) == (200, False)
    fields = answer.context["form"].fields.values()
    assert [field.label for field in fields] == [
        "Present password",
        "New password",
        "New password again",
    ]
    assert "other personal information. Your password must contain at least 8" in answer.text
    assert "So that a slip of the finger locks nobody out." in answer.text


def test_no_password_changes_without_an_entry(
    cara_customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**told: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr("accounts.passwords.audit.record", broken)
    by = actor_for(cara_customer, origin="web")
    with pytest.raises(OperationalError):
        passwords.change(user=cara_customer, new=NEW, by=by, now=timezone.now())
    cara_customer.refresh_from_db()
    assert cara_customer.check_password(OLD)


def test_other_sessions_end_and_the_own_one_goes_on_under_a_new_key(cara_customer: Any) -> None:
    here, elsewhere = signed_in(), signed_in()
    before = here.session.session_key
    change(here)
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert here.session.session_key != before


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [
        ("short", None, "too short"),
        ("password", None, "too common"),
        ("83520174629", None, "entirely numeric"),
        ("cara_customer", None, "too similar to the username"),
        (NEW, "something else", "didn’t match"),
        ("a\0bcdefghij", None, "Null characters are not allowed"),
    ],
)
def test_a_password_that_is_no_good_gets_a_sentence(
    cara_customer: Any, new: str, again: str | None, sentence: str
) -> None:
    answer = change(signed_in(), new=new, again=again)
    assert (answer.status_code, changes()) == (400, [])
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    cara_customer.refresh_from_db()
    assert cara_customer.check_password(OLD)


def test_without_the_present_password_nothing_changes_and_that_is_audited(
    cara_customer: Any,
) -> None:
    answer = change(signed_in(), old="guessed")
    assert answer.status_code == 400
    assert "Present password: not the one you have; type it again." in answer.text
    assert changes() == [(f"user:{cara_customer.pk}", "customer", "refused")]
    cara_customer.refresh_from_db()
    assert cara_customer.check_password(OLD)


def test_nobody_guesses_the_present_password_for_long(cara_customer: Any) -> None:
    client = signed_in()
    answers = [change(client, old="guessed").status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_no_password_stands_in_a_page_or_in_the_record(cara_customer: Any) -> None:
    answer = change(signed_in(), old="guessed", new="short")
    assert "guessed" not in answer.text
    assert 'value="short"' not in answer.text
    assert "guessed" not in str(list(Entry.objects.values()))
    # Nor in what Django mails or shows of a crash.
    assert answer.wsgi_request.sensitive_post_parameters == "__ALL__"
