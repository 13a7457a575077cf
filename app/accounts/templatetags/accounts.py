"""The menu: what this person may open, asked of the same table that the views ask."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template import Context
from django.urls import reverse

from accounts.access import may
from accounts.roles import Permission

register = template.Library()


@dataclass(frozen=True)
class Link:
    """One entry of the menu; `is_here` when the page shown stands below it."""

    words: str
    url: str
    is_here: bool


# What it says, the URL name, and what it takes to see it (None: anybody).
MENU: tuple[tuple[str, str, Permission | None], ...] = (
    ("Products", "catalog:shop-front", None),
    ("Basket", "orders:basket", Permission.ORDER_PLACE),
    ("My orders", "orders:mine", Permission.ORDER_VIEW_OWN),
    ("Orders", "orders:staff-list", Permission.ORDER_VIEW),
    ("Issues", "monitoring:issues", Permission.ISSUE_VIEW),
    ("Audit", "audit:list", Permission.AUDIT_VIEW),
)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Link]:
    """The links of the menu for the person who looks, the current one marked."""
    request = context["request"]
    return [
        Link(words, url, _is_here(request.path, url))
        for words, name, needed in MENU
        if needed is None or may(request.user, needed)
        for url in [reverse(name)]
    ]


def _is_here(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)
