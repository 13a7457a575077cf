"""accounts.services: a person holds exactly one role."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission as StoredPermission
from django.db import connection, transaction

from accounts import drift
from accounts.access import may
from accounts.models import User
from accounts.roles import TABLE, Permission, Role
from accounts.services import give_role
from audit.models import Entry
from core.actor import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def nina(db: None) -> User:
    return User.objects.create_user("nina")


def test_a_new_person_has_no_role_and_may_do_nothing(nina: User) -> None:
    assert nina.role is None
    assert [permission for permission in Permission if may(nina, permission)] == []


@pytest.mark.parametrize("role", Role)
def test_a_role_gives_what_the_table_says_and_nothing_more(nina: User, role: Role) -> None:
    give_role(user=nina, role=role)
    assert nina.role == role
    assert {permission for permission in Permission if may(nina, permission)} == TABLE[role]


def test_a_new_role_replaces_the_old_one_at_once(nina: User) -> None:
    give_role(user=nina, role=Role.ADMIN)
    assert may(nina, Permission.AUDIT_VIEW)
    give_role(user=nina, role=Role.CUSTOMER)
    assert nina.role == Role.CUSTOMER
    assert not may(nina, Permission.AUDIT_VIEW)
    assert not may(User.objects.get(pk=nina.pk), Permission.AUDIT_VIEW)
    assert drift.find() == []


def test_a_deactivated_person_may_do_nothing(nina: User) -> None:
    give_role(user=nina, role=Role.ADMIN)
    nina.is_active = False
    nina.save()
    assert not may(User.objects.get(pk=nina.pk), Permission.AUDIT_VIEW)


def test_a_change_of_role_is_audited_with_who_and_from_what(nina: User, now: datetime) -> None:
    alice = Actor(id=1, role="admin", origin="web")
    give_role(user=nina, role=Role.OPS, now=now)
    give_role(user=nina, role=Role.ANALYST, by=alice, now=now)
    first, second = Entry.objects.all()
    assert (first.actor_id, first.actor_role, first.details) == (
        None,
        "system",
        {"from": "", "to": "ops"},
    )
    assert (second.actor_id, second.actor_role, second.at) == (1, "admin", now)
    assert (second.action, second.subject) == ("role-changed", f"user:{nina.pk}")
    assert second.details == {"from": "ops", "to": "analyst"}


def test_giving_the_role_that_somebody_has_changes_nothing(nina: User) -> None:
    give_role(user=nina, role=Role.OPS)
    give_role(user=nina, role=Role.OPS)
    assert Entry.objects.count() == 1


def test_a_role_takes_at_once_what_was_given_beside_it(db: None) -> None:
    root = User.objects.create_superuser("root")
    root.user_permissions.add(StoredPermission.objects.get(codename="audit:view"))
    give_role(user=root, role=Role.OPS)
    assert {permission for permission in Permission if may(root, permission)} == TABLE[Role.OPS]
    assert drift.find() == []


def test_the_person_is_held_before_their_roles_are_looked_at(nina: User, held_first: Any) -> None:
    with held_first("accounts_user"):
        give_role(user=nina, role=Role.OPS)


@pytest.mark.django_db(transaction=True)
def test_two_roles_given_at_once_leave_one(nina: User) -> None:
    """Whoever comes second waits for the first, and then sees the role that it replaces."""
    give_role(user=nina, role=Role.CUSTOMER)
    begun = threading.Event()

    def second() -> None:
        try:
            begun.set()
            give_role(user=User.objects.get(pk=nina.pk), role=Role.ANALYST)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        give_role(user=nina, role=Role.OPS)
        thread.start()
        assert begun.wait(timeout=30)
        thread.join(timeout=0.3)
        assert thread.is_alive()
    thread.join(timeout=30)
    assert list(nina.groups.values_list("name", flat=True)) == ["analyst"]
    assert Entry.objects.latest("id").details == {"from": "ops", "to": "analyst"}
