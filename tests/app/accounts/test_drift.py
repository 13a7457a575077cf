"""accounts.drift: every way in which the database can stop saying what the role table says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as StoredPermission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.drift import Drift, find
from accounts.models import User

pytestmark = pytest.mark.django_db


def _permission(codename: str) -> StoredPermission:
    return StoredPermission.objects.get(codename=codename)


def test_people_with_their_roles_are_no_drift(
    alice_admin: User, olly_ops: User, ana_analyst: User, cara_customer: User
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert find() == []
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda olly: Group.objects.get(name="ops").permissions.add(_permission("audit:view")),
            Drift("role:ops audit:view", "not granted", "granted"),
        ),
        (
            lambda olly: Group.objects.get(name="ops").permissions.remove(
                _permission("refund:issue")
            ),
            Drift("role:ops refund:issue", "granted", "not granted"),
        ),
        (
            lambda olly: Group.objects.create(name="friends"),
            Drift("group:friends", "only the roles as groups", "a group that is no role"),
        ),
        (
            # As long as Django lets it be; an issue's subject holds less.
            lambda olly: Group.objects.create(name="f" * 150),
            Drift(f"group:{'f' * 100}", "only the roles as groups", "a group that is no role"),
        ),
        (
            lambda olly: olly.groups.add(Group.objects.get(name="admin")),
            Drift("user:{olly} roles", "one role", "2 roles"),
        ),
        (
            lambda olly: olly.groups.clear(),
            Drift("user:{olly} roles", "one role", "0 roles"),
        ),
        (
            lambda olly: olly.user_permissions.add(_permission("audit:view")),
            Drift(
                "user:{olly} permissions", "permissions through the role only", "1 given directly"
            ),
        ),
        (
            lambda olly: User.objects.filter(pk=olly.pk).update(is_superuser=True),
            Drift("user:{olly} superuser", "no superuser", "a superuser, whom no role limits"),
        ),
    ],
    ids=["more", "less", "group", "long group", "two roles", "no role", "direct", "superuser"],
)
def test_a_change_by_hand_is_drift(
    olly_ops: User, cara_customer: User, change: Callable[[User], object], expected: Drift
) -> None:
    change(olly_ops)
    subject = expected.subject.format(olly=olly_ops.pk)
    assert find() == [Drift(subject, expected.expected, expected.actual)]


def test_a_deactivated_person_needs_no_role(olly_ops: User) -> None:
    olly_ops.groups.clear()
    User.objects.filter(pk=olly_ops.pk).update(is_active=False)
    assert find() == []


def test_drift_reads_as_a_sentence() -> None:
    assert str(Drift("role:ops audit:view", "not granted", "granted")) == (
        "role:ops audit:view: granted, expected not granted."
    )
