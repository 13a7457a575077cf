"""Production's settings: everything from the environment, nothing that a laptop may do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from core.environment import OPTIONAL, REQUIRED, VARIABLES, read
from tests.app.config.conftest import GIVEN


@pytest.mark.parametrize("name", sorted(GIVEN))
@pytest.mark.parametrize("value", [None, "", "  "], ids=["missing", "empty", "blank"])
def test_production_does_not_start_without(start: Any, name: str, value: str | None) -> None:
    sentence = rf"^Environment: these variables are not set: {name} \(.+\)\.$"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        start(**{name: value})


def test_everything_that_is_missing_is_named_at_once(start: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        start(**dict.fromkeys(GIVEN))
    assert [name for name in GIVEN if f"{name} (" not in str(caught.value)] == []


WRONG = [
    ("SECRET_KEY", "short", "5 characters, 5 of them different, expected at least 50 random ones"),
    ("SECRET_KEY", "ab" * 30, "60 characters, 2 of them different"),
    ("DATABASE_URL", "sqlite:///db.sqlite3", "found sqlite scheme, expected postgresql://"),
    ("DATABASE_URL", "mysql://u:p@h/n", "found mysql scheme"),
    ("DATABASE_URL", "postgresql://u:p@h:port/n", "found no scheme"),
    ("DATABASE_URL", "postgresql://u:p@h:5432/", "found no database name"),
    ("ALLOWED_HOSTS", "*", "found '*', expected host names such as shop.example"),
    ("ALLOWED_HOSTS", "shop.example,https://x.example", "found 'https://x.example'"),
    ("ALLOWED_HOSTS", "shop.example:443", "found 'shop.example:443'"),
    ("ALLOWED_HOSTS", " , ", "found no host name"),
    ("SHOP_ADDRESS", "http://shop.example", "expected an https address"),
    ("SHOP_ADDRESS", "shop.example", "expected an https address"),
    ("SHOP_ADDRESS", "https://shop.example/", "expected scheme and host alone"),
    ("SHOP_ADDRESS", "https://me@shop.example", "expected scheme and host alone"),
    ("SHOP_ADDRESS", "https://[::1", "expected an https address"),
    ("SHOP_ADDRESS", "https://other.example", "found host 'other.example', expected one of"),
    ("STRIPE_API_KEY", "pk_live_of_nobody", "expected a key that starts with sk_live_"),
    ("STRIPE_WEBHOOK_SECRETS", "whsec_a,b", "expected secrets that start with whsec_"),
    ("STRIPE_CHECKOUT_ORIGIN", "http://pay.example", "expected an https address"),
    ("CSRF_TRUSTED_ORIGINS", "https://a.example,*", "expected an https address"),
    ("TRUSTED_PROXIES", "-1", "found '-1', expected a whole number from 0 to 5"),
    ("TRUSTED_PROXIES", "many", "found 'many', expected a whole number from 0 to 5"),
    ("SECURE_SSL_REDIRECT", "perhaps", "found 'perhaps', expected true or false"),
    ("SECURE_HSTS_SECONDS", "9" * 400, "expected a whole number from 0 to"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_a_wrong_value_stops_the_start_in_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read({**GIVEN, name: value})
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"Environment: {name}: {sentence}") or (
        line.startswith(f"Environment: {name}: found ") and sentence in line
    )


def test_what_is_missing_and_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read({**GIVEN, "SECRET_KEY": "x", "ALLOWED_HOSTS": "*", "STRIPE_API_KEY": ""})
    lines = [line.split(" ")[1] for line in str(caught.value).splitlines()]
    assert lines == ["these", "SECRET_KEY:", "ALLOWED_HOSTS:"]


def test_no_sentence_shows_a_secret() -> None:
    canary = "canary-never-to-be-seen"
    secrets = ("SECRET_KEY", "DATABASE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRETS")
    with pytest.raises(ImproperlyConfigured) as caught:
        read({**GIVEN, **dict.fromkeys(secrets, f"{canary}://")})
    assert str(caught.value).count("Environment: ") == len(secrets)
    assert canary not in str(caught.value).replace(f"found {canary} scheme", "")


def test_every_variable_says_what_it_is_for_and_every_default_is_right() -> None:
    assert {variable.name for variable in REQUIRED} == set(GIVEN)
    assert all(variable.what for variable in VARIABLES)
    assert read(GIVEN) == {**GIVEN, **{variable.name: variable.default for variable in OPTIONAL}}


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
        "SECOND_FACTOR_REQUIRED": True,
        "STRIPE_API_BASE": "",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": True,
        "X_FRAME_OPTIONS": "DENY",
        "STRIPE_WEBHOOK_TOLERANCE_S": 300,
    }
    assert {name: found[name] for name in expected} == expected
    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["OPTIONS"]) == ("db.example", {"connect_timeout": 5})


@pytest.mark.django_db
def test_deployment_checks_find_nothing_to_warn_about(production: Any, start: Any) -> None:
    production.SECRET_KEY = start()["SECRET_KEY"]
    assert run_checks(include_deployment_checks=True) == []


def test_without_a_proxy_no_forwarded_header_is_believed(start: Any) -> None:
    found = start(TRUSTED_PROXIES="0")
    assert (found["TRUSTED_PROXIES"], found["SECURE_PROXY_SSL_HEADER"]) == (0, None)


@pytest.mark.parametrize(
    ("key", "livemode"),
    [("sk_live_x", True), ("rk_live_x", True), ("sk_test_x", False), ("rk_test_x", False)],
)
def test_the_key_decides_whether_real_money_moves(start: Any, key: str, livemode: bool) -> None:
    assert start(STRIPE_API_KEY=key)["STRIPE_LIVEMODE"] is livemode
