"""Personal data that should be gone."""

from __future__ import annotations

from datetime import datetime

from monitoring.checks.check import Check, Finding
from privacy import retention
from privacy.periods import GRACE


def retention_overdue(now: datetime) -> list[Finding]:
    """Kinds of rows that were kept longer than their period, by more than the nightly run needs."""
    return [
        Finding(
            f"retention:{count.rule.name}",
            f"nothing kept for more than {count.rule.kept.days} days",
            f"{count.rows} kept longer",
        )
        for count in retention.overdue(now=now, grace=GRACE)
        if count.rows
    ]


CHECKS = (
    Check(
        "retention-overdue",
        "Personal data kept too long",
        "Run apply_retention --dry-run, then apply_retention; see failed-jobs for why it did not.",
        retention_overdue,
    ),
)
