"""The one package that talks to Stripe, against the twin over real HTTP."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from payments import gateway
from payments.gateway import lists
from payments.gateway.calling import client, translating
from payments.gateway.events import LONGEST, _verifies, event_fact

LINES = (gateway.Line("Mug", 500, 2),)
SHORT_S = 0.5


def new(key: str = "key-1", currency: str = "GBP") -> gateway.NewSession:
    here = "http://127.0.0.1:8000/"
    return gateway.NewSession(key, 7, currency, LINES, here, here)


@pytest.fixture
def paid(twin: Any) -> gateway.CheckoutSession:
    made = gateway.create_checkout_session(new())
    twin.control.pay(session=made.id)
    return gateway.retrieve_session(made.id)


def test_the_pinned_api_version_is_the_librarys(settings: Any) -> None:
    import stripe

    assert stripe.api_version == settings.STRIPE_API_VERSION


def test_every_request_names_the_pinned_version(twin: Any, settings: Any) -> None:
    """Named to Stripe, not left to what its dashboard says: so one that is none is refused."""
    settings.STRIPE_API_VERSION = "tomorrow"
    with pytest.raises(gateway.Rejected, match="Invalid Stripe API version: tomorrow"):
        gateway.create_checkout_session(new())


def test_a_new_payment_page_is_open_and_carries_our_key(twin: Any) -> None:
    made = gateway.create_checkout_session(new())
    assert (made.status, made.payment_status, made.key) == ("open", "unpaid", "key-1")
    assert made.url.startswith(twin.address)
    assert made.intent_id == ""


def test_the_same_key_gives_the_same_page(twin: Any) -> None:
    first, second = (gateway.create_checkout_session(new()) for _ in range(2))
    assert first == second
    assert twin.control.state()["objects"]["checkout.session"] == 1


def test_a_paid_page_leads_to_a_succeeded_intent(paid: gateway.CheckoutSession) -> None:
    intent = gateway.retrieve_intent(paid.intent_id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert intent == gateway.Intent(paid.intent_id, "succeeded", 1000, 1000, "GBP", "key-1", "")


def test_yen_are_not_multiplied(twin: Any) -> None:
    made = gateway.create_checkout_session(new(currency="JPY"))
    twin.control.pay(session=made.id)
    intent = gateway.retrieve_intent(gateway.retrieve_session(made.id).intent_id)
    assert (intent.received_pennies, intent.currency) == (1000, "JPY")


def test_a_declined_card_is_told_by_its_code(twin: Any) -> None:
    made = gateway.create_checkout_session(new())
    twin.control.pay(session=made.id, card="4000000000009995")
    intent = gateway.retrieve_intent(gateway.retrieve_session(made.id).intent_id)
    assert (intent.status, intent.failure) == ("requires_payment_method", "insufficient_funds")


def test_a_refund_is_made_found_and_read_again(paid: gateway.CheckoutSession) -> None:
    made = gateway.create_refund(
        intent_id=paid.intent_id, amount_pennies=300, key="refund-1", order_id=7
    )
    assert (made.status, made.amount_pennies, made.currency) == ("succeeded", 300, "GBP")
    assert (made.intent_id, made.key) == (paid.intent_id, "refund-1")
    assert gateway.retrieve_refund(made.id) == made
    assert gateway.find_refund(key="refund-1", intent_id=paid.intent_id) == made
    assert gateway.find_refund(key="refund-2", intent_id=paid.intent_id) is None


def test_a_refund_is_found_beyond_the_first_page(paid: gateway.CheckoutSession) -> None:
    made = [
        gateway.create_refund(
            intent_id=paid.intent_id, amount_pennies=1, key=f"refund-{number}", order_id=7
        )
        for number in range(11)
    ]
    assert gateway.find_refund(key="refund-0", intent_id=paid.intent_id) == made[0]


def test_a_page_is_found_by_its_key_since_a_time(twin: Any, paid: gateway.CheckoutSession) -> None:
    today = datetime.fromtimestamp(twin.control.state()["now"], UTC)
    assert gateway.find_session(key="key-1", since=today - timedelta(minutes=5)) == paid
    assert gateway.find_session(key="key-2", since=today - timedelta(minutes=5)) is None
    assert gateway.find_session(key="key-1", since=today + timedelta(minutes=5)) is None


def test_a_definite_no_is_rejected_with_stripes_words(paid: gateway.CheckoutSession) -> None:
    with pytest.raises(gateway.Rejected, match=r"greater than charge amount \(£10\.00\)"):
        gateway.create_refund(intent_id=paid.intent_id, amount_pennies=1001, key="r", order_id=7)
    with pytest.raises(gateway.Rejected, match="can be expired") as no:
        gateway.expire_session(paid.id)
    assert no.type is gateway.Rejected


@pytest.mark.parametrize(
    ("stripes", "ours", "text"),
    [
        (stripe.IdempotencyError("another order"), gateway.Unknown, "Stripe: another order"),
        (
            stripe.InvalidRequestError("No such refund", None, "resource_missing"),
            gateway.Missing,
            "Stripe: No such refund",
        ),
        (
            stripe.InvalidRequestError("Too much", None, "amount_too_large"),
            gateway.Rejected,
            "Stripe: Too much",
        ),
        (stripe.CardError("Declined", None, "declined"), gateway.Rejected, "Stripe: Declined"),
        (
            stripe.AuthenticationError("Expired key"),
            gateway.Unknown,
            "Stripe: AuthenticationError, Expired key",
        ),
        (
            stripe.APIConnectionError("Nobody listens"),
            gateway.Unknown,
            "Stripe: APIConnectionError, Nobody listens",
        ),
    ],
)
def test_each_error_of_stripes_is_a_no_or_no_answer(
    stripes: stripe.StripeError, ours: type[gateway.GatewayError], text: str
) -> None:
    with pytest.raises(gateway.GatewayError) as caught, translating():
        raise stripes
    assert (caught.type, str(caught.value)) == (ours, text)


def test_a_card_that_is_refused_outright_is_a_definite_no() -> None:
    refused = stripe.CardError("Your card was declined.", None, "card_declined")
    with pytest.raises(gateway.Rejected, match="declined"), translating():
        raise refused


def test_stripes_own_address_is_asked_unless_another_is_named(settings: Any) -> None:
    settings.STRIPE_API_BASE = ""
    assert client()._requestor.base_addresses["api"] == "https://api.stripe.com"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    assert client()._requestor.base_addresses["api"] == "http://127.0.0.1:1"


def test_an_object_that_stripe_does_not_know_is_missing(twin: Any) -> None:
    with pytest.raises(gateway.Missing, match="No such payment_intent: 'pi_none'"):
        gateway.retrieve_intent("pi_none")


def test_a_wrong_api_key_says_nothing_about_earlier_requests(twin: Any, settings: Any) -> None:
    settings.STRIPE_API_KEY = "sk_test_somebody_elses"
    with pytest.raises(gateway.Unknown, match="Invalid API Key"):
        gateway.create_checkout_session(new())


@pytest.mark.parametrize(
    "fault", ["error_before", "error_after", "answer_lost", "rate_limit", "cut_before", "cut_after"]
)
def test_no_answer_to_trust_is_unknown(twin: Any, fault: str) -> None:
    twin.control.misbehave(fault=fault, method="POST")
    with pytest.raises(gateway.Unknown):
        gateway.create_checkout_session(new())


def test_a_timeout_after_the_work_is_unknown_and_the_key_brings_the_answer(
    twin: Any, settings: Any
) -> None:
    settings.STRIPE_TIMEOUT_S = SHORT_S
    twin.control.misbehave(fault="timeout_after", method="POST", seconds=5)
    with pytest.raises(gateway.Unknown):
        gateway.create_checkout_session(new())
    assert gateway.create_checkout_session(new()).status == "open"
    assert twin.control.state()["objects"]["checkout.session"] == 1


def test_a_key_used_for_something_else_is_unknown_not_a_no(twin: Any) -> None:
    gateway.create_checkout_session(new())
    with pytest.raises(gateway.Unknown):
        gateway.create_checkout_session(new(currency="EUR"))


@pytest.mark.parametrize(
    "retrieve", [gateway.retrieve_intent, gateway.retrieve_session, gateway.retrieve_dispute]
)
def test_nobody_listening_is_unknown(settings: Any, retrieve: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(gateway.Unknown):
            retrieve("pi_1")


@pytest.mark.parametrize(
    "listed",
    [
        gateway.list_events,
        gateway.list_sessions,
        gateway.list_intents,
        gateway.list_refunds,
        gateway.list_disputes,
    ],
)
def test_a_list_that_nobody_answers_is_unknown(settings: Any, listed: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(gateway.Unknown):
            list(listed(since=datetime(2026, 3, 2, tzinfo=UTC)))


def test_events_are_asked_for_since_then_and_kept_as_json_however_the_library_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It makes a Decimal of a price's half penny, say, which no JSON holds."""
    price = {"object": "price", "id": "price_1", "unit_amount_decimal": "0.5"}
    body = EVENT | {"data": {"object": price}}
    asked: list[dict[str, Any]] = []

    def listed(*, params: dict[str, Any]) -> Any:
        asked.append(params)
        made = stripe.Event.construct_from(body, "sk_test")
        return SimpleNamespace(auto_paging_iter=lambda: iter([made]))

    events = SimpleNamespace(list=listed)
    fake = SimpleNamespace(v1=SimpleNamespace(events=events))
    monkeypatch.setattr(lists, "client", lambda: fake)
    (event,) = gateway.list_events(since=datetime(2026, 3, 2, tzinfo=UTC))
    assert (event.object_id, event.payload) == ("price_1", body)
    assert asked == [{"created": {"gte": 1_772_409_600}, "limit": 100}]


def test_a_page_that_nobody_finds_for_us_is_unknown(settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(gateway.Unknown):
            gateway.find_session(key="key-1", since=datetime(2026, 3, 2, tzinfo=UTC))


NEW = "whsec_new"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "api_version": "2026-10-28.endive",
    "livemode": False,
    "created": 1_770_000_000,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def signed(payload: bytes, *, secret: str = NEW, age_s: int = 0) -> str:
    import stripe

    return stripe.WebhookSignature.generate_signature_header(
        payload.decode(), secret, int(time.time()) - age_s
    )


def construct(payload: bytes, header: str) -> gateway.Event:
    return gateway.construct_event(
        payload=payload, header=header, secrets=["whsec_old", NEW], tolerance_s=300
    )


def test_a_signed_event_is_read() -> None:
    payload = json.dumps(EVENT).encode()
    event = construct(payload, signed(payload))
    assert (event.id, event.type, event.livemode) == ("evt_1", "payment_intent.succeeded", False)
    assert (event.object_type, event.object_id) == ("payment_intent", "pi_1")
    assert event.created_at == datetime.fromtimestamp(1_770_000_000, UTC)
    assert event.payload == EVENT


def test_no_part_of_an_event_is_taken_for_what_it_is_not() -> None:
    longer = {name: "x" * (most + 1) for name, most in LONGEST.items()}
    about = {"object": "payment_intent", "id": "pi_1"}
    for change in (
        *({"id": ""}, {"id": 7}, {"id": "evt_\0"}, {"id": longer["id"]}),
        *({"type": ""}, {"type": ["x"]}, {"type": "a\0"}, {"type": longer["type"]}),
        *({"livemode": "no"}, {"livemode": None}, {"created": "yesterday"}, {"created": 10**20}),
        *({"api_version": 7}, {"api_version": longer["api_version"]}),
        *({"data": None}, {"data": {"object": "pi_1"}}),
        {"data": {"object": about | {"id": longer["object_id"]}}},
        {"data": {"object": about | {"object": longer["object_type"]}}},
        {"amount": float("inf")},
    ):
        with pytest.raises(gateway.NotAnEvent):
            event_fact(EVENT | change)


def test_the_longest_names_are_read() -> None:
    longest = {name: "x" * most for name, most in LONGEST.items()}
    about = {"object": longest["object_type"], "id": longest["object_id"]}
    names = {name: longest[name] for name in ("id", "type", "api_version")}
    payload = json.dumps(EVENT | names | {"data": {"object": about}}).encode()
    event = construct(payload, signed(payload))
    assert {name: getattr(event, name) for name in longest} == longest


def test_what_a_person_typed_into_an_event_is_kept_as_far_as_postgresql_can() -> None:
    typed = {"data": {"object": {"id": "pi_1", "notes": ["a\0b", {"c\0": "d"}]}}}
    payload = json.dumps(EVENT | typed).encode()
    kept = construct(payload, signed(payload)).payload["data"]["object"]["notes"]
    assert kept == ["a\N{REPLACEMENT CHARACTER}b", {"c\N{REPLACEMENT CHARACTER}": "d"}]


@pytest.mark.parametrize("secret", ["whsec_old", NEW])
def test_every_active_secret_verifies(secret: str) -> None:
    payload = json.dumps(EVENT).encode()
    assert construct(payload, signed(payload, secret=secret)).id == "evt_1"


@pytest.mark.parametrize("age_s", [0, 290])
def test_a_signature_within_the_tolerance_is_accepted(age_s: int) -> None:
    payload = json.dumps(EVENT).encode()
    assert construct(payload, signed(payload, age_s=age_s)).id == "evt_1"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "t=now,v1=abc",
        f"t={int(time.time())},v0=abc",
        signed(json.dumps(EVENT).encode(), secret="whsec_other"),
        signed(json.dumps(EVENT).encode(), age_s=310),
        signed(json.dumps(EVENT | {"id": "evt_2"}).encode()),
        signed(json.dumps(EVENT).encode()).replace("v1=", "v1=é"),
    ],
    ids=[
        *("none", "nonsense", "no time", "old scheme", "other secret", "too old", "other body"),
        "no ASCII",
    ],
)
def test_a_bad_signature_is_refused(header: str) -> None:
    payload = json.dumps(EVENT).encode()
    assert _verifies(payload, header, NEW, 300) is False
    with pytest.raises(gateway.BadSignature):
        construct(payload, header)


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(EVENT | {"data": {"object": "pi_1"}}).encode(),
        json.dumps(EVENT | {"created": "yesterday"}).encode(),
        json.dumps(EVENT | {"livemode": "no"}).encode(),
        json.dumps(EVENT | {"id": ""}).encode(),
        json.dumps(EVENT | {"type": ""}).encode(),
        json.dumps(EVENT | {"id": "e" * 121}).encode(),
        json.dumps(EVENT | {"type": "payment_intent\0"}).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(payload: bytes) -> None:
    try:
        header = signed(payload)
    except UnicodeDecodeError:
        header = f"t={int(time.time())},v1=00"
    with pytest.raises(gateway.BadSignature):
        construct(payload, header)
