"""What production reads from its environment: one table, checked whole before anything starts.

A page can be generated from `VARIABLES`, and nothing reads production's environment past it. The
sentences never show a secret's value: only what was expected of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

SHORTEST_SECRET_KEY = 50
MOST_PROXIES = 5
MOST_HSTS_SECONDS = 10 * 31_536_000
_HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]")
_TRUE, _FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


class NotAsExpected(ImproperlyConfigured):
    """The environment is no environment for production; each line says what to set."""


def _whatever(value: str) -> str | None:
    return None


@dataclass(frozen=True)
class Variable:
    """One variable: what it is for, who uses it, what is wrong with a value (a sentence's end, None
    when it is right), and its value when not set; one without default is required."""

    name: str
    what: str
    wrong: Callable[[str], str | None] = _whatever
    default: str | None = None
    used_by: str = "web"


def _weak(value: str) -> str | None:
    if len(value) < SHORTEST_SECRET_KEY or len(set(value)) < 10:
        return (
            f"{len(value)} characters, {len(set(value))} of them different, expected at least "
            f"{SHORTEST_SECRET_KEY} random ones; make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
        )
    return None


def _not_postgresql(value: str) -> str | None:
    found = _split(value)
    if found is None or found.scheme not in ("postgres", "postgresql"):
        scheme = found.scheme if found else ""
        return f"found {scheme or 'no'} scheme, expected postgresql://USER:PASSWORD@HOST:5432/NAME"
    if not found.path.strip("/"):
        return "found no database name, expected postgresql://USER:PASSWORD@HOST:5432/NAME"
    return None


def _not_hosts(value: str) -> str | None:
    for host in listed(value):
        if not _HOST.fullmatch(host):
            return f"found {host!r}, expected host names such as shop.example, without * and port"
    return None if listed(value) else "found no host name, expected one such as shop.example"


def _not_origin(value: str) -> str | None:
    found = _split(value)
    if found is None or found.scheme != "https" or not found.hostname:
        return f"found {value!r}, expected an https address such as https://shop.example"
    if f"{found.scheme}://{found.netloc}" != value or found.username is not None:
        return f"found {value!r}, expected scheme and host alone, such as https://shop.example"
    return None


def _not_origins(value: str) -> str | None:
    return next(filter(None, map(_not_origin, listed(value))), None)


def _not_stripe_key(value: str) -> str | None:
    if re.fullmatch(r"(sk|rk)_(live|test)_[A-Za-z0-9_]+", value):
        return None
    return "found something else, expected a key that starts with sk_live_, rk_live_ or sk_test_"


def _not_signing_secrets(value: str) -> str | None:
    if listed(value) and all(re.fullmatch(r"whsec_\S+", secret) for secret in listed(value)):
        return None
    return "found something else, expected secrets that start with whsec_, separated by commas"


def _not_bool(value: str) -> str | None:
    if value.lower() in (*_TRUE, *_FALSE):
        return None
    return f"found {value!r}, expected true or false"


def _not_between(least: int, most: int) -> Callable[[str], str | None]:
    def wrong(value: str) -> str | None:
        if re.fullmatch("[0-9]{1,10}", value) and least <= int(value) <= most:
            return None
        return f"found {value[:20]!r}, expected a whole number from {least} to {most}"

    return wrong


VARIABLES = (
    Variable("SECRET_KEY", "a long random string that signs sessions", _weak),
    Variable(
        "DATABASE_URL",
        "postgresql://USER:PASSWORD@HOST:5432/NAME",
        _not_postgresql,
        used_by="web, worker, commands",
    ),
    Variable("ALLOWED_HOSTS", "the shop's host names, separated by commas", _not_hosts),
    Variable(
        "SHOP_ADDRESS",
        "the shop's own address, https://shop.example",
        _not_origin,
        used_by="web, worker, commands",
    ),
    Variable(
        "STRIPE_API_KEY",
        "the secret key from Stripe's dashboard",
        _not_stripe_key,
        used_by="web, worker, commands",
    ),
    Variable(
        "STRIPE_WEBHOOK_SECRETS",
        "the endpoint's signing secrets, separated by commas",
        _not_signing_secrets,
    ),
    Variable(
        "STRIPE_CHECKOUT_ORIGIN",
        "where Stripe's payment page stands, when it has a domain of its own",
        _not_origin,
        default="",
    ),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        "other https addresses that may send the shop's forms, separated by commas",
        _not_origins,
        default="",
    ),
    Variable(
        "TRUSTED_PROXIES",
        "the number of your proxies in front; 0 believes no forwarded header at all",
        _not_between(0, MOST_PROXIES),
        default="1",
    ),
    Variable(
        "SECURE_SSL_REDIRECT",
        "whether plain HTTP is sent to HTTPS; false only where a proxy does it",
        _not_bool,
        default="true",
    ),
    Variable(
        "SECURE_HSTS_SECONDS",
        "how long browsers insist on HTTPS; shorter while a new host is tried out",
        _not_between(0, MOST_HSTS_SECONDS),
        default="31536000",
    ),
)
REQUIRED = tuple(variable for variable in VARIABLES if variable.default is None)
OPTIONAL = tuple(variable for variable in VARIABLES if variable.default is not None)


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Every variable's value by name. Raises NotAsExpected with all that is missing and
    all that is wrong, each in a sentence of its own."""
    given = {
        variable.name: environ.get(variable.name, "").strip() or variable.default or ""
        for variable in VARIABLES
    }
    missing = [variable for variable in REQUIRED if not given[variable.name]]
    sentences = []
    if missing:
        named = "; ".join(f"{variable.name} ({variable.what})" for variable in missing)
        sentences.append(f"Environment: these variables are not set: {named}.")
    wrong = {
        variable.name: found
        for variable in VARIABLES
        if given[variable.name] and (found := variable.wrong(given[variable.name]))
    }
    if not wrong and not missing:
        wrong = _disagreeing(given)
    sentences += [f"Environment: {name}: {found}." for name, found in wrong.items()]
    if sentences:
        raise NotAsExpected("\n".join(sentences))
    return given


def listed(value: str) -> list[str]:
    """The parts of a value with commas, without blanks and empty ones."""
    return [part.strip() for part in value.split(",") if part.strip()]


def is_true(value: str) -> bool:
    """What a checked true-or-false value says."""
    return value.lower() in _TRUE


def _disagreeing(given: Mapping[str, str]) -> dict[str, str]:
    """What is right by itself and wrong beside another variable."""
    host = urlsplit(given["SHOP_ADDRESS"]).hostname or ""
    if not validate_host(host, listed(given["ALLOWED_HOSTS"])):
        return {"SHOP_ADDRESS": f"found host {host!r}, expected one of ALLOWED_HOSTS"}
    return {}


def _split(value: str) -> SplitResult | None:
    """None for what is no address at all, such as one with a port that is no number."""
    try:
        found = urlsplit(value)
        _ = found.port
    except ValueError:
        return None
    return found
