"""Whatever anybody sends to any address, the answer is a page or a refusal, never a 500, and
nothing is half done. The addresses come from the URL configuration itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.forms import Form
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.roles import Role
from catalog.models import Product
from monitoring.checks import money, trust
from monitoring.models import Issue
from orders import services as orders
from payments import services as payments
from payments.gateway import Intent
from payments.models import Payment
from subscriptions.models import Plan, Subscription
from tests.app.accounts.test_url_by_role import ADDRESSES, PEOPLE, WHO_MAY
from tests.app.conftest import NOW, person
from webhooks.models import StripeEvent

FEW = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
# What a page answers when Stripe does not.
HONEST = {502, 503}
NASTY = st.sampled_from(
    [
        *("", " ", "0", "-1", "1.5", "1e9", "9" * 30, "١٢", "½", "NaN", "true", "None"),
        *("2026-13-45", "2026-03-01", "9999-12-31T23:59:59", "0001-01-01", "10.00", "£10", "10,5"),
        *("\0", "a\0b", "\ud7ff\uffff", "\u202e", "é" * 400, "x" * 5000, "'; DROP TABLE x; --"),
        *("<script>", "=1+1", "%00", "%ff", "../..", "//evil.example/", "https://evil.example"),
        *("paid", "refunded", "open", "GBP", "done", "customer"),
    ]
)
TEXT = NASTY | st.text(max_size=40)
BYTES = st.binary(max_size=200) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))
HEADER = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n"), max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Host", "Referer", "Origin", "Cookie", "Accept", "Accept-Language", "Range"),
            *("X-Forwarded-For", "X-Forwarded-Host", "X-Request-ID", "If-Modified-Since"),
            *("Authorization", "Stripe-Signature", "X-CSRFToken", "User-Agent"),
        ]
    ),
    HEADER,
    max_size=3,
)
CONTENT_TYPES = st.sampled_from(
    [
        *("application/x-www-form-urlencoded", "application/json", "text/plain", "", "x"),
        *(
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=",
        ),
        "application/x-www-form-urlencoded; charset=none-such",
    ]
)


def _forms(of: type[Form] = Form) -> Iterator[type[Form]]:
    for form in of.__subclasses__():
        yield form
        yield from _forms(form)


def _fields() -> st.SearchStrategy[str]:
    """The fields of every form there is, and the names that views read by themselves."""
    known = {name for form in _forms() for name in form.base_fields}
    return st.sampled_from(sorted(known | {"next", "before", "page", "product", "form_key"}))


@pytest.fixture
def visitors(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Client]:
    """A client for each role and for nobody, in a shop with a row of everything."""
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    people = {role.value: person(f"some_{role.value}", role.value) for role in Role}
    lamp = Product.objects.create(name="Lamp", slug="lamp", price_pennies=2500, currency="GBP")
    for key, status in (("paid", "succeeded"), ("pending", "requires_payment_method")):
        order = orders.place(customer=people["customer"], basket={lamp: 1}, now=NOW)
        payment = Payment.objects.create(
            order=order,
            currency="GBP",
            amount_pennies=2500,
            idempotency_key=key,
            stripe_session_id=f"cs_{key}",
            created_at=NOW,
        )
        intent = Intent(f"pi_{key}", status, 2500, 2500 * (key == "paid"), "GBP", key, "")
        payments.settle(payment=payment, intent=intent, now=NOW)
    Issue.objects.create(
        fingerprint="x:1", check_name="x", subject="1", first_seen_at=NOW, last_seen_at=NOW
    )
    Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1800, currency="GBP", interval="month"
    )
    Subscription.objects.create(
        stripe_subscription_id="sub_1",
        stripe_customer_id="cus_1",
        customer=people["customer"],
        status="active",
        currency="GBP",
        started_at=NOW,
        seen_at=NOW,
    )
    clients = {who: Client(raise_request_exception=False) for who in PEOPLE}
    for role, user in people.items():
        clients[role].force_login(user)
    return clients


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written inside is gone afterwards, and durable blocks may stand inside."""
    undone = transaction.atomic()
    undone._from_testcase = True  # type: ignore[attr-defined]
    with undone:
        yield
        transaction.set_rollback(True)


def _number(model: type[Any]) -> Any:
    """The number of a row that is there, or one that is none."""
    there = list(model.objects.values_list("pk", flat=True))
    return st.sampled_from([*there, *there, 0, 10**12, 10**30])


def _addresses(name: str) -> st.SearchStrategy[str]:
    from accounts.models import User
    from orders.models import Order

    models = {
        "order_id": Order,
        "issue_id": Issue,
        "plan_id": Plan,
        "user_id": User,
        "product_id": Product,
        "subscription_id": Subscription,
    }
    wanted = ADDRESSES[name].pattern.converters
    keys = st.fixed_dictionaries({key: _number(models[key]) for key in wanted})
    return keys.map(lambda found: reverse(name, kwargs=found))


def _read(response: Any) -> int:
    """The answer, read to its end: a download breaks while it streams."""
    if response.streaming:
        b"".join(response.streaming_content)
    return int(response.status_code)


def _wanted(who: str) -> list[st.SearchStrategy[tuple[str, str]]]:
    """All that they may do, each once, and after every third of it anything."""
    methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS"]
    anything = st.tuples(st.sampled_from(methods), st.sampled_from(sorted(ADDRESSES)))
    allowed = sorted(key for key, may in WHO_MAY.items() if who in may)
    return [*map(st.just, allowed), *[anything] * (len(allowed) // 3)]


@pytest.mark.parametrize("who", PEOPLE)
def test_no_request_of_anybodys_breaks_a_page(
    visitors: dict[str, Client], who: str, caplog: Any
) -> None:
    client = visitors[who]
    sent: set[str] = set()

    def send(data: Any, wanted: st.SearchStrategy[tuple[str, str]]) -> None:
        method, name = data.draw(wanted)
        sent.add(name)
        address = data.draw(_addresses(name))
        pairs = data.draw(st.dictionaries(_fields(), TEXT, max_size=5))
        headers = data.draw(st.just({}) | HEADERS)
        with taken_back():
            if method == "POST" and data.draw(st.booleans()):
                response = client.post(address, pairs, headers=headers)
            else:
                response = client.generic(
                    method,
                    address,
                    data.draw(BYTES),
                    content_type=data.draw(CONTENT_TYPES),
                    query_params=pairs,
                    headers=headers,
                )
            status = _read(response)
            assert status < 500 or status in HONEST, (status, caplog.text[-2000:])
            for check in (*money.CHECKS, trust.CHECKS[-1]):
                assert check.find(NOW) == [], (check.name, address)

    # Nothing at all is tried first, then something that is another for each.
    for number, wanted in enumerate(_wanted(who)):
        twice = hypothesis_settings(max_examples=2, **FEW)
        seed(number)(twice(given(st.data(), st.just(wanted))(send)))()
    assert sent >= {name for (_, name), may in WHO_MAY.items() if who in may}
    # A new page cannot be left out: whoever they are, somebody above may use it.
    assert {name for (_, name), may in WHO_MAY.items() if may} == set(ADDRESSES)


@pytest.mark.django_db
def test_no_body_and_no_header_breaks_the_webhook_or_is_kept(settings: Any) -> None:
    client = Client(raise_request_exception=False)
    settings.STRIPE_WEBHOOK_MAX_BYTES = 150

    @hypothesis_settings(max_examples=40, **FEW)
    @given(BYTES, HEADER | st.just("t=1,v1=\xe9") | st.just(f"t={'9' * 4000},v1=00"), HEADERS)
    def send(body: bytes, signature: str, headers: dict[str, str]) -> None:
        headers = {**headers, "Stripe-Signature": signature, "Host": "testserver"}
        response = client.generic("POST", reverse("webhooks:stripe"), body, headers=headers)
        assert response.status_code == (413 if len(body) > 150 else 400)
        assert not StripeEvent.objects.exists()

    send()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "type": "payment_intent.succeeded",
    "api_version": "2026-10-28.endive",
    "livemode": False,
    "created": 1_770_000_000,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


@pytest.mark.django_db
def test_no_signed_body_breaks_the_webhook_and_an_event_is_kept_whole_or_not_at_all(
    settings: Any,
) -> None:
    from tests.app.conftest import Shop

    client = Client(raise_request_exception=False)
    shop = Shop(None, None, NOW)
    kept: list[bool] = []

    @hypothesis_settings(max_examples=100, **FEW)
    @given(st.dictionaries(st.sampled_from(sorted(EVENT)), JSON, max_size=2), JSON, JSON)
    def send(changed: dict[str, Any], about: Any, whole: Any) -> None:
        event = {**EVENT, **changed} if changed or not isinstance(whole, dict) else whole
        if "data" in event and "data" not in changed:
            event = {**event, "data": {"object": {**EVENT["data"]["object"], "name": about}}}
        body = json.dumps(event).encode("utf-8", "surrogatepass")
        with taken_back():
            response = client.generic(
                "POST",
                reverse("webhooks:stripe"),
                body,
                content_type="application/json",
                headers={"Stripe-Signature": shop.sign(body)},
            )
            assert response.status_code in (200, 400), response.status_code
            assert StripeEvent.objects.count() == (response.status_code == 200)
            kept.append(response.status_code == 200)

    send()
    assert {True, False} == set(kept)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 5000,
        b"\xff\xfe",
        b'{"id": NaN}',
        json.dumps(EVENT | {"created": 10**20}).encode(),
        json.dumps(EVENT | {"created": -(10**12)}).encode(),
        json.dumps(EVENT | {"id": "e" * 121}).encode(),
        json.dumps(EVENT | {"id": "evt_\0"}).encode(),
        json.dumps(EVENT | {"livemode": "x"}).encode(),
        json.dumps(EVENT | {"type": ["x"]}).encode(),
        json.dumps(EVENT | {"data": {"object": None}}).encode(),
        json.dumps(EVENT | {"amount": float("inf")}).encode(),
    ],
    ids=lambda body: body[:20].decode("latin-1").replace("\0", "0"),
)
def test_a_signed_body_that_is_no_event_is_refused_and_not_kept(body: bytes) -> None:
    from tests.app.conftest import Shop

    response = Client(raise_request_exception=False).generic(
        "POST",
        reverse("webhooks:stripe"),
        body,
        headers={"Stripe-Signature": Shop(None, None, NOW).sign(body)},
    )
    assert response.status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.django_db
def test_an_event_with_characters_that_postgresql_cannot_keep_is_kept_without_them() -> None:
    """A person typed them; the event is an event all the same."""
    from tests.app.conftest import Shop

    about = {**EVENT["data"]["object"], "name": "a\0b\ud800", "literally": r"\u0000"}
    body = json.dumps({**EVENT, "data": {"object": about}}).encode()
    response = Client().generic(
        "POST",
        reverse("webhooks:stripe"),
        body,
        headers={"Stripe-Signature": Shop(None, None, NOW).sign(body)},
    )
    assert response.status_code == 200
    kept = StripeEvent.objects.get().payload["data"]["object"]
    assert (kept["name"], kept["literally"]) == ("a\N{REPLACEMENT CHARACTER}b?", r"\u0000")
