"""Somebody who can sign in administers the shop: without anyone, nobody could be let in again."""

from __future__ import annotations

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import Role
from core.refusal import Refused


class LastAdministrator(Refused):
    """Nobody else who can sign in administers the shop; the sentence says what to do first."""


def keep_one(*, without: User) -> None:
    """Pass when the shop can do without this person: one who administers it and can sign in is
    left, or they were none. Ask in the transaction that lets them go. Raises LastAdministrator."""
    # The row of the role stands for all who hold it. Of two who let each other go at once the
    # second waits here, and then no longer counts whom the first let go.
    Group.objects.select_for_update(no_key=True).get(name=Role.ADMIN.value)
    able = User.objects.filter(groups__name=Role.ADMIN.value, is_active=True).exclude(
        password__startswith=UNUSABLE_PASSWORD_PREFIX
    )
    if set(able.values_list("pk", flat=True)) == {without.pk}:
        raise LastAdministrator(
            f"User {without.pk}: is the only administrator who can sign in; make another one "
            "first, by add_person or give_role."
        )
