"""A start of production, with the environment that a test gives it and nothing else."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as current

GIVEN = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnop",
    "DATABASE_URL": "postgresql://shop:secret@db.example:5432/shop",
    "ALLOWED_HOSTS": "shop.example,www.shop.example",
    "SHOP_ADDRESS": "https://shop.example",
    "STRIPE_API_KEY": "sk_live_of_nobody",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
}
FILE = current.APP_DIR / "config" / "settings" / "production.py"
# What a test process cannot be: another database, another key under sessions, collected styles.
KEPT = {"DATABASES", "SECRET_KEY", "STORAGES", "LOGGING", "STRIPE_API_BASE", "STRIPE_LIVEMODE"}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run the settings as a start does, with these variables and no others; what they set."""

    def start(**changes: str | None) -> dict[str, Any]:
        given = {**GIVEN, **changes}
        kept = {name: value for name, value in given.items() if value is not None}
        monkeypatch.setattr(os, "environ", kept)
        return runpy.run_path(str(FILE))

    return start


@pytest.fixture
def production(start: Callable[..., dict[str, Any]], settings: Any) -> Any:
    """The running shop with production's settings."""
    for name, value in start().items():
        # What is the same already is not set again: apps that are loaded twice refuse it.
        if name.isupper() and name not in KEPT and value != getattr(settings, name, None):
            setattr(settings, name, value)
    return settings
