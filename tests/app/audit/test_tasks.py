"""audit.tasks: the newest hash goes to the log, which stands outside the database."""

from __future__ import annotations

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command

from audit import services
from audit.actions import Action, Result
from core import schedule
from core.actor import system

pytestmark = pytest.mark.django_db


def test_the_log_says_how_the_record_ends(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="audit.tasks")
    assert schedule.run_now(name="log_audit_head").startswith("audit head  entry 0 0000")
    entry = services.record(
        actor=system("worker"),
        action=Action.REFUND_ASKED,
        subject="refund:1",
        result=Result.DONE,
        now=now,
    )
    said = schedule.run_now(name="log_audit_head")
    assert said == f"audit head  entry {entry.pk} {entry.hash}"
    assert caplog.messages[-1] == said


def test_what_the_schedule_names_for_plain_cron_writes_that_line_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="audit.tasks")
    [job] = [job for job in schedule.schedule() if job.name == "log_audit_head"]
    call_command(*job.command.split(), stdout=StringIO())
    assert caplog.messages[-1].startswith("audit head  entry 0 0000")
