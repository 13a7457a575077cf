"""demo.guard_facts: what the pages on security and personal data quote is what the code holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps

from core.environment import REQUIRED, VARIABLES
from core.limits import LIMITS
from demo.facts import facts
from demo.guard_facts import guard_facts
from privacy import periods
from privacy.inventory import INVENTORY
from privacy.open_money import REASONS
from privacy.retention import RULES


def _rows(key: str) -> Any:
    return facts()[key]


def test_the_inventory_shows_every_table_that_leads_to_people() -> None:
    shown = {row["table"]: row for row in _rows("privacy.inventory")}
    hidden = {one.model for one in INVENTORY} - shown.keys()
    assert all(
        not one.personal and not one.pseudonymous for one in INVENTORY if one.model in hidden
    )
    assert shown["accounts.User"]["personal"].startswith("username, first_name, last_name, email")
    assert facts()["privacy.tables_of_nobody"] == len(hidden) > 0
    assert facts()["privacy.tables"] == len(INVENTORY)


def test_all_columns_are_counted_and_the_lock_is_told_in_minutes(settings: Any) -> None:
    tables = apps.get_models(include_auto_created=True)
    assert facts()["privacy.columns"] == sum(len(table._meta.concrete_fields) for table in tables)
    settings.AXES_COOLOFF_TIME = timedelta(hours=1, seconds=30)
    assert guard_facts()["security.lock_minutes"] == 60


def test_periods_are_those_that_retention_acts_on() -> None:
    assert [(row["name"], row["days"]) for row in _rows("privacy.retention")] == [
        (rule.name, str(rule.kept.days)) for rule in RULES
    ]
    assert facts()["privacy.overdue_grace_days"] == periods.GRACE.days
    assert facts()["privacy.blockers"] == [words for words, _ in REASONS]


def test_limits_and_variables_are_those_of_the_code() -> None:
    assert [(row["name"], row["most"]) for row in _rows("security.limits")] == [
        (limit.name, str(limit.most)) for limit in LIMITS
    ]
    counted = {row["name"]: row["by"] for row in _rows("security.limits")}
    assert (counted["sign-in"], counted["pay"]) == ("address", "person, else address")
    variables = {row["name"]: row["default"] for row in _rows("security.variables")}
    assert set(variables) == {variable.name for variable in VARIABLES}
    assert {name for name, default in variables.items() if default == "required"} == {
        variable.name for variable in REQUIRED
    }


def test_the_tables_that_only_grow_are_named() -> None:
    assert "audit_entry" in _rows("security.append_only")
