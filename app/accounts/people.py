"""The person behind a request or a name, where there has to be one."""

from __future__ import annotations

import re
from typing import cast

from django.core.management.base import CommandError
from django.http import HttpRequest

from accounts.models import User

# As the log and the audit record name people. Nobody's number has more digits.
_NUMBER = re.compile("user:([0-9]{1,18})")


def person(request: HttpRequest) -> User:
    """The signed-in user. For views under `@requires` only: nobody never gets that far."""
    return cast(User, request.user)


def named(username: str) -> User:
    """The person of this name, or of the number in `user:NUMBER`, which no name can be; for
    commands. Raises CommandError when it is nobody's."""
    number = _NUMBER.fullmatch(username)
    wanted = {"pk": number[1]} if number else {"username": username.replace("\0", "")}
    found = User.objects.filter(**wanted).first()
    if found is None:
        raise CommandError(
            f"Person: {username!r} is nobody's name here; expected a sign-in name or user:NUMBER, "
            "see the people page."
        )
    return found
