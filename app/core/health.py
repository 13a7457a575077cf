"""`/healthz` and `/readyz`, for whoever starts, watches and balances the shop.

Note [Health first]
    They are answered before everything that could stand in the way: HTTPS redirects, the check of
    the Host header (probes come by number), sessions, sign-in and the request log. They say one
    word each and repeat nothing that was sent, so there is nothing to protect by the host.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

PATIENCE_MS = 2000


class Health:
    """`/healthz`: this process answers. `/readyz`: its database answers too and has every
    migration; 503 and a reason otherwise. Workers have no say: pages work without them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            if request.path_info == "/healthz":
                return _plain("ok", 200)
            if request.path_info == "/readyz":
                return _ready()
        return self._get_response(request)


def _ready() -> HttpResponse:
    try:
        missing = _newest() - _applied()
    except DatabaseError:
        return _plain("not ready: the database does not answer", 503)
    if missing:
        return _plain("not ready: migrations are missing", 503)
    return _plain("ready", 200)


@cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migration of each app in this release; read from its files once a process."""
    loader = MigrationLoader(None)
    return frozenset(loader.graph.leaf_nodes())


def _applied() -> frozenset[tuple[str, str]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        cursor.execute("SELECT app, name FROM django_migrations")
        return frozenset(cursor.fetchall())


def _plain(word: str, status: int) -> HttpResponse:
    return HttpResponse(
        f"{word}\n",
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
