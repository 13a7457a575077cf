"""One line for each request: its id, method, route, status and who by key. Never what was typed.

An address can hold what a person typed, so the route is logged (`orders/<int:order_id>/`) and the
address is not; no query, no body, no browser, no network address.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

HEADER = "X-Request-ID"
# An id is letters, digits and dashes: no room for a key, an address or a second line.
_SANE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{14,62}[0-9A-Za-z]")
NO_ROUTE = "(no such address)"


class RequestLog(RequestMiddleware):
    """Gives each request its id, answers with it in `X-Request-ID` and logs how it ended. An id
    from the proxy in front is kept when it is a sane one, else a new one is made."""

    def __call__(self, request: HttpRequest) -> Any:
        request.META["HTTP_X_REQUEST_ID"] = request_id = _id_of(request)
        response: HttpResponse = super().__call__(request)  # type: ignore[assignment]
        response[HEADER] = request_id
        return response

    def prepare(self, request: HttpRequest) -> None:
        """Only the id: the line itself is written when the request has ended."""
        structlog.contextvars.bind_contextvars(request_id=request.META["HTTP_X_REQUEST_ID"])

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        match = request.resolver_match
        return f"{_method(request)} {match.route if match else NO_ROUTE}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """The key of whoever the request turned out to be from. It asks the database nothing: a
        request that never needed to know stays without."""
        user = getattr(request, "_cached_user", None)
        structlog.contextvars.bind_contextvars(user_id=getattr(user, "pk", None))


def _id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if _SANE.fullmatch(given) else uuid.uuid4().hex


def _method(request: HttpRequest) -> str:
    """As said, when it is a word; strangers can send any."""
    method = request.method or ""
    return method if re.fullmatch("[A-Z]{3,7}", method) else "(odd method)"
