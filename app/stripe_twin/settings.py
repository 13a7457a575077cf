"""What a twin is told when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

API_VERSION = "2026-10-28.endive"
"""The version the shop's `stripe` library speaks; a test compares the two."""


class NotLoopback(ValueError):
    """The twin was asked to talk to, or to listen on, something other than this machine."""


@dataclass(frozen=True)
class Settings:
    """Times are seconds. `settle_after_s` None: slow things end only when told to. `behind_s` is
    how long ago the twin's time begins. `after_retries` is what becomes of a subscription whose
    renewal was refused for the last time."""

    webhook_url: str = ""
    webhook_secrets: tuple[str, ...] = ("whsec_twin",)
    secret_key: str = "sk_test_twin"  # noqa: S105 - opens nothing but this local twin
    public_url: str = ""
    state: Path | None = None
    api_version: str = API_VERSION
    settle_after_s: float | None = None
    behind_s: float = 0.0
    after_retries: Literal["cancel", "mark_unpaid", "leave"] = "cancel"
    webhook_timeout_s: float = 10.0
    redirect_wait_s: float = 2.0
    retry_delays_s: tuple[float, ...] = (0.2, 0.5, 1, 2, 4, 8, 15, 30)

    def __post_init__(self) -> None:
        if self.webhook_url:
            require_loopback(self.webhook_url, what="webhook URL")


def require_loopback(url: str, *, what: str) -> None:
    """Nothing, when the address is an http one on this machine; else NotLoopback says so."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as mistake:
        raise NotLoopback(f"{what}: found {url!r}, which is no URL ({mistake}).") from mistake
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme != "http" or not plain or not is_loopback(host):
        raise NotLoopback(
            f"{what}: found {url!r}, expected http:// on this machine; the twin talks to "
            "loopback only, so give an address such as http://127.0.0.1:8000/webhooks/stripe"
        )


def is_loopback(host: str) -> bool:
    """Does this name or address stay on this machine?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
