"""The menu: what this person may open, asked of the same table that the views ask."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.urls import reverse

from accounts.access import may
from accounts.factor_first import owes_factor
from accounts.models import User
from accounts.roles import Permission

register = template.Library()


@dataclass(frozen=True)
class Link:
    """One entry of the menu; `is_here` when the page shown stands below it."""

    words: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Entry:
    """What a link says, where it leads, and what it takes to see it (None: anybody)."""

    words: str
    name: str
    needed: Permission | None
    visitors_too: bool = False


MENU = (
    Entry("Products", "catalog:shop-front", None),
    Entry("Subscriptions", "subscriptions:plans", Permission.SUBSCRIPTION_START, visitors_too=True),
    # A visitor fills a basket first and signs in when placing the order.
    Entry("Basket", "orders:basket", Permission.ORDER_PLACE, visitors_too=True),
    Entry("My orders", "orders:mine", Permission.ORDER_VIEW_OWN),
    Entry("My subscriptions", "subscriptions:mine", Permission.SUBSCRIPTION_START),
    Entry("Orders", "orders:staff-list", Permission.ORDER_VIEW),
    Entry("Subscriptions", "subscriptions:staff-list", Permission.SUBSCRIPTION_VIEW),
    Entry("People", "privacy:people", Permission.PERSON_VIEW),
    Entry("Analytics", "analyticsapp:overview", Permission.ANALYTICS_VIEW),
    Entry("MRR", "subscriptions:mrr", Permission.ANALYTICS_VIEW),
    Entry("Issues", "monitoring:issues", Permission.ISSUE_VIEW),
    Entry("Exports", "exports:overview", Permission.EXPORT_DOWNLOAD),
    Entry("Audit", "audit:list", Permission.AUDIT_VIEW),
)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Link]:
    """The links of the menu for the person who looks, the current one marked."""
    request = context["request"]
    entries = () if owes_factor(request) else MENU
    return [_link(entry, request.path) for entry in entries if _sees(request.user, entry)]


def _sees(user: User | AnonymousUser, entry: Entry) -> bool:
    if entry.needed is None or (entry.visitors_too and not user.is_authenticated):
        return True
    return may(user, entry.needed)


def _link(entry: Entry, path: str) -> Link:
    url = reverse(entry.name)
    return Link(entry.words, url, path == url if url == "/" else path.startswith(url))
