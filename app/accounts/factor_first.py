"""Staff who still owe their second factor reach the page that asks for it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.second_factor import is_verified, missing_page

VERIFY, ENROL = "accounts:second-factor", "accounts:second-factor-enrol"
OPEN = frozenset({VERIFY, ENROL, "accounts:sign-out"})


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


def owes_factor(request: HttpRequest) -> bool:
    """Whether the page shown is one that must be passed before any other."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    must = {VERIFY, ENROL} if settings.SECOND_FACTOR_REQUIRED else {VERIFY}
    return name in must and not is_verified(request.user)
