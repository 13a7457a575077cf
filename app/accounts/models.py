from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser

from accounts.roles import Permission, Role


class User(AbstractUser):
    """A person. Their role is the one group they are in; see `accounts.roles`."""

    class Meta:
        permissions: ClassVar = [(permission.value, permission.name) for permission in Permission]

    @property
    def role(self) -> Role | None:
        """The person's role, None before one was given."""
        name = self.groups.filter(name__in=[role.value for role in Role]).values_list(
            "name", flat=True
        )
        return Role(name[0]) if name else None
