"""The role that the shop speaks to its database as."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from core import database_role
from monitoring.checks.check import Check, Finding


def runs_as_owner(now: datetime) -> list[Finding]:
    """A shop for real whose database role could disable the triggers that hold the audit record."""
    found = database_role.might()
    if settings.SHOP_IS_DEMO or not found:
        return []
    return [Finding("database-role", "a role that owns nothing", found)]


CHECKS = (
    Check(
        "runs-as-owner",
        "Shop runs as the database's owner",
        "Make a role with app_role, give it a password and name it in DATABASE_URL.",
        runs_as_owner,
    ),
)
