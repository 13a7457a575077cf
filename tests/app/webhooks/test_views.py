"""The door that Stripe knocks on, with real signatures."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from payments.gateway import BadSignature
from webhooks import inbox, views
from webhooks.models import StripeEvent

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "api_version": "2026-10-28.endive",
    "livemode": False,
    "created": 1_770_000_000,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
PAYLOAD = json.dumps(EVENT, indent=2).encode()


@pytest.fixture
def post(shop: Any) -> Any:
    """POST to the webhook as Stripe does: no session, no CSRF token."""
    client = Client(enforce_csrf_checks=True)

    def post(payload: bytes = PAYLOAD, header: str | None = None, **signing: Any) -> Any:
        signature = shop.sign(payload, **signing) if header is None else header
        return client.post(
            reverse("webhooks:stripe"),
            payload,
            content_type="application/json",
            headers={"Stripe-Signature": signature},
        )

    return post


def test_what_becomes_of_a_body_is_told_by_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """And to nobody else: no page around it, no session."""
    given: list[dict[str, Any]] = []
    outcomes = [None, inbox.TooLarge("so long"), BadSignature("not ours"), None]

    def receive(**what: Any) -> None:
        given.append(what)
        if error := outcomes[len(given) - 1]:
            raise error

    monkeypatch.setattr(inbox, "receive", receive)
    answers = [
        views.stripe(
            RequestFactory().generic("POST", "/", b"body", headers={"Stripe-Signature": "t=1"})
        )
        for _ in range(3)
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [
        (200, b"received"),
        (413, b"so long"),
        (400, b"not ours"),
    ]
    assert {answer["Content-Type"] for answer in answers} == {"text/plain"}
    assert [(what["payload"], what["header"]) for what in given] == [(b"body", "t=1")] * 3
    views.stripe(RequestFactory().generic("POST", "/", b"body"))
    assert given[3]["header"] == ""


def test_a_signed_event_is_kept_whole_and_answered_at_once(post: Any) -> None:
    answer = post()
    event = StripeEvent.objects.get()
    assert (answer.status_code, answer.content) == (200, b"received")
    assert (event.stripe_id, event.type, event.status) == (
        "evt_1",
        "payment_intent.succeeded",
        "received",
    )
    assert (event.object_type, event.object_id) == ("payment_intent", "pi_1")
    assert (event.api_version, event.livemode) == ("2026-10-28.endive", False)
    assert (event.payload, event.attempts) == (EVENT, 0)


def test_the_same_event_again_is_answered_and_kept_once(post: Any) -> None:
    assert [post().status_code for _ in range(3)] == [200, 200, 200]
    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize(
    "signing",
    [
        {"secret": "whsec_of_somebody_else"},
        {"at": int(time.time()) - 301},
        {"header": ""},
        {"header": "t=1,v1=00"},
    ],
    ids=["other secret", "301 seconds old", "unsigned", "made up"],
)
def test_a_bad_signature_is_refused_and_nothing_is_kept(post: Any, signing: Any) -> None:
    answer = post(**signing)
    assert answer.status_code == 400
    assert answer.content.decode() == (
        "Webhook: no active secret verifies it; check the signing secret."
    )
    assert not StripeEvent.objects.exists()


def test_a_body_changed_on_its_way_is_refused(shop: Any, post: Any) -> None:
    header = shop.sign(PAYLOAD)
    assert post(PAYLOAD.replace(b"pi_1", b"pi_2"), header=header).status_code == 400
    assert not StripeEvent.objects.exists()


def test_both_secrets_are_good_while_one_replaces_the_other(post: Any, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    other = PAYLOAD.replace(b"evt_1", b"evt_2")
    assert post(secret="whsec_old").status_code == 200
    assert post(other, secret="whsec_new").status_code == 200
    assert post(PAYLOAD, secret="whsec_twin_of_this_machine").status_code == 400
    assert StripeEvent.objects.count() == 2


@pytest.mark.parametrize("where", ["query", "header", "cookie", "body"])
def test_a_secret_that_comes_with_the_request_opens_nothing(shop: Any, where: str) -> None:
    """The secrets come from the settings alone, whatever a request says of them."""
    own = "whsec_of_the_sender"
    payload = json.dumps(EVENT | {"secret": own} if where == "body" else EVENT).encode()
    client = Client(enforce_csrf_checks=True)
    if where == "cookie":
        client.cookies["secret"] = own
    answer = client.post(
        reverse("webhooks:stripe") + (f"?secret={own}" if where == "query" else ""),
        payload,
        content_type="application/json",
        headers={
            "Stripe-Signature": shop.sign(payload, secret=own),
            **({"Stripe-Webhook-Secret": own} if where == "header" else {}),
        },
    )
    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_an_event_that_cannot_be_kept_is_not_answered_with_success(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe then sends it again."""

    def broken(*args: Any, **named: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr("webhooks.inbox.queue.wake_for", broken)
    answer = Client(raise_request_exception=False).post(
        reverse("webhooks:stripe"),
        PAYLOAD,
        content_type="application/json",
        headers={"Stripe-Signature": shop.sign(PAYLOAD)},
    )
    assert answer.status_code == 500


def test_a_body_larger_than_any_event_is_refused(post: Any, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_MAX_BYTES = len(PAYLOAD)
    assert post().status_code == 200
    for more in (b" ", b" " * 9):
        answer = post(PAYLOAD + more)
        assert answer.status_code == 413
        # No further than the byte that is too much is anything read.
        assert answer.content.decode() == (
            f"Webhook: {len(PAYLOAD) + 1} bytes, at most {len(PAYLOAD)} expected."
        )


def test_more_than_half_a_megabyte_is_never_kept(post: Any) -> None:
    limit = 512 * 1024
    assert post(PAYLOAD.ljust(limit)).status_code == 200
    assert post(PAYLOAD.replace(b"evt_1", b"evt_2").ljust(limit + 1)).status_code == 413
    assert StripeEvent.objects.count() == 1


@pytest.mark.django_db
def test_only_post_is_answered(client: Any) -> None:
    url = reverse("webhooks:stripe")
    assert [client.get(url).status_code, client.post(url).status_code] == [405, 400]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"livemode": True}, "livemode True, expected False"),
        (
            {"api_version": "2020-08-27"},
            "API version 2020-08-27, expected 2026-10-28.endive",
        ),
        ({"api_version": None}, "API version , expected 2026-10-28.endive"),
    ],
)
def test_an_event_for_another_mode_or_version_is_kept_and_ignored(
    post: Any, change: dict[str, Any], why: str
) -> None:
    assert post(json.dumps(EVENT | change).encode()).status_code == 200
    event = StripeEvent.objects.get()
    assert (event.status, event.last_error) == ("ignored", why)


def test_an_object_without_an_id_is_kept_too(post: Any) -> None:
    payload = json.dumps(EVENT | {"data": {"object": {"object": "balance"}}}).encode()
    assert post(payload).status_code == 200
    assert StripeEvent.objects.get().object_id == ""
