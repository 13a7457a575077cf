"""A real scheduled run on a seeded shop, watched from outside: what a proof of the schedule shows.

Nothing is told to run. Two workers start on a database that never had one; each finds that every
daily job fell due within the last day while nobody was there, and the jobs of every minute a moment
ago, and defers them as it would after a night's outage: see Note [One schedule, many workers].
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from core.models import JobRun, RunStatus
from core.schedule import schedule
from demo.children import Child, Children

WORKERS = 2
PATIENCE_S = 60.0
POLL_S = 0.2
STOPPED = "worker  stopped"


@dataclass(frozen=True)
class Watched:
    """What became of it: the first run of each job, by name; moments that more than one run names;
    runs that failed; jobs that did not run; and how many workers ended by the word."""

    first: dict[str, JobRun]
    doubled: list[str]
    failed: list[JobRun]
    missing: list[str]
    stopped: int

    @property
    def is_good(self) -> bool:
        return not (self.doubled or self.failed or self.missing) and self.stopped == WORKERS


def watch() -> Watched:
    """Start the workers on the configured database, wait until each job of the schedule ran, tell
    the workers to stop. Raises ChildEnded when one ended by itself."""
    with Children(settings.LOCAL_FOLDER / "schedule" / str(os.getpid())) as children:
        workers = [_worker(children, number) for number in range(1, WORKERS + 1)]
        deadline = time.monotonic() + PATIENCE_S
        while _unfinished() and time.monotonic() < deadline:
            children.check()
            time.sleep(POLL_S)
        children.stop()
    return _read(workers)


def _worker(children: Children, number: int) -> Child:
    return children.start(
        f"worker-{number}",
        [sys.executable, "-u", "manage.py", "work", "--skip-checks"],
        env=_environment(os.environ),
        cwd=settings.APP_DIR,
    )


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The workers talk to the same Stripe as whoever seeded the shop."""
    return {
        **inherited,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "STRIPE_API_KEY": settings.STRIPE_API_KEY,
    }


def _unfinished() -> set[str]:
    """Jobs that have no run that ended, or one that has not."""
    ended = set(JobRun.objects.exclude(status=RunStatus.RUNNING).values_list("name", flat=True))
    begun = set(JobRun.objects.filter(status=RunStatus.RUNNING).values_list("name", flat=True))
    return {job.name for job in schedule()} - ended | begun


def _read(workers: list[Child]) -> Watched:
    runs = list(JobRun.objects.order_by("id"))
    moments = Counter((run.name, run.due_at) for run in runs if run.attempt == 1)
    first: dict[str, JobRun] = {}
    for run in runs:
        first.setdefault(run.name, run)
    return Watched(
        first=first,
        doubled=sorted({name for (name, _), count in moments.items() if count > 1}),
        failed=[run for run in runs if run.status != RunStatus.SUCCEEDED],
        missing=[job.name for job in schedule() if job.name not in first],
        stopped=sum(_last_line(child.log) == STOPPED for child in workers),
    )


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    return lines[-1] if lines else ""
