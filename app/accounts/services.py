"""What can be done to a person: make them known, give them a role."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import administrators
from accounts.models import User
from accounts.roles import Role
from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from core.actor import Actor, system
from core.refusal import Refused


class CannotGiveRole(Refused):
    """It is one's own, it is held already, or nobody could use it; the sentence says which."""


class CannotAddPerson(Refused):
    """The name or the password is none; the sentence says why."""


def add_person(*, username: str, password: str, role: Role, by: Actor, now: datetime) -> User:
    """Somebody who can sign in and holds this role. Audited. Raises CannotAddPerson."""
    user = User(username=username, date_joined=now)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise CannotAddPerson(f"Person: {' '.join(error.messages)}") from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            give_role(user=user, role=role, by=by, now=now)
    except IntegrityError as error:
        raise CannotAddPerson("Person: somebody took that name this moment.") from error
    return user


def change_role(*, user: User, role: Role, by: Actor, why: str, now: datetime) -> None:
    """The person holds this role from now on, because somebody who may decided so. Audited with
    the reason, also when it is refused. Raises CannotGiveRole, and LastAdministrator."""
    with audited(what="role", subject=f"user:{user.pk}", by=by, now=now):
        _check_role(user, role, by=by, why=why.strip())
        give_role(user=user, role=role, by=by, why=why.strip(), now=now)


def give_role(
    *,
    user: User,
    role: Role,
    by: Actor | None = None,
    why: str = "",
    now: datetime | None = None,
) -> None:
    """The person holds this role and no other, and nothing beside it. Audited when it changes;
    without `by` the shop itself did it. Raises LastAdministrator."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        groups = _groups(locked)
        if _holds_only(locked, role):
            return
        if role is not Role.ADMIN:
            administrators.keep_one(without=locked)
        user.groups.set([Group.objects.get(name=role.value)])
        user.user_permissions.clear()
        User.objects.filter(pk=user.pk).update(is_superuser=False)
        user.is_superuser = False
        audit.record(
            actor=by or system("accounts"),
            action=Action.ROLE_CHANGED,
            subject=f"user:{user.pk}",
            result=Result.DONE,
            reason=why,
            details={"from": " ".join(groups), "to": role.value},
            now=now or timezone.now(),
        )
    _forget_permissions(user)


def _check_role(user: User, role: Role, *, by: Actor, why: str) -> None:
    if by.id == user.pk:
        # So that nobody shuts themselves out by a slip of the finger.
        raise CannotGiveRole(f"User {user.pk}: is you; ask another administrator.")
    if not why:
        raise CannotGiveRole(f"User {user.pk}: no reason given; say why, without names.")
    if not user.is_active:
        raise CannotGiveRole(f"User {user.pk}: cannot sign in any more; no role is of use.")
    if _holds_only(user, role):
        raise CannotGiveRole(f"User {user.pk}: is {role} already; there is nothing to do.")


def _holds_only(user: User, role: Role) -> bool:
    """The role, and nothing that was given past the roles."""
    beside = user.is_superuser or user.user_permissions.exists()
    return _groups(user) == [role.value] and not beside


def _groups(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def _forget_permissions(user: User) -> None:
    """Django keeps a person's permissions on the object; the old role's must not outlive it."""
    for cache in ("_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        user.__dict__.pop(cache, None)
