"""What the issues pages show and offer, decided here so that templates decide nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from accounts.access import may
from accounts.models import User
from accounts.roles import Permission
from monitoring import checks
from monitoring.models import Issue, IssueStatus


@dataclass(frozen=True)
class Card:
    """One issue for one viewer: what its check is called, what to do, whether the runbook has an
    entry for it (a check that is gone has none), who took it on."""

    issue: Issue
    title: str
    what_to_do: str
    has_entry: bool
    acknowledged_by: str
    may_acknowledge: bool


def describe(issues: Iterable[Issue], *, viewer: User | AnonymousUser) -> list[Card]:
    """Cards in the order given. One query for the names of everybody on them."""
    issues = list(issues)
    keys = {issue.acknowledged_by_id for issue in issues if issue.acknowledged_by_id}
    names: dict[int | None, str] = {}
    if keys:
        names.update(User.objects.filter(pk__in=keys).values_list("pk", "username"))
    allowed = may(viewer, Permission.ISSUE_ACKNOWLEDGE)
    return [_card(issue, names, allowed) for issue in issues]


def _card(issue: Issue, names: dict[int | None, str], allowed: bool) -> Card:
    check = checks.find(issue.check_name)
    return Card(
        issue=issue,
        title=check.title if check else issue.check_name,
        what_to_do=check.what_to_do if check else "This check no longer exists; nothing to do.",
        has_entry=check is not None,
        acknowledged_by=names.get(issue.acknowledged_by_id, ""),
        may_acknowledge=allowed and issue.status != IssueStatus.RESOLVED,
    )
