"""Where a request comes from. Forwarded headers are believed only as far as our own proxies wrote
them: what stands before is whatever the visitor made up."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str | None:
    """The visitor's network address in its normal form, None when there is none (a test, a
    socket on disk). With `TRUSTED_PROXIES = n` the n-th from the right of X-Forwarded-For: each
    proxy appends the address that it saw, so the nearest one to be believed is there."""
    seen = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXIES
    if count:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= count:
            return _normal(forwarded[-count]) or _normal(seen)
    return _normal(seen)


def network(request: HttpRequest) -> str | None:
    """What a limit counts by: the address, or the /64 that an IPv6 visitor has to themselves."""
    found = address(request)
    if found is None or "." in found:
        return found
    return str(ipaddress.ip_network(f"{found}/64", strict=False))


def _normal(text: str) -> str | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or ipaddress.ip_address(found.packed))
