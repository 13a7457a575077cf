"""`manage.py prove_schedule`: two real workers run a seeded shop's schedule, and what they left."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analyticsapp.days import yesterday
from analyticsapp.models import DailySnapshot, MrrMovement
from core.models import JobRun
from core.refusal import Refused
from core.schedule import schedule
from demo import production
from demo.children import ChildEnded
from demo.scheduled import WORKERS, Watched, watch
from demo.seed import seed
from demo.twin import NoTwin, pointed_at_twin
from monitoring.services import run_checks, unsettled
from payments.gateway import GatewayError


class Command(BaseCommand):
    """Seed an empty shop, let its schedule run, print the records; exit 1 unless all went well."""

    help = "Let two workers run the schedule of a freshly seeded shop and print what is on record."

    def handle(self, *args: Any, **options: Any) -> None:
        production.refuse("prove_schedule")
        if JobRun.objects.exists():
            raise CommandError(
                "prove_schedule: jobs ran in this database before, expected an empty one; "
                "run it as `throwaway -- migrate :: prove_schedule`."
            )
        try:
            with pointed_at_twin(""):
                day = _seed_up_to_yesterday(now=timezone.now())
                self.stdout.write(f"workers  {WORKERS} started, and told nothing but `work`")
                self.stdout.flush()
                seen = watch()
            # The scheduled run of them may have come before the night's snapshot.
            run_checks(now=timezone.now())
        except (NoTwin, GatewayError, ChildEnded, Refused) as error:
            raise CommandError(f"prove_schedule: {error}") from error
        snapshots = DailySnapshot.objects.filter(day=day).order_by("currency")
        self._report(seen, list(snapshots))
        if not (seen.is_good and snapshots):
            raise SystemExit(1)

    def _report(self, seen: Watched, snapshots: list[DailySnapshot]) -> None:
        for job in schedule():
            run = seen.first.get(job.name)
            self.stdout.write(
                f"  {job.name:<20} {job.cron:<12} {_line(run) if run else 'did not run'}"
            )
        for run in seen.failed:
            self.stdout.write(f"{run.status:<8} {run.name}, attempt {run.attempt}: {run.said}")
        for issue in unsettled(now=timezone.now()):
            self.stdout.write(f"issue    {issue}: {issue.actual}")
        for snapshot in snapshots:
            self.stdout.write(f"snapshot {snapshot} taken")
        self.stdout.write(
            f"schedule  {len(seen.first)} of {len(schedule())} jobs ran, {len(seen.failed)} runs "
            f"failed, {len(seen.doubled)} jobs started twice for one moment; "
            f"{seen.stopped} of {WORKERS} workers stopped when told"
        )


def _seed_up_to_yesterday(*, now: datetime) -> date:
    """A shop whose last night is still to come: the day whose snapshot the schedule must take."""
    seed(now=now)
    day = yesterday(now=now)
    for kept in (DailySnapshot, MrrMovement):
        kept._default_manager.filter(day=day).delete()
    return day


def _line(run: JobRun) -> str:
    due = f"due {run.due_at:%Y-%m-%d %H:%M:%S}" if run.due_at else "by hand"
    return f"{due}, begun {run.started_at:%Y-%m-%d %H:%M:%S}, {run.status}: {run.said}"
