"""webhooks.inbox: what is kept of a body and how, without a request around it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from payments import gateway
from tests.app.conftest import NOW, Shop
from webhooks import inbox
from webhooks.models import StripeEvent

pytestmark = pytest.mark.django_db
VERSION = "2026-10-28.endive"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "type": "payment_intent.succeeded",
    "api_version": VERSION,
    "livemode": False,
    "created": 1_770_000_000,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def body(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


def receive(payload: bytes) -> None:
    inbox.receive(payload=payload, header=Shop(None, None, NOW).sign(payload), now=NOW)


def kept() -> list[tuple[str, str, str]]:
    found = StripeEvent.objects.order_by("id")
    return list(found.values_list("stripe_id", "status", "last_error"))


def waiting() -> int:
    return ProcrastinateJob.objects.filter(status="todo").count()


def test_an_event_its_job_and_nothing_else_is_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        receive(body())
    assert len(queries) == 1
    assert (kept(), waiting()) == ([("evt_1", "received", "")], 1)
    event = StripeEvent.objects.get()
    assert (event.payload, event.is_pulled, event.attempts) == (EVENT, False, 0)
    assert (event.next_attempt_at, event.received_at) == (NOW, NOW)


def test_the_same_event_again_changes_nothing() -> None:
    receive(body())
    StripeEvent.objects.update(status="processed")
    receive(body())
    assert kept() == [("evt_1", "processed", "")]
    receive(body(id="evt_2", livemode=True))
    StripeEvent.objects.update(last_error="seen")
    receive(body(id="evt_2", livemode=True))
    assert kept() == [("evt_1", "processed", "seen"), ("evt_2", "ignored", "seen")]


def test_one_for_another_mode_or_version_is_kept_and_wakes_nobody(settings: Any) -> None:
    receive(body(livemode=True))
    receive(body(id="evt_2", api_version="2020-08-27"))
    settings.STRIPE_LIVEMODE = True
    receive(body(id="evt_3"))
    assert kept() == [
        ("evt_1", "ignored", "livemode True, expected False"),
        ("evt_2", "ignored", f"API version 2020-08-27, expected {VERSION}"),
        ("evt_3", "ignored", "livemode False, expected True"),
    ]
    assert waiting() == 0


def test_a_body_of_the_largest_size_is_kept_and_no_larger_one(settings: Any) -> None:
    payload = body()
    settings.STRIPE_WEBHOOK_MAX_BYTES = len(payload)
    receive(payload)
    with pytest.raises(inbox.TooLarge) as no:
        receive(body(id="evt_2") + b" ")
    size = len(payload)
    assert str(no.value) == f"Webhook: {size + 1} bytes, at most {size} expected."
    assert kept() == [("evt_1", "received", "")]


def test_what_is_not_signed_by_an_active_secret_is_not_kept() -> None:
    with pytest.raises(gateway.BadSignature):
        inbox.receive(payload=body(), header="t=1,v1=00", now=NOW)
    assert kept() == []
