"""Production's settings: everything from the environment, nothing that a laptop may do."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from typing import Any

import environ
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

GIVEN = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnop",
    "DATABASE_URL": "postgresql://shop:secret@db.example:5432/shop",
    "ALLOWED_HOSTS": "shop.example,www.shop.example",
    "SHOP_ADDRESS": "https://shop.example",
    "STRIPE_API_KEY": "sk_live_of_nobody",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
}
FILE = settings.APP_DIR / "config" / "settings" / "production.py"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run the settings as a start does, with these variables and no others; what they set."""

    def start(**changes: str | None) -> dict[str, Any]:
        given = {**GIVEN, **changes}
        kept = {name: value for name, value in given.items() if value is not None}
        monkeypatch.setattr(os, "environ", kept)
        monkeypatch.setattr(environ.Env, "ENVIRON", kept)
        return runpy.run_path(str(FILE))

    return start


@pytest.mark.parametrize("name", sorted(GIVEN))
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_production_does_not_start_without(start: Any, name: str, value: str | None) -> None:
    sentence = rf"^Environment: these variables are not set: {name} \(.+\)\.$"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        start(**{name: value})


def test_everything_that_is_missing_is_named_at_once(start: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        start(**dict.fromkeys(GIVEN))
    assert [name for name in GIVEN if f"{name} (" not in str(caught.value)] == []


def test_production_takes_what_it_is_given_and_lets_nobody_switch_protection_off(
    start: Any,
) -> None:
    found = start(
        DEBUG="1",
        SHOP_IS_DEMO="1",
        STRIPE_API_BASE="http://127.0.0.1:12111",
        SESSION_COOKIE_SECURE="0",
        CSRF_COOKIE_SECURE="0",
    )
    expected = {
        "SECRET_KEY": GIVEN["SECRET_KEY"],
        "ALLOWED_HOSTS": ["shop.example", "www.shop.example"],
        "SHOP_ADDRESS": "https://shop.example",
        "STRIPE_API_KEY": "sk_live_of_nobody",
        "STRIPE_WEBHOOK_SECRETS": ["whsec_new", "whsec_old"],
        "DEBUG": False,
        "SHOP_IS_DEMO": False,
        "STRIPE_API_BASE": "",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": True,
        "X_FRAME_OPTIONS": "DENY",
        "STRIPE_WEBHOOK_TOLERANCE_S": 300,
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("key", "livemode"),
    [("sk_live_x", True), ("rk_live_x", True), ("sk_test_x", False), ("rk_test_x", False)],
)
def test_the_key_decides_whether_real_money_moves(start: Any, key: str, livemode: bool) -> None:
    assert start(STRIPE_API_KEY=key)["STRIPE_LIVEMODE"] is livemode
