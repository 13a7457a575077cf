"""accounts.roles: the table, and the groups of the database made from it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as StoredPermission
from django.core.management import call_command

from accounts import drift
from accounts.roles import TABLE, Permission, Role, sync

# Written by hand, as the owner of the shop would: the independent reading of the table.
EXPECTED = {
    "customer": {
        "order:place",
        "order:view-own",
        "password:change",
        "person:view-own",
        "subscription:start",
        "subscription:cancel-own",
    },
    "analyst": {
        "order:view",
        "issue:view",
        "second-factor:use",
        "export:download",
        "password:change",
        "person:view-own",
        "subscription:view",
        "analytics:view",
    },
    "ops": {
        "order:view",
        "order:cancel",
        "order:fulfil",
        "refund:issue",
        "issue:view",
        "issue:acknowledge",
        "export:download",
        "password:change",
        "person:view-own",
        "person:view",
        "second-factor:use",
        "subscription:view",
        "subscription:cancel",
    },
    "admin": {
        "subscription:view",
        "subscription:cancel",
        "analytics:view",
        "order:view",
        "order:cancel",
        "order:fulfil",
        "refund:issue",
        "issue:view",
        "issue:acknowledge",
        "audit:view",
        "export:download",
        "export:customers",
        "password:change",
        "person:view-own",
        "person:view",
        "person:erase",
        "person:manage",
        "price:change",
        "second-factor:use",
    },
}


def _stored() -> dict[str, set[str]]:
    return {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.all()
    }


def test_the_table_gives_each_role_what_was_agreed() -> None:
    assert {role.value: {p.value for p in TABLE[role]} for role in Role} == EXPECTED


def test_every_permission_is_held_by_somebody() -> None:
    assert set().union(*TABLE.values()) == set(Permission)


@pytest.mark.django_db
def test_migrations_leave_the_groups_as_the_table_says() -> None:
    assert _stored() == EXPECTED


@pytest.mark.django_db
def test_sync_repairs_what_was_changed_by_hand() -> None:
    ops = Group.objects.get(name="ops")
    ops.permissions.add(StoredPermission.objects.get(codename="audit:view"))
    ops.permissions.remove(StoredPermission.objects.get(codename="refund:issue"))
    Group.objects.get(name="analyst").delete()
    StoredPermission.objects.get(codename="order:place").delete()
    sync()
    assert _stored() == EXPECTED
    assert drift.find() == []


@pytest.mark.django_db
def test_sync_changes_nothing_the_second_time() -> None:
    before = list(Group.objects.order_by("pk").values_list("pk", "name"))
    given = list(Group.permissions.through.objects.order_by("pk").values_list("pk", flat=True))
    sync()
    assert list(Group.objects.order_by("pk").values_list("pk", "name")) == before
    after = list(Group.permissions.through.objects.order_by("pk").values_list("pk", flat=True))
    assert after == given


@pytest.mark.django_db
def test_sync_roles_says_what_it_repaired_and_what_it_could_not() -> None:
    Group.objects.get(name="analyst").permissions.clear()
    stranger = Group.objects.create(name="friends")
    out = StringIO()
    call_command("sync_roles", stdout=out)
    assert out.getvalue() == (
        f"roles  4 roles, {len(EXPECTED['analyst'])} repaired\n"
        "  group:friends: a group that is no role, expected only the roles as groups.\n"
    )
    assert Group.objects.filter(pk=stranger.pk).exists()
