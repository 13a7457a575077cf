"""core.request_log and core.redaction: what is logged, and what never is."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from config import logs
from core.redaction import MASK, masked, redact
from core.request_log import HEADER, RequestLog


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What production would log meanwhile: one dictionary a line."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    wanted = logs.settings(as_json=True)
    formatter = dict(wanted["formatters"]["line"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    level, muted = root.level, {}
    for name, config in wanted["loggers"].items():
        muted[name] = logging.getLogger(name).level
        logging.getLogger(name).setLevel(config["level"])
    root.setLevel("INFO")
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    for name, was in muted.items():
        logging.getLogger(name).setLevel(was)


@pytest.mark.django_db
def test_a_request_leaves_one_line_with_route_status_and_who(
    lines: Any, cara_customer: Any
) -> None:
    client = Client()
    client.force_login(cara_customer)
    answer = client.get("/orders/1234/?secret=canary")
    [line] = [line for line in lines() if line["event"] == "request_finished"]
    assert line["request"] == "GET orders/<int:order_id>/"
    assert (line["code"], line["user_id"], line["level"]) == (404, cara_customer.pk, "warning")
    assert line["request_id"] == answer[HEADER]
    assert line["timestamp"].endswith("Z")


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["0123456789abcdef", "7d1e58ea-3f9c-4c0c-8a39-02f0d4b7f0d1"])
def test_a_sane_request_id_is_kept(given: str) -> None:
    assert Client().get("/", headers={HEADER: given})[HEADER] == given


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        "x" * 65,
        "cara@shop.example.org",
        "sk_" + "live_0123456789",
        "a b" * 9,
        "é" * 20,
    ],
)
def test_any_other_request_id_is_replaced(given: str) -> None:
    answer = Client().get("/", headers={HEADER: given})
    assert answer[HEADER] != given
    assert len(answer[HEADER]) == 32
    assert Client().get("/")[HEADER] != answer[HEADER]


@pytest.mark.django_db
def test_journeys_leave_no_name_address_or_secret_in_the_log(
    lines: Any, shop: Any, olly_ops: Any, settings: Any
) -> None:
    shop.customer.email, shop.customer.first_name = "canary@example.org", "Canarina"
    shop.customer.save()
    client = Client(headers={"user-agent": "canary-browser"}, REMOTE_ADDR="203.0.113.77")
    form = {"username": "canary-typed", "password": "canary-password"}
    assert client.post(reverse("accounts:sign-in"), form).status_code == 400
    form = {"username": "cara_customer", "password": "correct horse battery"}
    client.post(reverse("accounts:sign-in"), form)
    client.get("/canary@example.org/?q=canary-query")
    client.get("/", headers={"host": "canary.example"})
    client.get("/", headers={"cookie": "sessionid=canary-cookie"})
    client.get(reverse("audit:list"))
    shop.paid_order()
    payload = b'{"id": "evt_1", "object": "event", "data": {"email": "canary@example.org"}}'
    client.post(reverse("webhooks:stripe"), payload, "application/json")
    said = json.dumps(lines())
    assert "webhooks/stripe" in said
    canaries = ("canary", "Canarina", "cara_customer", "correct horse", "203.0.113.77")
    assert [word for word in (*canaries, *settings.STRIPE_WEBHOOK_SECRETS) if word in said] == []
    assert settings.STRIPE_API_KEY not in said


@pytest.mark.django_db
def test_a_crash_is_logged_once_with_its_cause_and_without_its_secrets(
    lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("Key (username)=(canary) with sk_test_canary for canary@example.org")

    monkeypatch.setattr("catalog.views.render", broken)
    answer = Client(raise_request_exception=False).get("/")
    [line] = [line for line in lines() if line["level"] == "error"]
    assert (answer.status_code, line["event"]) == (500, "request_failed")
    assert "RuntimeError" in line["exception"]
    assert line["request_id"] == answer[HEADER]
    assert "canary" not in json.dumps(line)


def test_an_odd_method_and_an_unknown_address_are_not_repeated() -> None:
    request = RequestFactory().generic("CANARY-METHOD", "/canary/")
    assert RequestLog.format_request(request) == "(odd method) (no such address)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk_live_51Habc and whsec_abc+/=", f"key {MASK} and {MASK}"),
        ("postgresql://shop:hunter2@db:5432/shop", f"postgresql://{MASK}@db:5432/shop"),
        ("mail to cara.x+y@mail.example.org.", f"mail to {MASK}."),
        ("4242 4242 4242 4242 was typed", f"{MASK} was typed"),
        ("Key (username)=(cara) already exists.", f"Key (username)=({MASK}) already exists."),
        ("Failing row contains (7, cara, x).", f"Failing row contains ({MASK}"),
        ("order 1042: paid £25.00 at 2026-03-02T12:00:00Z", None),
    ],
)
def test_what_looks_like_a_secret_or_a_person_is_masked(text: str, expected: str | None) -> None:
    assert masked(text) == (expected or text)


def test_fields_named_for_secrets_are_masked_however_deep() -> None:
    event = {
        "event": "saved",
        "password": "x",
        "headers": {"Authorization": "Bearer x", "Accept": "text/html"},
        "found": [{"customer_email": 1}, ("pi_1_secret_x", 7, None, True)],
        "request_id": "0123456789012345",
    }
    assert redact(None, "info", event) == {
        "event": "saved",
        "password": MASK,
        "headers": {"Authorization": MASK, "Accept": "text/html"},
        "found": [{"customer_email": MASK}, [MASK, 7, None, True]],
        "request_id": "0123456789012345",
    }
