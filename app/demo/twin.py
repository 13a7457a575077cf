"""A local Stripe for the demo's data, spoken to over HTTP like the real one.

The shop never imports the twin; here it starts one as a process of its own.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from payments.models import PaymentStatus

CARD = "4242424242424242"
TIMEOUT_S = 30.0
# Slow payments and refunds of the demo's twin end by themselves after this long.
SETTLE_AFTER_S = 15


class NoTwin(Exception):
    """The local Stripe did not start, or did not do as it was told."""


def options(*, key: str, secrets: Sequence[str], shop: str, behind: timedelta) -> list[str]:
    """Python's words for a twin that tells the shop at this address of everything. The seed moves
    its time from `behind` to now."""
    return [
        *("-m", "stripe_twin", "--settle-after", str(SETTLE_AFTER_S)),
        *("--behind", str(behind.total_seconds())),
        *("--secret-key", key),
        *(word for secret in secrets for word in ("--webhook-secret", secret)),
        *("--webhook-url", f"{shop}/webhooks/stripe"),
    ]


@contextmanager
def pointed_at_twin(address: str, *, since: datetime | None = None) -> Iterator[None]:
    """The shop talks to the twin at this address; to one of its own without an address, which
    ends with the block and whose time begins at `since`, or now."""
    if address:
        _ask(f"{address}/_twin/state", None)
        with _settings(base=address, key=settings.STRIPE_API_KEY):
            yield
        return
    key = f"sk_test_{secrets.token_hex(12)}"
    with _own_twin(key, since=since) as own, _settings(base=own, key=key):
        yield


def pay(session_id: str) -> None:
    """Pay the open payment page with a card that succeeds. Raises NoTwin."""
    wanted = {"session": session_id, "card": CARD}
    outcome = _ask(f"{settings.STRIPE_API_BASE}/_twin/pay", wanted)["outcome"]
    if outcome != PaymentStatus.SUCCEEDED:
        raise NoTwin(f"Stripe's twin: {session_id} {outcome}, expected succeeded.")


def now() -> datetime:
    """The twin's time."""
    seconds = _ask(f"{settings.STRIPE_API_BASE}/_twin/state", None)["now"]
    return datetime.fromtimestamp(seconds, UTC)


def move_to(moment: datetime) -> None:
    """Make it that moment there, with all that happens on the way; nothing if it is later."""
    ahead_s = (moment - now()).total_seconds()
    if ahead_s > 0:
        _ask(f"{settings.STRIPE_API_BASE}/_twin/clock", {"advance_s": ahead_s})


def subscription_of(session_id: str) -> str:
    """The id of what the paid page sold."""
    return str(_dashboard("GET", f"checkout/sessions/{session_id}")["subscription"])


def change_subscription(subscription_id: str, changes: Mapping[str, object]) -> None:
    """As staff do in Stripe's dashboard."""
    _dashboard("POST", f"subscriptions/{subscription_id}", changes)


def change_quantity(subscription_id: str, quantity: int) -> None:
    """Of the subscription's one item, from its next period on."""
    [item] = _dashboard("GET", f"subscriptions/{subscription_id}")["items"]["data"]
    changes = {"quantity": quantity, "proration_behavior": "none"}
    _dashboard("POST", f"subscription_items/{item['id']}", changes)


def make_coupon(*, percent_off: int) -> str:
    """One that lasts for ever; its id."""
    terms = {"percent_off": percent_off, "duration": "forever"}
    return str(_dashboard("POST", "coupons", terms)["id"])


def keep_card(method: str, *, customer: str) -> str:
    """One of Stripe's test cards, kept for the customer; its id."""
    return str(_dashboard("POST", f"payment_methods/{method}/attach", {"customer": customer})["id"])


def deliver(event_id: str) -> None:
    """Send an event's webhook once more, signed anew, and wait until it was. Raises NoTwin."""
    _ask(f"{settings.STRIPE_API_BASE}/_twin/deliver", {"events": [event_id]})
    if not _ask(f"{settings.STRIPE_API_BASE}/_twin/wait_idle", {"timeout_s": 10.0})["idle"]:
        raise NoTwin(f"Stripe's twin: {event_id} was not delivered within 10 s.")


def _ask(url: str, body: Mapping[str, object] | None) -> dict[str, Any]:
    """The twin's answer to a GET, or to a POST of the body."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (twin)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 (twin)
            said: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise NoTwin(f"Stripe's twin: no good answer from {url}: {error}.") from error
    return said


def _dashboard(method: str, path: str, form: Mapping[str, object] | None = None) -> dict[str, Any]:
    """What Stripe's own pages do with its API."""
    request = urllib.request.Request(  # noqa: S310 (the twin's address)
        f"{settings.STRIPE_API_BASE}/v1/{path}",
        data=urlencode(form).encode() if form else None,
        headers={"Authorization": f"Bearer {settings.STRIPE_API_KEY}"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 (twin)
            said: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise NoTwin(f"Stripe's twin: {method} {path} was refused: {error}.") from error
    return said


@contextmanager
def _own_twin(key: str, *, since: datetime | None) -> Iterator[str]:
    present = datetime.now(UTC)
    behind_s = max(0.0, (present - (since or present)).total_seconds())
    # It stops when its standard input closes, so it cannot outlive this process.
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "stripe_twin",
            "--until-stdin-closes",
            "--secret-key",
            key,
            "--behind",
            str(behind_s),
        ],
        cwd=settings.APP_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as twin:
        try:
            if twin.stdout is None or not (first := twin.stdout.readline()):
                raise NoTwin(f"Stripe's twin: ended with code {twin.wait()} before it was ready.")
            yield json.loads(first)["address"]
        finally:
            twin.terminate()


@contextmanager
def _settings(*, base: str, key: str) -> Iterator[None]:
    before = (settings.STRIPE_API_BASE, settings.STRIPE_API_KEY)
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = base, key
    try:
        yield
    finally:
        settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = before
