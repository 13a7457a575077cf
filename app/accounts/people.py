"""The person behind a request or a name, where there has to be one."""

from __future__ import annotations

from typing import cast

from django.core.management.base import CommandError
from django.http import HttpRequest

from accounts.models import User


def person(request: HttpRequest) -> User:
    """The signed-in user. For views under `@requires` only: nobody never gets that far."""
    return cast(User, request.user)


def named(username: str) -> User:
    """The person of this name, for commands. Raises CommandError when it is nobody's."""
    found = User.objects.filter(username=username.replace("\0", "")).first()
    if found is None:
        raise CommandError(
            f"Person: {username!r} is nobody's name here; expected a sign-in name, see the "
            "people page."
        )
    return found
