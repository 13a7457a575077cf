"""What the pages on security and personal data quote, read from the code. Needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings

from accounts import second_factor
from core import database_role, limits
from core.environment import VARIABLES
from privacy import open_money, periods, retention
from privacy.classes import Class
from privacy.inventory import INVENTORY, classified

Row = dict[str, str]
GuardFact = str | int | list[str] | list[Row]


def guard_facts() -> Mapping[str, GuardFact]:
    """Flat, dotted keys; values are numbers, texts, lists of texts, or rows of a table."""
    return {
        "privacy.blockers": [words for words, _ in open_money.REASONS],
        "privacy.columns": sum(1 for holding in INVENTORY for _ in holding.classes()),
        "privacy.inventory": [
            {
                "table": holding.model,
                "purpose": holding.purpose,
                "kept": holding.kept,
                "personal": _listed(holding.personal),
                "pseudonymous": _listed(holding.pseudonymous),
            }
            for holding in INVENTORY
            if holding.personal or holding.pseudonymous
        ],
        "privacy.overdue_grace_days": periods.GRACE.days,
        "privacy.personal_tables": len(classified(Class.PERSONAL)),
        "privacy.retention": [
            {"name": rule.name, "what": rule.what, "days": str(rule.kept.days)}
            for rule in retention.RULES
        ],
        "privacy.tables": len(INVENTORY),
        "privacy.tables_of_nobody": len(INVENTORY)
        - sum(1 for holding in INVENTORY if holding.personal or holding.pseudonymous),
        "security.append_only": database_role.append_only(),
        "security.limits": [
            {
                "name": limit.name,
                "most": str(limit.most),
                "seconds": f"{limit.per.total_seconds():.0f}",
                "by": "address" if limit.by_address else "person, else address",
            }
            for limit in limits.LIMITS
        ],
        "security.lock_failures": settings.AXES_FAILURE_LIMIT,
        "security.lock_minutes": settings.AXES_COOLOFF_TIME // timedelta(minutes=1),
        "security.recovery_codes": second_factor.RECOVERY_CODES,
        "security.variables": [
            {
                "name": variable.name,
                "what": variable.what,
                "default": "required" if variable.default is None else variable.default,
                "used_by": variable.used_by,
            }
            for variable in VARIABLES
        ],
    }


def _listed(columns: str) -> str:
    return ", ".join(columns.split())
