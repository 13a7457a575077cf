"""A local Stripe for the demo's data, spoken to over HTTP like the real one.

The shop never imports the twin; here it starts one as a process of its own.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from payments.models import PaymentStatus

CARD = "4242424242424242"
TIMEOUT_S = 30.0


class NoTwin(Exception):
    """The local Stripe did not start, or did not do as it was told."""


@contextmanager
def pointed_at_twin(address: str) -> Iterator[None]:
    """The shop talks to the twin at this address; to one of its own without an address, which
    ends with the block."""
    if address:
        _ask(f"{address}/_twin/state", None)
        with _settings(base=address, key=settings.STRIPE_API_KEY):
            yield
        return
    key = f"sk_test_{secrets.token_hex(12)}"
    with _own_twin(key) as own, _settings(base=own, key=key):
        yield


def pay(session_id: str) -> None:
    """Pay the open payment page with a card that succeeds. Raises NoTwin."""
    wanted = {"session": session_id, "card": CARD}
    outcome = _ask(f"{settings.STRIPE_API_BASE}/_twin/pay", wanted)["outcome"]
    if outcome != PaymentStatus.SUCCEEDED:
        raise NoTwin(f"Stripe's twin: {session_id} {outcome}, expected succeeded.")


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
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            said: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise NoTwin(f"Stripe's twin: no good answer from {url}: {error}.") from error
    return said


@contextmanager
def _own_twin(key: str) -> Iterator[str]:
    # It stops when its standard input closes, so it cannot outlive this process.
    with subprocess.Popen(
        [sys.executable, "-m", "stripe_twin", "--until-stdin-closes", "--secret-key", key],
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
