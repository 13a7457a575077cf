"""`facts`: what pages quote."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command

from accounts.roles import TABLE, Permission, Role
from monitoring.checks import CHECKS
from orders.lifecycle import TRANSITIONS
from refunds.policy import WINDOW_DAYS


def _facts() -> dict[str, Any]:
    out = StringIO()
    call_command("facts", stdout=out)
    read: dict[str, Any] = json.loads(out.getvalue())
    return read


def test_facts_are_those_of_the_code() -> None:
    facts = _facts()
    assert facts["refunds.window_days"] == WINDOW_DAYS
    assert facts["webhooks.tolerance_s"] == 300
    most_s = settings.PROCRASTINATE_PERIODIC_DEFAULTS["max_delay"]
    assert facts["jobs.made_up_hours"] * 3600 == most_s
    assert facts["refunds.roles"] == ["admin", "ops"]
    assert [row["name"] for row in facts["checks"]][: len(CHECKS)] == [c.name for c in CHECKS]


def test_every_transition_is_a_row() -> None:
    rows = {(row["from"], row["to"]) for row in _facts()["orders.transitions"]}
    assert rows == {(move.source.value, move.target.value) for move in TRANSITIONS}


def test_the_table_of_roles_is_whole() -> None:
    rows = {row["permission"]: row["roles"] for row in _facts()["roles.table"]}
    assert rows == {
        permission.value: [role.value for role in Role if permission in TABLE[role]]
        for permission in Permission
    }


def test_the_worked_example_is_what_the_policy_decides() -> None:
    assert _facts()["refunds.worked_example"] == [
        {"step": "1", "asked": "£30.00", "left_before": "£100.00", "answer": "Refund sent."},
        {
            "step": "2",
            "asked": "£80.00",
            "left_before": "£70.00",
            "answer": "Order 1042: £80.00 asked, £70.00 left to refund.",
        },
        {"step": "3", "asked": "£70.00", "left_before": "£70.00", "answer": "Refund sent."},
        {
            "step": "4",
            "asked": "£0.01",
            "left_before": "£0.00",
            "answer": "Order 1042: £0.00 left to refund.",
        },
    ]


def test_two_runs_print_the_same() -> None:
    assert _facts() == _facts()
