"""What can be done to a person: give them a role."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor, system


def give_role(
    *, user: User, role: Role, by: Actor | None = None, now: datetime | None = None
) -> None:
    """The person holds this role and no other, and nothing beside it. Audited when it changes;
    without `by` the shop itself did it."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        groups = sorted(user.groups.values_list("name", flat=True))
        if groups == [role.value]:
            return
        user.groups.set([Group.objects.get(name=role.value)])
        audit.record(
            actor=by or system("accounts"),
            action=Action.ROLE_CHANGED,
            subject=f"user:{user.pk}",
            result=Result.DONE,
            details={"from": " ".join(groups), "to": role.value},
            now=now or timezone.now(),
        )
    _forget_permissions(user)


def _forget_permissions(user: User) -> None:
    """Django keeps a person's permissions on the object; the old role's must not outlive it."""
    for cache in ("_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        user.__dict__.pop(cache, None)
