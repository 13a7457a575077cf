from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import requires
from accounts.roles import Permission
from analyticsapp import dashboard, figures
from analyticsapp.forms import RangeForm
from core.pages import methods


@requires(Permission.ANALYTICS_VIEW)
@methods("GET")
def overview(request: HttpRequest) -> HttpResponse:
    """The figures of a range of days, by currency."""
    form = RangeForm(request.GET, now=timezone.now())
    if not form.is_valid():
        return render(request, "analyticsapp/overview.html", {"filters": form}, status=400)
    days = form.cleaned_data["days"]
    shown = RangeForm(
        {"first": days.first.isoformat(), "last": days.last.isoformat()}, now=timezone.now()
    )
    context = {
        "filters": shown,
        "days": days,
        "reports": dashboard.reports(days),
        "headings": dashboard.headings(),
        "meanings": figures.FIGURES,
        "about_days": figures.DAYS,
    }
    return render(request, "analyticsapp/overview.html", context)
