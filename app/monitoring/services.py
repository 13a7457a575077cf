"""Run the checks, and the life of an issue: open → acknowledged → resolved, and open again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused
from monitoring import checks
from monitoring.checks.check import Check, Finding
from monitoring.lock import alone
from monitoring.models import CheckRun, Issue, IssueStatus

LONGEST_ACKNOWLEDGEMENT_DAYS = 90
log = logging.getLogger(__name__)


class CannotAcknowledge(Refused):
    """The issue is resolved, or the reason or the time is missing; the sentence says which."""


def run_checks(
    *, now: datetime, only: Sequence[str] | None = None, left_out: Sequence[str] = ()
) -> list[CheckRun]:
    """Run every check, or those named, but for those left out, and update the issues. One run at a
    time: raises `lock.AlreadyRunning`; `checks.UnknownCheck` for a name that is none."""
    wanted = checks.chosen(only, left_out)
    with alone():
        return [_run(check, now) for check in wanted]


def unsettled(*, now: datetime) -> QuerySet[Issue]:
    """Issues that somebody must look at: open, or acknowledged until a time that has passed."""
    return Issue.objects.filter(
        Q(status=IssueStatus.OPEN) | Q(status=IssueStatus.ACKNOWLEDGED, acknowledged_until__lte=now)
    ).order_by("check_name", "id")


def acknowledge(*, issue: Issue, by: Actor, why: str, until: datetime, now: datetime) -> Issue:
    """Somebody knows of it and says why it can wait, and until when. Audited."""
    with transaction.atomic():
        issue = Issue.objects.select_for_update().get(pk=issue.pk)
        _check_acknowledgement(issue, why=why.strip(), until=until, now=now)
        issue.status = IssueStatus.ACKNOWLEDGED
        issue.acknowledged_by_id = by.id
        issue.acknowledged_why = why.strip()
        issue.acknowledged_until = until
        issue.save()
        audit.record(
            actor=by,
            action=Action.ISSUE_ACKNOWLEDGED,
            subject=f"issue:{issue.pk}",
            result=Result.DONE,
            reason=issue.acknowledged_why,
            details={"check": issue.check_name, "until": until.isoformat()},
            now=now,
        )
    return issue


def _check_acknowledgement(issue: Issue, *, why: str, until: datetime, now: datetime) -> None:
    longest = timedelta(days=LONGEST_ACKNOWLEDGEMENT_DAYS)
    if issue.status == IssueStatus.RESOLVED:
        raise CannotAcknowledge(f"Issue {issue.pk}: resolved already; there is nothing to do.")
    if not why:
        raise CannotAcknowledge(f"Issue {issue.pk}: no reason given; say why it can wait.")
    if not now < until or until.date() > (now + longest).date():
        raise CannotAcknowledge(
            f"Issue {issue.pk}: until {until:%Y-%m-%d %H:%M}, expected a time in the next "
            f"{LONGEST_ACKNOWLEDGEMENT_DAYS} days; choose one."
        )


def _run(check: Check, now: datetime) -> CheckRun:
    """One check. What it found and what that means for the issues stand or fall together, so a
    check that crashes opens an issue for itself and resolves nothing."""
    started = perf_counter()
    run = CheckRun(check_name=check.name, started_at=now)
    try:
        with transaction.atomic():
            findings = check.find(now)
            _update_issues(check, findings, now)
        run.found = len(findings)
        crash = []
    except Exception as error:
        log.exception("Check %s failed to run", check.name)
        run.error = _shortened(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", 500)
        crash = [Finding(f"check:{check.name}", "a check that runs", run.error)]
    _update_issues(checks.FAILED, crash, now, about=f"check:{check.name}")
    run.finished_at = now + timedelta(seconds=perf_counter() - started)
    run.save()
    return run


@transaction.atomic
def _update_issues(
    check: Check, findings: Sequence[Finding], now: datetime, *, about: str | None = None
) -> None:
    """Open, see again or reopen an issue for each finding, and resolve the check's other issues
    (only those about one subject, if given)."""
    found = {_fingerprint(check, finding): finding for finding in findings}
    known = {
        issue.fingerprint: issue
        for issue in Issue.objects.select_for_update().filter(fingerprint__in=found)
    }
    for fingerprint, finding in found.items():
        issue = known.get(fingerprint) or Issue(
            fingerprint=fingerprint,
            check_name=check.name,
            subject=finding.subject,
            first_seen_at=now,
            times_opened=0,
            times_seen=0,
            status=IssueStatus.RESOLVED,
        )
        _see(issue, finding, now)
    unseen = Issue.objects.filter(check_name=check.name).exclude(fingerprint__in=found)
    if about is not None:
        unseen = unseen.filter(subject=about)
    unseen.exclude(status=IssueStatus.RESOLVED).update(status=IssueStatus.RESOLVED, resolved_at=now)


def _see(issue: Issue, finding: Finding, now: datetime) -> None:
    """The mismatch is there, now: an issue that was resolved opens again, unacknowledged."""
    if issue.status == IssueStatus.RESOLVED:
        issue.status = IssueStatus.OPEN
        issue.reopened_at = now if issue.times_opened else None
        issue.times_opened += 1
        issue.resolved_at = None
        issue.acknowledged_by_id = None
        issue.acknowledged_why = ""
        issue.acknowledged_until = None
    issue.times_seen += 1
    issue.last_seen_at = now
    issue.expected = _shortened(finding.expected, 300)
    issue.actual = _shortened(finding.actual, 300)
    issue.save()


def _fingerprint(check: Check, finding: Finding) -> str:
    return f"{check.name}:{finding.subject}"


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
