"""The page of exports, and each of them as a file."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import actor_of, may, requires
from accounts.roles import Permission
from core.limits import EXPORT, limited
from core.pages import methods
from exports.forms import ExportFilters
from exports.stream import Stream
from exports.tables import TABLES, Table

CSV = "text/csv; charset=utf-8"


@requires(Permission.EXPORT_DOWNLOAD)
@methods("GET")
def overview(request: HttpRequest) -> HttpResponse:
    return _page(request, filled=None)


def download(table: Table) -> Callable[[HttpRequest], HttpResponseBase]:
    """The view that sends this table, for those who hold its permission."""

    @requires(table.permission)
    @methods("GET")
    @limited(EXPORT)
    def view(request: HttpRequest) -> HttpResponseBase:
        filters = ExportFilters(request.GET, table=table)
        if not filters.is_valid():
            return _page(request, filled=(table, filters))
        if request.method == "HEAD":
            return _as_file(HttpResponse(content_type=CSV), table)
        stream = Stream(
            table=table, chosen=filters.chosen(), by=actor_of(request), clock=timezone.now
        )
        return _as_file(StreamingHttpResponse(stream, content_type=CSV), table)

    return view


def _page(request: HttpRequest, *, filled: tuple[Table, ExportFilters] | None) -> HttpResponse:
    """Every export that this person may take; the one that was filled in wrongly with why."""
    wrong = dict([filled]) if filled else {}
    offered = [
        (table, wrong.get(table) or ExportFilters(table=table))
        for table in TABLES
        if may(request.user, table.permission)
    ]
    return render(
        request, "exports/overview.html", {"offered": offered}, status=400 if wrong else 200
    )


def _as_file(response: HttpResponseBase, table: Table) -> HttpResponseBase:
    """Named with the day, kept by nobody on the way, and never taken for a page."""
    name = f"{table.name}-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
