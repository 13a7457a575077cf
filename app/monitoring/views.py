"""The pages that watch over the shop: open issues, and the audit record."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.access import actor_of, requires
from accounts.models import User
from accounts.roles import Permission
from audit.models import Entry
from core.pages import methods, portion
from core.refusal import Refused
from monitoring import checks, services
from monitoring.forms import AcknowledgeForm, AuditFilters, IssueFilters
from monitoring.issue_page import describe
from monitoring.models import Issue, IssueStatus

# Lines of the audit record on a page: they are short, and read one after another.
ENTRIES = 50


@requires(Permission.ISSUE_VIEW)
@methods("GET")
def issues(request: HttpRequest) -> HttpResponse:
    filters = IssueFilters(request.GET)
    if not filters.is_valid():
        return render(request, "monitoring/issues.html", {"filters": filters}, status=400)
    wanted = filters.cleaned_data["status"]
    found = (
        Issue.objects.filter(status=wanted)
        if wanted
        else Issue.objects.exclude(status=IssueStatus.RESOLVED)
    )
    page = portion(found, before=filters.cleaned_data["before"])
    cards = describe(page.rows, viewer=request.user)
    context = {"filters": filters, "page": page, "cards": cards}
    return render(request, "monitoring/issues.html", context)


@requires(Permission.ISSUE_VIEW)
@methods("GET")
def runbook(request: HttpRequest) -> HttpResponse:
    """What each check means, how to see it and what to do: the site's runbook says the same."""
    return render(request, "monitoring/runbook.html", {"checks": [*checks.CHECKS, checks.FAILED]})


@requires(Permission.ISSUE_ACKNOWLEDGE)
@methods("GET", "POST")
def acknowledge(request: HttpRequest, issue_id: int) -> HttpResponse:
    issue = get_object_or_404(Issue, pk=issue_id)
    form = AcknowledgeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.acknowledge(
                    issue=issue,
                    by=actor_of(request),
                    why=form.cleaned_data["why"],
                    until=form.cleaned_data["until"],
                    now=timezone.now(),
                )
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                messages.success(request, "Issue acknowledged.")
                return redirect("monitoring:issues")
    [card] = describe([issue], viewer=request.user)
    context = {"form": form, "card": card}
    return render(request, "monitoring/acknowledge.html", context, status=status)


@requires(Permission.AUDIT_VIEW)
@methods("GET")
def audit_record(request: HttpRequest) -> HttpResponse:
    filters = AuditFilters(request.GET)
    if not filters.is_valid():
        return render(request, "audit/list.html", {"filters": filters}, status=400)
    wanted = filters.cleaned_data["action"]
    entries = Entry.objects.filter(action=wanted) if wanted else Entry.objects.all()
    page = portion(entries, before=filters.cleaned_data["before"], size=ENTRIES)
    keys = {entry.actor_id for entry in page.rows}
    names: dict[int | None, str] = dict(
        User.objects.filter(pk__in=keys).values_list("pk", "username")
    )
    rows = [(entry, names.get(entry.actor_id, entry.actor_role)) for entry in page.rows]
    return render(request, "audit/list.html", {"filters": filters, "page": page, "rows": rows})
