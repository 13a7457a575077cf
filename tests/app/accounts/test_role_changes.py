"""accounts.services: people are made known and given a role by a page or a command, on record."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission as StoredPermission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import drift
from accounts.access import may
from accounts.models import User
from accounts.roles import Permission, Role
from accounts.services import CannotGiveRole, change_role
from audit.models import Entry
from core.actor import Actor

pytestmark = pytest.mark.django_db
GOOD = "tall ships at noon"


@pytest.fixture
def alice(alice_admin: Any) -> Client:
    client = Client()
    client.force_login(alice_admin)
    return client


def test_an_administrator_gives_a_role_on_the_page(
    alice: Client, alice_admin: Any, olly_ops: Any
) -> None:
    address = reverse("accounts:role", args=[olly_ops.pk])
    assert address in alice.get(reverse("privacy:person", args=[olly_ops.pk])).text
    form = alice.get(address)
    assert form.status_code == 200
    assert '<option value="ops" selected>' in form.text
    done = alice.post(address, {"role": "analyst", "why": " left the team "}, follow=True)
    assert "Role changed: analyst now." in done.text
    assert User.objects.get(pk=olly_ops.pk).role == "analyst"
    entry = Entry.objects.filter(action="role-changed").latest("id")
    assert (entry.actor_id, entry.origin, entry.reason) == (alice_admin.pk, "web", "left the team")
    assert entry.details == {"from": "ops", "to": "analyst"}


def test_the_new_role_counts_from_the_next_page_on(alice: Client, olly_ops: Any) -> None:
    olly = Client()
    olly.force_login(olly_ops)
    assert olly.get(reverse("orders:staff-list")).status_code == 200
    alice.post(reverse("accounts:role", args=[olly_ops.pk]), {"role": "customer", "why": "left"})
    assert olly.get(reverse("orders:staff-list")).status_code == 403


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"role": "analyst"}, "Why: nothing written; say why, such as: joins operations."),
        ({"why": "left"}, "Role: none chosen; choose one from the list."),
        ({"role": "owner", "why": "x"}, "Role: found owner, which is none; choose one from the"),
    ],
)
def test_a_form_that_makes_no_sense_gets_a_sentence(
    alice: Client, olly_ops: Any, form: dict[str, str], sentence: str
) -> None:
    answer = alice.post(reverse("accounts:role", args=[olly_ops.pk]), form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert User.objects.get(pk=olly_ops.pk).role == "ops"


def test_what_makes_no_sense_is_refused_and_audited(
    alice_admin: Any, olly_ops: Any, cara_customer: Any, now: datetime
) -> None:
    User.objects.filter(pk=cara_customer.pk).update(is_active=False)
    cara_customer.refresh_from_db()
    by = Actor(id=alice_admin.pk, role="admin", origin="web")
    for user, role, why, sentence in (
        (alice_admin, Role.CUSTOMER, "x", "is you; ask another administrator."),
        (olly_ops, Role.ANALYST, " ", "no reason given; say why, without names."),
        (olly_ops, Role.OPS, "x", "is ops already; there is nothing to do."),
        (cara_customer, Role.OPS, "x", "cannot sign in any more; no role is of use."),
    ):
        was = user.role
        with pytest.raises(CannotGiveRole) as refused:
            change_role(user=user, role=role, by=by, why=why, now=now)
        assert str(refused.value) == f"User {user.pk}: {sentence}"
        entry = Entry.objects.latest("id")
        assert (entry.action, entry.subject) == ("refused", f"user:{user.pk}")
        assert entry.reason == f"role: {refused.value}"
        assert User.objects.get(pk=user.pk).role == was


def test_the_reason_is_kept_without_the_blanks_around_it(olly_ops: Any, now: datetime) -> None:
    by = Actor(id=1, role="admin", origin="web")
    change_role(user=olly_ops, role=Role.ANALYST, by=by, why="  left the team ", now=now)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.reason, entry.at) == ("role-changed", "left the team", now)


def test_nobody_takes_their_own_role_away_on_the_page(alice: Client, alice_admin: Any) -> None:
    answer = alice.post(
        reverse("accounts:role", args=[alice_admin.pk]), {"role": "customer", "why": "tired"}
    )
    assert answer.status_code == 409
    assert "is you; ask another administrator." in answer.text
    assert User.objects.get(pk=alice_admin.pk).role == "admin"


def test_the_command_gives_a_role(olly_ops: Any) -> None:
    out = StringIO()
    call_command("give_role", "olly_ops", "analyst", "--why", "left the team", stdout=out)
    assert out.getvalue() == f"role  user {olly_ops.pk} is analyst now\n"
    entry = Entry.objects.latest("id")
    assert (entry.origin, entry.reason) == ("command:give_role", "left the team")
    with pytest.raises(CommandError, match="is analyst already; there is nothing to do"):
        call_command("give_role", "olly_ops", "analyst", "--why", "again")
    with pytest.raises(CommandError, match="'olly' is nobody's name here"):
        call_command("give_role", "olly", "analyst", "--why", "again")
    with pytest.raises(CommandError, match="invalid choice: 'owner'"):
        call_command("give_role", "olly_ops", "owner", "--why", "again")


def test_a_role_leaves_nothing_beside_it(db: None) -> None:
    root = User.objects.create_superuser("root", password=GOOD)
    root.user_permissions.add(StoredPermission.objects.get(codename="audit:view"))
    assert len(drift.find()) == 3
    call_command("give_role", "root", "ops", "--why", "one role for each", stdout=StringIO())
    assert drift.find() == []
    root.refresh_from_db()
    assert not may(root, Permission.AUDIT_VIEW)
    root.user_permissions.add(StoredPermission.objects.get(codename="audit:view"))
    call_command("give_role", "root", "ops", "--why", "mended by hand", stdout=StringIO())
    assert drift.find() == []


def _add(monkeypatch: pytest.MonkeyPatch, username: str, typed: str) -> str:
    monkeypatch.setattr("sys.stdin", StringIO(typed))
    out = StringIO()
    call_command("add_person", username, "--role", "admin", stdout=out)
    return out.getvalue()


def test_the_first_administrator_is_added_signs_in_and_is_no_drift(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _add(monkeypatch, "anna", f"{GOOD}\n")
    user = User.objects.get()
    assert said == f"person  user {user.pk} is admin and can sign in\n"
    assert (user.role, user.is_superuser, drift.find()) == ("admin", False, [])
    entry = Entry.objects.get()
    assert (entry.action, entry.origin) == ("role-changed", "command:add_person")
    assert (entry.subject, entry.details) == (f"user:{user.pk}", {"from": "", "to": "admin"})
    assert Client().login(username="anna", password=GOOD)


@pytest.mark.parametrize(
    ("username", "typed", "sentence"),
    [
        ("olly_ops", GOOD, "add_person: Person: A user with that username already exists."),
        ("a b", GOOD, "add_person: Person: Enter a valid username."),
        ("", GOOD, "add_person: Person: This field cannot be blank."),
        ("anna", "short", "add_person: Person: This password is too short."),
        ("anna", "", "add_person: Person: This password is too short."),
    ],
)
def test_a_name_or_a_password_that_is_none_is_refused(
    olly_ops: Any, monkeypatch: pytest.MonkeyPatch, username: str, typed: str, sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        _add(monkeypatch, username, typed)
    assert str(refused.value).startswith(sentence)
    assert User.objects.count() == 1


def test_of_two_who_take_a_name_at_once_the_second_is_told(
    olly_ops: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either wrote."""
    monkeypatch.setattr(User, "full_clean", lambda self, exclude: None)
    with pytest.raises(CommandError, match="add_person: Person: somebody took that name this mom"):
        _add(monkeypatch, "olly_ops", GOOD)
    assert User.objects.count() == 1


def test_at_a_terminal_the_password_is_typed_twice(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for second, count in (("another one", 0), (GOOD, 1)):
        answers = iter([GOOD, second])
        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr(
            "accounts.management.commands.add_person.getpass", lambda _, a=answers: next(a)
        )
        if count == 0:
            with pytest.raises(CommandError, match="the passwords differ; type the same one twice"):
                call_command("add_person", "anna", "--role", "admin", stdout=StringIO())
        else:
            call_command("add_person", "anna", "--role", "admin", stdout=StringIO())
        assert User.objects.count() == count
