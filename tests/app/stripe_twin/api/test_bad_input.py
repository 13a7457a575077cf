"""Whatever is sent, the answer is Stripe's refusal: never a 500, never a hang."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_twin.server import Running, running

_FORM = "application/x-www-form-urlencoded"
_PRICE = "line_items[0][price_data]"
_CART = (
    f"mode=payment&success_url=http://a.b/&line_items[0][quantity]=1&{_PRICE}[currency]=gbp&"
    f"{_PRICE}[unit_amount]=100&{_PRICE}[product_data][name]=Soap"
)


@pytest.fixture(scope="module")
def lasting() -> Iterator[Running]:
    with running() as twin:
        yield twin


def _send(
    twin: Running, method: str, path: str, body: bytes = b"", content_type: str = _FORM
) -> tuple[int, Any]:
    link = http.client.HTTPConnection("127.0.0.1", urlsplit(twin.address).port, timeout=20)
    headers = {"Authorization": "Bearer sk_test_twin", "Content-Type": content_type}
    try:
        link.request(method, path, body=body, headers=headers)
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


def test_the_cart_itself_is_good(lasting: Running) -> None:
    assert _send(lasting, "POST", "/v1/checkout/sessions", _CART.encode())[0] == 200


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("", "parameter_missing", "mode"),
        ("mode=payment", "parameter_missing", "line_items"),
        (_CART + "&colour=red", "parameter_unknown", "colour"),
        (_CART + "&line_items[0][size]=3", "parameter_unknown", "line_items[0][size]"),
        (_CART + f"&{_PRICE}[unit_amount]=-5", "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=12.5", "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=1e3", "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=%D9%A3%D9%A3", "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=100000000", "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=" + "9" * 400, "parameter_invalid_integer", None),
        (_CART + f"&{_PRICE}[unit_amount]=29", "amount_too_small", None),
        (
            _CART + f"&{_PRICE}[unit_amount]=99999999&line_items[0][quantity]=2",
            "amount_too_large",
            None,
        ),
        (_CART + f"&{_PRICE}[currency]=zzz", None, f"{_PRICE}[currency]"),
        (_CART + "&line_items[0][quantity]=0", "parameter_invalid_integer", None),
        (_CART + "&success_url=javascript:alert(1)", "url_invalid", "success_url"),
        (_CART + "&cancel_url=http://[", "url_invalid", "cancel_url"),
        (_CART + "&cancel_url=", "parameter_invalid_empty", "cancel_url"),
        (_CART + "&customer_email=nobody", "email_invalid", "customer_email"),
        (_CART + "&customer=cus_nothing", "resource_missing", "customer"),
        (_CART + "&expires_at=5", None, "expires_at"),
        (_CART + "&mode=setup", None, "mode"),
        (_CART + "&mode=subscription", None, "line_items"),
        (_CART + "&metadata=x", None, "metadata"),
        (_CART + "&metadata[k]=" + "v" * 501, None, "metadata[k]"),
        (_CART + "&metadata[" + "k" * 41 + "]=v", None, "metadata"),
        (_CART + "".join(f"&metadata[k{n}]=v" for n in range(51)), None, "metadata"),
        (_CART + "&client_reference_id=%00", None, "client_reference_id"),
        (_CART + "&line_items[1][quantity]=1", "parameter_missing", "line_items[1][price_data]"),
        (_CART + "&line_items[1][price]=price_1&line_items[1][quantity]=1", "resource_missing",
         "line_items[1][price]"),
        (_CART + "&payment_method_types[0]=sepa_debit", None, "payment_method_types"),
        (_CART + "&expand[]=nonsense", None, "expand"),
        (_CART + "&expand[]=payment_intent.a.b.c.d", None, "expand"),
    ],
)  # fmt: skip
def test_bad_session_is_refused_by_name(
    lasting: Running, body: str, code: str | None, param: str | None
) -> None:
    status, answer = _send(lasting, "POST", "/v1/checkout/sessions", body.encode())

    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert answer["error"].get("code") == code
    if param:
        assert answer["error"]["param"] == param


@pytest.mark.parametrize(
    "body",
    [
        b"a[b=1",
        b"[a]=1",
        b"a]b[=1",
        b"a=1&a[b]=2",
        b"a[b]=2&a=1",
        b"a[][b]=2",
        b"noequals",
        b"\xff\xfe=\x00",
        b"a=%ff",
        b"a" + b"[b]" * 50 + b"=1",
        b"&".join(b"k%d=v" % n for n in range(1500)),
        b"=1",
    ],
)
def test_malformed_form_is_a_400(lasting: Running, body: bytes) -> None:
    status, answer = _send(lasting, "POST", "/v1/customers", body)

    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_json_body_is_a_400(lasting: Running) -> None:
    status, answer = _send(lasting, "POST", "/v1/customers", b"{}", "application/json")

    assert status == 400
    assert "application/x-www-form-urlencoded" in answer["error"]["message"]


@pytest.mark.parametrize("size", [(1 << 20) + 1, 12 << 20])
def test_huge_body_is_a_413(lasting: Running, size: int) -> None:
    status, answer = _send(lasting, "POST", "/v1/customers", b"name=" + b"x" * size)

    assert status == 413
    assert "Request body: found more than 1048576 bytes" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "param"),
    [
        ("GET", "/v1/checkout/sessions/cs_x", "session"),
        ("POST", "/v1/checkout/sessions/cs_x/expire", "session"),
        ("GET", "/v1/checkout/sessions/cs_x/line_items", "session"),
        ("GET", "/v1/payment_intents/pi_x", "intent"),
        ("POST", "/v1/payment_intents/pi_x/cancel", "intent"),
        ("GET", "/v1/charges/ch_x", "id"),
        ("GET", "/v1/refunds/re_x", "id"),
        ("GET", "/v1/events/evt_x", "id"),
        ("GET", "/v1/customers/cus_x", "id"),
        ("GET", "/v1/balance_transactions/txn_x", "id"),
        ("GET", "/v1/charges/" + "x" * 3000, "id"),
        ("GET", "/v1/charges/%00%ff'%22", "id"),
    ],
)
def test_unknown_id_is_a_404(lasting: Running, method: str, path: str, param: str) -> None:
    status, answer = _send(lasting, method, path)

    assert (status, answer["error"]["code"]) == (404, "resource_missing")
    assert answer["error"]["param"] == param


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ("", 400, "charge"),
        ("charge=ch_x&payment_intent=pi_x", 400, "charge"),
        ("charge=ch_x", 404, "charge"),
        ("payment_intent=pi_x", 404, "payment_intent"),
        ("payment_intent=pi_x&amount=0", 400, "amount"),
        ("payment_intent=pi_x&amount=-1", 400, "amount"),
        ("payment_intent=pi_x&amount=1.0", 400, "amount"),
        ("payment_intent=pi_x&amount=", 400, "amount"),
        ("payment_intent=pi_x&amount[a]=1", 400, "amount"),
        ("payment_intent=pi_x&reason=boredom", 400, "reason"),
        ("payment_intent[]=pi_x", 400, "payment_intent"),
    ],
)
def test_bad_refund_is_refused_by_name(
    lasting: Running, body: str, status: int, param: str
) -> None:
    found, answer = _send(lasting, "POST", "/v1/refunds", body.encode())

    assert (found, answer["error"]["param"]) == (status, param)


_NAMES = st.sampled_from(
    ["mode", "line_items", "line_items[0]", "line_items[0][price_data]", "metadata", "metadata[a]",
     "expand", "expand[]", "expand[0]", "created", "created[gte]", "limit", "starting_after",
     "types[]", "amount", "payment_intent", "success_url", "expires_at", "payment_intent_data"]
) | st.text(max_size=12)  # fmt: skip
_VALUES = st.text(max_size=20) | st.sampled_from(
    ["payment", "1", "-1", "1.5", "data.charge", "http://a.b/", "payment_intent", "\x00", ""]
)
_PLACES = st.sampled_from(
    [("POST", "/v1/checkout/sessions"), ("POST", "/v1/refunds"), ("POST", "/v1/customers"),
     ("GET", "/v1/events"), ("GET", "/v1/checkout/sessions"), ("GET", "/v1/charges")]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(place=_PLACES, fields=st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
def test_no_form_makes_the_twin_fail(
    lasting: Running, place: tuple[str, str], fields: list[tuple[str, str]]
) -> None:
    form = "&".join(f"{quote(name, safe='[]')}={quote(value)}" for name, value in fields)
    method, path = place

    if method == "GET":
        status, answer = _send(lasting, method, f"{path}?{form}")
    else:
        status, answer = _send(lasting, method, path, form.encode())

    assert status in (200, 400, 404)
    assert ("error" in answer) == (status != 200)


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=60))
def test_no_bytes_make_the_twin_fail(lasting: Running, body: bytes) -> None:
    assert _send(lasting, "POST", "/v1/refunds", body)[0] in (400, 404)
