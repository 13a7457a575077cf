"""`manage.py jobs`: the schedule and its latest runs; `--run NAME` does one now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.models import JobRun, RunStatus
from core.moments import parse_moment
from core.refusal import Refused
from core.schedule import run_now, schedule

LATEST = 20


class Command(BaseCommand):
    """Show when each job is due and how its latest runs went, or run one by hand."""

    help = "List the schedule and the latest runs; --run NAME runs a job here and now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", metavar="NAME", help="run this job here and now")
        parser.add_argument("--date", help="with --run: as it would have been done at this moment")
        parser.add_argument("--failed", action="store_true", help="list failed runs only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["run"]:
            self._run(options["run"], options["date"])
            return
        for job in schedule():
            self.stdout.write(f"{job.name:<20} {job.cron:<14} {job.does}")
        runs = JobRun.objects.all()
        if options["failed"]:
            runs = runs.filter(status=RunStatus.FAILED)
        self.stdout.write(f"runs  the latest {LATEST}{' that failed' * options['failed']}")
        for run in reversed(runs[:LATEST]):
            self.stdout.write(f"  {_line(run)}")

    def _run(self, name: str, date: str | None) -> None:
        try:
            moment = parse_moment(date, option="--date") if date else None
            self.stdout.write(run_now(name=name, moment=moment))
        except Refused as no:
            raise CommandError(str(no)) from no


def _line(run: JobRun) -> str:
    return (
        f"{run.started_at:%Y-%m-%d %H:%M:%S} {run.name:<20} {run.status:<9} "
        f"attempt {run.attempt}, {_begun_by(run)}: {run.said or 'not ended'}"
    )


def _begun_by(run: JobRun) -> str:
    if run.due_at is None:
        return "by hand"
    if run.job_id is None:
        return f"by hand for {run.due_at:%Y-%m-%d %H:%M}"
    return f"due {run.due_at:%H:%M:%S}"
