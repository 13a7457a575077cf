"""payments.gateway.billing: what is asked of Stripe Billing over HTTP by the real library, and
what its answers, in the shapes that Stripe publishes for the pinned version, become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from payments import gateway

START, PERIOD_END, LATER = 1_767_225_600, 1_769_904_000, 1_772_323_200
PRICE = {
    "id": "price_1",
    "object": "price",
    "billing_scheme": "per_unit",
    "currency": "gbp",
    "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    "transform_quantity": None,
    "unit_amount": 1000,
    "unit_amount_decimal": "1000",
}


@dataclass
class Told:
    """One request as it came in."""

    method: str
    path: str
    form: dict[str, str]
    key: str | None


@dataclass
class Stripe:
    """Answers every request with `answer`, and remembers what was asked."""

    answer: dict[str, Any] = field(default_factory=dict)
    asked: list[Told] = field(default_factory=list)


@pytest.fixture
def stripe(settings: Any) -> Iterator[Stripe]:
    told = Stripe()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            at = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = dict(parse_qsl(body or at.query))
            key = self.headers.get("Idempotency-Key")
            told.asked.append(Told(self.command, at.path, form, key))
            answer = json.dumps(told.answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _reply  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{server.server_port}"
        yield told
        server.shutdown()


def _listed(*data: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(data), "has_more": False, "url": "/v1/things"}


def _item(**values: Any) -> dict[str, Any]:
    return {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": START,
        "current_period_end": PERIOD_END,
        "discounts": [],
        "price": PRICE,
        "quantity": 1,
        "tax_rates": [],
        **values,
    }


def _subscription(*items: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "id": "sub_1",
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "currency": "gbp",
        "customer": "cus_1",
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": None,
        "items": _listed(*(items or (_item(),))),
        "metadata": {"subscription_key": "start-1"},
        "pause_collection": None,
        "start_date": START,
        "status": "active",
        **values,
    }


def _discount(**coupon: Any) -> dict[str, Any]:
    given = {
        "id": "co_1",
        "object": "coupon",
        "amount_off": None,
        "currency": None,
        "duration": "forever",
        "percent_off": None,
        **coupon,
    }
    return {
        "id": "di_1",
        "object": "discount",
        "end": None,
        "source": {"type": "coupon", "coupon": given},
    }


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def test_a_subscription_is_read_with_its_items_periods_and_key(stripe: Stripe) -> None:
    stripe.answer = _subscription()
    assert gateway.retrieve_subscription("sub_1") == gateway.SubscriptionFact(
        id="sub_1",
        customer_id="cus_1",
        status="active",
        is_paused=False,
        currency="GBP",
        started_at=_at(START),
        period_ends_at=_at(PERIOD_END),
        ends_at=None,
        ended_at=None,
        items=(
            gateway.ItemFact(
                id="si_1",
                price_id="price_1",
                unit=Fraction(1000),
                quantity=1,
                interval="month",
                interval_count=1,
                is_metered=False,
                inclusive_tax=Fraction(0),
                discounts=(),
            ),
        ),
        discounts=(),
        key="start-1",
    )
    [asked] = stripe.asked
    assert (asked.method, asked.path) == ("GET", "/v1/subscriptions/sub_1")
    assert asked.form == {
        "expand[0]": "discounts.source.coupon",
        "expand[1]": "items.data.discounts.source.coupon",
    }


@pytest.mark.parametrize(
    ("values", "ends_at"),
    [
        ({"cancel_at_period_end": True}, PERIOD_END),
        ({"cancel_at_period_end": True, "cancel_at": LATER}, LATER),
        ({"cancel_at": LATER}, LATER),
        ({"cancel_at": LATER, "ended_at": PERIOD_END, "status": "canceled"}, PERIOD_END),
    ],
    ids=["with the period", "Stripe says when", "on a date", "has ended"],
)
def test_when_it_ends_is_read_from_wherever_stripe_says_it(
    stripe: Stripe, values: dict[str, Any], ends_at: int
) -> None:
    stripe.answer = _subscription(**values)
    assert gateway.retrieve_subscription("sub_1").ends_at == _at(ends_at)


def test_prices_and_percentages_are_read_exactly(stripe: Stripe) -> None:
    price = {**PRICE, "unit_amount": None, "unit_amount_decimal": "0.123456789012"}
    rates = [
        {"object": "tax_rate", "id": "txr_1", "inclusive": True, "percentage": 5.5},
        {"object": "tax_rate", "id": "txr_2", "inclusive": False, "percentage": 20},
    ]
    off = _discount(percent_off=33.33)
    stripe.answer = _subscription(_item(price=price, tax_rates=rates, discounts=[off]))
    [item] = gateway.retrieve_subscription("sub_1").items
    assert item.unit == Fraction("0.123456789012")
    assert item.inclusive_tax == Fraction("5.5")
    assert item.discounts == (gateway.DiscountFact(True, Fraction("33.33"), 0),)


def test_tax_of_the_subscription_holds_where_an_item_has_none_of_its_own(stripe: Stripe) -> None:
    vat = {"object": "tax_rate", "id": "txr_1", "inclusive": True, "percentage": 20}
    stripe.answer = _subscription(default_tax_rates=[vat])
    [item] = gateway.retrieve_subscription("sub_1").items
    assert item.inclusive_tax == 20


@pytest.mark.parametrize(
    ("coupon", "fact"),
    [
        ({"percent_off": 50}, (True, 50, 0)),
        ({"percent_off": 50, "duration": "once"}, (False, 50, 0)),
        ({"amount_off": 500, "currency": "gbp", "duration": "repeating"}, (False, 0, 500)),
    ],
)
def test_a_coupon_is_found_under_the_source_of_its_discount(
    stripe: Stripe, coupon: dict[str, Any], fact: tuple[bool, int, int]
) -> None:
    stripe.answer = _subscription(discounts=[_discount(**coupon)])
    is_forever, percent, pennies = fact
    assert gateway.retrieve_subscription("sub_1").discounts == (
        gateway.DiscountFact(is_forever, Fraction(percent), pennies),
    )


def test_what_comes_by_use_has_no_quantity_and_may_have_tiers(stripe: Stripe) -> None:
    metered = {"interval": "month", "interval_count": 1, "usage_type": "metered"}
    price = {
        **PRICE,
        "billing_scheme": "tiered",
        "unit_amount_decimal": None,
        "recurring": metered,
    }
    item = _item(price=price)
    del item["quantity"]
    stripe.answer = _subscription(item, pause_collection={"behavior": "void", "resumes_at": None})
    fact = gateway.retrieve_subscription("sub_1")
    assert fact.is_paused
    assert (fact.items[0].is_metered, fact.items[0].quantity, fact.items[0].unit) == (True, 0, 0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"items": _listed(_item(price={**PRICE, "billing_scheme": "tiered"}))},
            "Subscription sub_1: price price_1 comes in tiers or packages, expected one price a "
            "unit; give it such a price at Stripe.",
        ),
        (
            {
                "items": _listed(
                    _item(price={**PRICE, "transform_quantity": {"divide_by": 5, "round": "up"}})
                )
            },
            "Subscription sub_1: price price_1 comes in tiers or packages, expected one price a "
            "unit; give it such a price at Stripe.",
        ),
        (
            {"discounts": [_discount(amount_off=100, currency="eur")]},
            "Subscription sub_1: coupon co_1 is in eur, expected gbp; use a coupon in the "
            "subscription's currency.",
        ),
        (
            {"discounts": [{"id": "di_1", "object": "discount", "source": {"coupon": "co_1"}}]},
            "Subscription sub_1: discount di_1 came without its coupon.",
        ),
    ],
    ids=["tiers", "packages", "other currency", "coupon by id"],
)
def test_what_cannot_be_valued_is_said_and_never_guessed(
    stripe: Stripe, values: dict[str, Any], sentence: str
) -> None:
    stripe.answer = _subscription(**values)
    with pytest.raises(gateway.CannotValue) as said:
        gateway.retrieve_subscription("sub_1")
    assert str(said.value) == sentence


def test_a_page_sells_one_of_a_price_under_our_key(stripe: Stripe) -> None:
    stripe.answer = {
        "id": "cs_1",
        "object": "checkout.session",
        "metadata": {"subscription_key": "start-1"},
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "subscription": None,
        "url": "https://pay.example/cs_1",
    }
    for customer in ("", "cus_1"):
        page = gateway.create_subscription_session(
            gateway.NewSubscriptionSession("start-1", "price_1", customer, "https://a", "https://b")
        )
        assert (page.id, page.key, page.status) == ("cs_1", "start-1", "open")
    first, second = stripe.asked
    assert first.key == "start-1"
    assert first.form == {
        "mode": "subscription",
        "line_items[0][price]": "price_1",
        "line_items[0][quantity]": "1",
        "success_url": "https://a",
        "cancel_url": "https://b",
        "metadata[subscription_key]": "start-1",
        "subscription_data[metadata][subscription_key]": "start-1",
    }
    assert second.form == {**first.form, "customer": "cus_1"}


def test_a_price_is_found_by_its_lookup_key_or_made_under_it(stripe: Stripe) -> None:
    stripe.answer = _listed()
    assert gateway.find_price(lookup_key="plan-coffee") is None
    stripe.answer = _listed(PRICE)
    found = gateway.find_price(lookup_key="plan-coffee")
    assert found == gateway.PriceFact("price_1", "GBP", Fraction(1000), "month", 1)
    stripe.answer = PRICE
    new = gateway.NewPrice("plan-coffee", "Coffee", "GBP", 1000, "month", 1)
    assert gateway.create_price(new) == found
    assert stripe.asked[0].form == {"lookup_keys[0]": "plan-coffee", "limit": "1"}
    assert stripe.asked[2].key == "price-plan-coffee"
    assert stripe.asked[2].form == {
        "currency": "gbp",
        "unit_amount": "1000",
        "recurring[interval]": "month",
        "recurring[interval_count]": "1",
        "lookup_key": "plan-coffee",
        "product_data[name]": "Coffee",
    }


def test_a_subscription_is_let_end_with_its_period(stripe: Stripe) -> None:
    stripe.answer = _subscription(cancel_at_period_end=True)
    assert gateway.end_with_period("sub_1").ends_at == _at(PERIOD_END)
    assert stripe.asked[0].form["cancel_at_period_end"] == "true"


@pytest.mark.parametrize(
    ("paid", "subscription"),
    [
        ([], ""),
        ([{"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1"}], ""),
        (
            [
                {
                    "object": "invoice_payment",
                    "id": "inpay_1",
                    "invoice": {
                        "object": "invoice",
                        "id": "in_1",
                        "parent": {
                            "type": "subscription_details",
                            "subscription_details": {"subscription": "sub_1"},
                        },
                    },
                }
            ],
            "sub_1",
        ),
    ],
    ids=["no invoice", "invoice by id", "subscription's invoice"],
)
def test_whose_invoice_an_intent_pays(
    stripe: Stripe, paid: list[dict[str, Any]], subscription: str
) -> None:
    stripe.answer = _listed(*paid)
    assert gateway.find_subscription_paid_by(intent_id="pi_1") == subscription
    assert stripe.asked[0].form == {
        "payment[type]": "payment_intent",
        "payment[payment_intent]": "pi_1",
        "limit": "1",
        "expand[0]": "data.invoice",
    }
