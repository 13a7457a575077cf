"""The schedule itself: runs that failed, and jobs that no longer run."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.models import RunStatus
from core.schedule import schedule
from monitoring.checks.check import Check, Finding, rows

# Every job is due once a day at least; a worker that comes back late makes up for it.
SILENT_HOURS = 26


def failed_jobs(now: datetime) -> list[Finding]:
    """Scheduled jobs whose newest run failed, or is too long ago. A job that never ran belongs to
    a shop whose schedule was never started."""
    query = """
        SELECT name, status, attempt, started_at, said FROM (
            SELECT DISTINCT ON (name) * FROM core_jobrun
            WHERE status <> %(running)s AND name = ANY(%(names)s) ORDER BY name, id DESC
        ) AS newest
        WHERE status = %(failed)s OR started_at < %(before)s
        ORDER BY name
    """
    parameters = {
        "running": RunStatus.RUNNING.value,
        "failed": RunStatus.FAILED.value,
        "names": [job.name for job in schedule()],
        "before": now - timedelta(hours=SILENT_HOURS),
    }
    return [
        Finding(
            f"job:{name}",
            f"a run that succeeded within {SILENT_HOURS} hours",
            f"{status} on {started:%Y-%m-%d %H:%M} UTC, attempt {attempt}: {said}",
        )
        for name, status, attempt, started, said in rows(query, parameters)
    ]


CHECKS = (
    Check(
        "failed-jobs",
        "Scheduled job failed or did not run",
        "Read its last line (jobs --failed), mend the cause, run it by hand: jobs --run NAME.",
        failed_jobs,
    ),
)
