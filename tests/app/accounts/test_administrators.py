"""accounts.administrators: somebody who can sign in administers the shop, whoever goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission as StoredPermission
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import deactivation, services
from accounts.administrators import LastAdministrator, keep_one
from accounts.models import User
from accounts.roles import Role
from audit.models import Entry
from core.actor import system
from core.refusal import Refused
from privacy import erasure
from tests.app.conftest import person

pytestmark = pytest.mark.django_db
BY = system("test")
SENTENCE = "is the only administrator who can sign in; make another one first, by add_person or"


def deactivated(user: User, now: datetime) -> None:
    deactivation.deactivate(user=user, why="left", by=BY, now=now)


def made_a_customer(user: User, now: datetime) -> None:
    services.change_role(user=user, role=Role.CUSTOMER, by=BY, why="left", now=now)


def erased(user: User, now: datetime) -> None:
    erasure.erase(user=user, why="asked to", by=BY, now=now)


LETTING_GO = (deactivated, made_a_customer, erased)
Change = Callable[[User, datetime], None]


def administrators() -> list[str]:
    found = User.objects.filter(is_active=True, groups__name="admin").order_by("username")
    return list(found.values_list("username", flat=True))


@pytest.mark.parametrize("change", LETTING_GO)
def test_the_last_administrator_stays_and_the_refusal_is_audited(
    alice_admin: Any, now: datetime, change: Change
) -> None:
    with pytest.raises(Refused) as refused:
        change(alice_admin, now)
    assert str(refused.value) == f"User {alice_admin.pk}: {SENTENCE} give_role."
    assert administrators() == ["alice_admin"]
    entry = Entry.objects.get()
    assert (entry.result, entry.subject, entry.at) == ("refused", f"user:{alice_admin.pk}", now)
    assert str(refused.value) in entry.reason


@pytest.mark.parametrize("change", LETTING_GO)
def test_of_two_administrators_one_may_go_and_the_other_not(
    alice_admin: Any, now: datetime, change: Change
) -> None:
    change(person("bob_admin", "admin"), now)
    with pytest.raises(Refused, match=SENTENCE):
        change(alice_admin, now)
    assert administrators() == ["alice_admin"]


@pytest.mark.parametrize("what", ["is deactivated", "has no password", "is of operations"])
def test_whoever_cannot_sign_in_or_has_another_role_is_no_other_administrator(
    alice_admin: Any, now: datetime, what: str
) -> None:
    bob = person("bob", "ops" if what == "is of operations" else "admin")
    bob.is_active = what != "is deactivated"
    if what == "has no password":
        bob.set_unusable_password()
    bob.save()
    with pytest.raises(LastAdministrator):
        deactivated(alice_admin, now)


def test_whoever_administers_nothing_may_go_though_there_is_one_administrator(
    alice_admin: Any, olly_ops: Any, now: datetime
) -> None:
    gone_admin = person("gone_admin", "admin")
    deactivated(gone_admin, now)
    deactivated(olly_ops, now)
    erased(gone_admin, now)
    assert administrators() == ["alice_admin"]


def test_the_last_administrator_may_lose_what_was_given_beside_the_role(alice_admin: Any) -> None:
    alice_admin.user_permissions.add(StoredPermission.objects.get(codename="order:place"))
    services.give_role(user=alice_admin, role=Role.ADMIN)
    assert administrators() == ["alice_admin"]
    assert not alice_admin.user_permissions.exists()


@pytest.mark.parametrize(
    ("view", "form"),
    [
        ("accounts:deactivate", {"why": "left"}),
        ("accounts:role", {"why": "left", "role": "customer"}),
        ("privacy:erase", {"why": "asked to"}),
    ],
)
def test_every_page_refuses_with_the_sentence(
    alice_admin: Any, view: str, form: dict[str, str]
) -> None:
    """Somebody who may all, past the roles, asks: of another administrator it is never the last."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    answer = client.post(reverse(view, args=[alice_admin.pk]), form)
    assert answer.status_code == 409
    assert f"User {alice_admin.pk}: {SENTENCE} give_role." in answer.text
    assert administrators() == ["alice_admin"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("deactivate_person", ["--why", "left"]),
        ("give_role", ["customer", "--why", "left"]),
        ("erase_person", ["--why", "asked to"]),
    ],
)
def test_every_command_refuses_with_the_sentence(
    alice_admin: Any, command: str, words: list[str]
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command(command, "alice_admin", *words, stdout=StringIO())
    assert str(refused.value) == f"{command}: User {alice_admin.pk}: {SENTENCE} give_role."
    assert administrators() == ["alice_admin"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first_change", "second_change"),
    [(deactivated, made_a_customer), (made_a_customer, erased), (erased, deactivated)],
)
def test_of_two_who_let_each_other_go_at_once_one_stays(
    alice_admin: Any, now: datetime, first_change: Change, second_change: Change
) -> None:
    """Whoever comes second waits for the first, and then sees that nobody else is left."""
    bob = person("bob_admin", "admin")
    begun = threading.Event()
    refused: list[str] = []

    def second() -> None:
        try:
            begun.set()
            second_change(alice_admin, now)
        except Refused as no:
            refused.append(str(no))
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        first_change(bob, now)
        thread.start()
        assert begun.wait(timeout=30)
        thread.join(timeout=0.3)
        assert thread.is_alive()
    thread.join(timeout=30)
    assert refused == [f"User {alice_admin.pk}: {SENTENCE} give_role."]
    assert administrators() == ["alice_admin"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_while_one_goes_another_can_be_given_the_role(alice_admin: Any) -> None:
    """A new membership holds its group like that, and need not wait."""
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            keep_one(without=person("olly_ops", "ops"))
            cursor.execute("SELECT FROM auth_group WHERE name = 'admin' FOR KEY SHARE SKIP LOCKED")
            assert cursor.rowcount == 1
    finally:
        other.close()
