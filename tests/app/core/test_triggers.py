"""core.triggers: the rules that stand in the database are the ones in the code, and firm."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from core.triggers import FirmTrigger

TRIGGERS = [
    pytest.param(model, trigger, id=f"{model._meta.label}:{trigger.name}")
    for model in apps.get_models()
    for trigger in getattr(model._meta, "triggers", [])
]


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "trigger"), TRIGGERS)
def test_a_trigger_in_the_code_is_installed_as_it_is_and_switched_on(
    model: Any, trigger: FirmTrigger
) -> None:
    assert trigger.get_installation_status(model) == ("INSTALLED", True)


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "trigger"), TRIGGERS)
def test_no_trigger_looks_away_when_a_session_asks_it_to(model: Any, trigger: FirmTrigger) -> None:
    assert isinstance(trigger, FirmTrigger)
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [trigger.get_pgid(model)])
        [source] = cursor.fetchone()
    assert "ignore" not in source
