"""What views of every app share: allowed methods, refusals as pages, lists in portions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

# What an identity column can hold; a larger number names no row.
LARGEST_ID = 2**63 - 1
PORTION = 25

Row = TypeVar("Row", bound=Model)
View = Callable[..., HttpResponseBase]


def methods(*allowed: str) -> Callable[[View], View]:
    """Answer 405 with a sentence and `Allow` to every other method. GET brings HEAD."""
    known = [*allowed, *(["HEAD"] if "GET" in allowed else [])]

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in known:
                return view(request, *args, **kwargs)
            page = render(
                request, "405.html", {"found": request.method, "allowed": allowed}, status=405
            )
            page["Allow"] = ", ".join(known)
            return page

        return guarded

    return decorate


def refusal(request: HttpRequest, sentence: str, *, back: str, status: int = 409) -> HttpResponse:
    """The page that says no in one sentence and leads `back` (a URL) to where things can go on."""
    return render(request, "refused.html", {"sentence": sentence, "back": back}, status=status)


@dataclass(frozen=True)
class Portion(Generic[Row]):
    """Some rows of a list, newest first. `older` is the id to continue before, None at the end."""

    rows: list[Row]
    older: int | None
    is_first: bool


def portion(rows: QuerySet[Row], *, before: int | None, size: int = PORTION) -> Portion[Row]:
    """The newest rows with an id below `before`. One query, as quick on the last page as the
    first: nothing is counted and nothing is skipped over."""
    page = rows.order_by("-pk")
    if before is not None:
        page = page.filter(pk__lt=before)
    found = list(page[: size + 1])
    more = len(found) > size
    return Portion(found[:size], found[size - 1].pk if more else None, before is None)
