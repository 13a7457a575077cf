"""How often somebody may do what is dear: counted in the database, so by all processes together.

One row for each limit and person, one statement for each request; no name and no address is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from math import ceil
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.client import network
from core.models import Tally
from core.pages import refusal

View = Callable[..., HttpResponseBase]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    """`most` times in a span of time, counted from the first; which methods count; and whether
    by person, once somebody is signed in, or always by address."""

    name: str
    most: int
    per: timedelta = MINUTE
    methods: tuple[str, ...] = ("POST",)
    by_address: bool = False


SIGN_IN = Limit("sign-in", 20, by_address=True)
SECOND_FACTOR = Limit("second-factor", 20)
PASSWORD = Limit("password", 10)
BASKET = Limit("basket", 120)
PLACE = Limit("place-order", 20)
PAY = Limit("pay", 20)
SUBSCRIBE = Limit("subscribe", 20)
EXPORT = Limit("export", 12, methods=("GET", "POST"))
LIMITS = (SIGN_IN, SECOND_FACTOR, PASSWORD, BASKET, PLACE, PAY, SUBSCRIBE, EXPORT)


@dataclass(frozen=True)
class Count:
    """How often it was done in the span that began then, this time included."""

    times: int
    began_at: datetime


def limited(limit: Limit) -> Callable[[View], View]:
    """Answer 429 with a sentence and Retry-After to whoever does it more often. Put it below the
    view's mark, so that only those who may do it at all are counted."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in limit.methods:
                now = timezone.now()
                found = count(limit=limit, who=_who(request, limit), now=now)
                if found.times > limit.most:
                    return _too_often(request, limit, found, now)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def count(*, limit: Limit, who: str, now: datetime) -> Count:
    """Count once more. One statement, so two at once are two."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_tally AS tally (key, began_at, times) VALUES (%(key)s, %(now)s, 1)
            ON CONFLICT (key) DO UPDATE SET
                times = CASE WHEN tally.began_at <= %(over)s THEN 1 ELSE tally.times + 1 END,
                began_at = CASE WHEN tally.began_at <= %(over)s THEN %(now)s ELSE tally.began_at END
            RETURNING times, began_at
            """,
            {"key": f"{limit.name}:{who}", "now": now, "over": now - limit.per},
        )
        return Count(*cursor.fetchone())


def forget_counts(*, before: datetime) -> int:
    """Delete counts of spans that began before; how many. Spans are over within minutes."""
    deleted, _ = Tally.objects.filter(began_at__lt=before).delete()
    return deleted


def _who(request: HttpRequest, limit: Limit) -> str:
    user = getattr(request, "user", None)
    if not limit.by_address and user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    secret = salted_hmac("core.limits", network(request) or "nowhere", algorithm="sha256")
    return f"address:{secret.hexdigest()[:32]}"


def _too_often(request: HttpRequest, limit: Limit, found: Count, now: datetime) -> HttpResponseBase:
    # A span that is over was begun anew by `count`, so there is something left of this one.
    wait_s = ceil((found.began_at + limit.per - now).total_seconds())
    sentence = (
        f"Too often: found {found.times} times, expected at most {limit.most} in "
        f"{limit.per.total_seconds():.0f} seconds; wait {wait_s} s and try again."
    )
    page = refusal(request, sentence, back=request.path, status=429)
    page["Retry-After"] = str(wait_s)
    return page
