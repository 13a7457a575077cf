"""Staff who still owe their second factor reach the page that asks for it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.second_factor import missing_page

OPEN = frozenset({"accounts:second-factor", "accounts:second-factor-enrol", "accounts:sign-out"})


class FactorFirst:
    """Stands behind the middleware that knows the user, in front of every view there is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and match.view_name in OPEN:
            return None
        page = missing_page(request.user)
        if page is None:
            return None
        # What a form sent is lost, so only a page that was looked at is come back to.
        wanted = request.get_full_path() if request.method == "GET" else ""
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return HttpResponseRedirect(reverse(page) + query)
