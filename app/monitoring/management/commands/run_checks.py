"""Run the checks: a line for each check and for each issue they leave, the summary last."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.moments import parse_moment
from core.refusal import Refused
from monitoring import checks
from monitoring.lock import alone
from monitoring.models import CheckRun, Issue, IssueStatus
from monitoring.services import run_checks, unsettled

# A backup's moment is taken just before its snapshot, and a check may have run in between.
A_BREATH = timedelta(minutes=1)
# Ten seconds: money that came too late has two checks looked at by themselves, now and then.
LOOKS_AGAIN = 100


class NotAsOf(Refused):
    """No moment by which this database can be judged; the sentence says why."""


class Command(BaseCommand):
    help = "Compare what must agree, open and resolve issues, and say what to do about each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fail-on-issues",
            action="store_true",
            help="exit 1 on an open issue, an acknowledgement that has run out or a check's error",
        )
        parser.add_argument(
            "--only", action="append", metavar="NAME", help="run this check only (repeatable)"
        )
        parser.add_argument(
            "--except",
            action="append",
            default=[],
            dest="left_out",
            metavar="NAME",
            help="do not run this check (repeatable)",
        )
        parser.add_argument(
            "--since", help="show and judge only issues that opened at or after this date or time"
        )
        parser.add_argument(
            "--as-of",
            help="judge by this date or time instead of now: for a copy that stands still, such as "
            "a restored backup; refused where checks ran later",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with alone(looks_again=LOOKS_AGAIN):
                # Only now, for the other run may have told issues of a later moment.
                now = _moment(options["as_of"])
                since = options["since"] and parse_moment(options["since"], option="--since")
                runs = run_checks(now=now, only=options["only"], left_out=options["left_out"])
        except Refused as no:
            raise CommandError(str(no)) from no
        about = _issues_of(runs, now, since or None)
        for run in runs:
            self.stdout.write(f"{_state(run):7} {run.check_name}")
            for issue in about:
                if run.check_name in (issue.check_name, _crashed(issue)):
                    self.stdout.write(f"  {_line(issue)}")
        errors = sum(bool(run.error) for run in runs)
        self.stdout.write(_summary(runs, about, errors))
        if options["fail_on_issues"] and (about or errors):
            raise SystemExit(1)


def _moment(as_of: str | None) -> datetime:
    """Now, or when asked the moment at which a copy stands still. Raises NotAsOf: issues whose
    life went on after it would be told backwards."""
    now = timezone.now()
    if not as_of:
        return now
    moment = parse_moment(as_of, option="--as-of")
    if moment > now:
        raise NotAsOf(f"--as-of: found {as_of}, which is not here yet; leave it out for now.")
    later = CheckRun.objects.filter(started_at__gt=moment + A_BREATH).order_by("-id").first()
    if later is not None:
        raise NotAsOf(
            f"--as-of: found {as_of}, but checks ran here on {later.started_at:%Y-%m-%d %H:%M} "
            "UTC; only a copy that stands still is judged by its own time."
        )
    return moment


def _issues_of(runs: list[CheckRun], now: datetime, since: datetime | None) -> list[Issue]:
    """What these runs leave for somebody to look at, of what opened since then."""
    names = {run.check_name for run in runs}
    return [
        issue
        for issue in unsettled(now=now)
        if {issue.check_name, _crashed(issue)} & names
        and (since is None or (issue.reopened_at or issue.first_seen_at) >= since)
    ]


def _crashed(issue: Issue) -> str | None:
    """The check that an issue about a crash is about."""
    if issue.check_name != checks.FAILED.name:
        return None
    return issue.subject.removeprefix("check:")


def _state(run: CheckRun) -> str:
    if run.error:
        return "error"
    return "found" if run.found else "ok"


def _line(issue: Issue) -> str:
    check = checks.find(issue.check_name)
    ran_out = ""
    if issue.status == IssueStatus.ACKNOWLEDGED and issue.acknowledged_until:
        ran_out = f" (acknowledged until {issue.acknowledged_until:%Y-%m-%d %H:%M} UTC)"
    next_step = f"; {check.what_to_do}" if check else ""
    return f"{issue.subject}: {issue.actual}, expected {issue.expected}{ran_out}{next_step}"


def _summary(runs: list[CheckRun], about: list[Issue], errors: int) -> str:
    waiting = Issue.objects.filter(status=IssueStatus.ACKNOWLEDGED).exclude(
        pk__in=[issue.pk for issue in about]
    )
    ran_out = sum(issue.status == IssueStatus.ACKNOWLEDGED for issue in about)
    return (
        f"checks  {len(runs)} run, {errors} failed to run; issues  {len(about) - ran_out} open, "
        f"{ran_out} with an acknowledgement that ran out, {waiting.count()} acknowledged"
    )
