"""Requests that go wrong on purpose: before the work, or after it."""

from __future__ import annotations

import socket
import threading

from flask import request

from stripe_twin.errors import StripeError
from stripe_twin.idempotency import Answer
from stripe_twin.misbehave import Fault, Rule


def before(rule: Rule | None) -> None:
    """Fail before any work, when the rule says so."""
    if rule is None:
        return
    if rule.fault is Fault.ERROR_BEFORE:
        raise broken()
    if rule.fault is Fault.RATE_LIMIT:
        raise StripeError(
            "Request rate limit exceeded. Learn more about rate limits at "
            "https://stripe.com/docs/rate-limits.",
            status=429,
            code="rate_limit",
            began=False,
        )
    if rule.fault is Fault.CUT_BEFORE:
        _cut()
        raise broken()  # nobody hears it; it ends the request


def after(rule: Rule | None, answer: Answer, stopping: threading.Event) -> Answer:
    """The answer as it reaches the client: late, replaced, or not at all."""
    if rule is None:
        return answer
    if rule.fault is Fault.ANSWER_LOST:
        return Answer.refusing(broken(), request_id=answer.request_id)
    if rule.fault is Fault.TIMEOUT_AFTER:
        stopping.wait(rule.seconds)
    if rule.fault is Fault.CUT_AFTER:
        _cut()
    return answer


def broken() -> StripeError:
    """Stripe's answer when the failure is its own."""
    return StripeError(
        "An unknown error occurred. Please try again later.",
        status=500,
        kind="api_error",
        began=False,
    )


def _cut() -> None:
    """Close the connection under the answer, as a failing network does."""
    link = request.environ.get("werkzeug.socket")
    if isinstance(link, socket.socket):
        link.shutdown(socket.SHUT_RDWR)
