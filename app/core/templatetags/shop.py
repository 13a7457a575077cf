"""How templates show money and time. They compute nothing: these only write what they are given."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.money import display

register = template.Library()


@register.filter
def money(pennies: int, currency: str) -> str:
    """`{{ order.total_pennies|money:order.currency }}` gives £12.50."""
    return display(pennies, currency)


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A `<time>` element, `2 Mar 2026, 12:00 UTC`; a dash when it never happened."""
    if at is None:
        return "–"
    utc = at.astimezone(UTC)
    words = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    return format_html('<time datetime="{}">{}</time>', utc.isoformat(timespec="seconds"), words)


@register.filter
def words(status: str) -> str:
    """A status as a person says it: `requires_action` gives `requires action`."""
    return status.replace("_", " ").replace("-", " ")


@register.filter
def in_parts(name: str) -> SafeString:
    """A name of several parts may go on in the next line after each: `page:accounts:role`."""
    first, *rest = name.split(":")
    return format_html("{}{}", first, format_html_join("", ":<wbr>{}", ((part,) for part in rest)))
