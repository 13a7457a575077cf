"""payments.gateway.billing: what the real library asks of Stripe Billing over HTTP, and what its
answers become. The twin answers, save where Stripe may say what the twin never does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from payments import gateway
from tests.app.seller import Seller

START, PERIOD_END = 1_767_225_600, 1_769_904_000
PRICE = {
    "id": "price_1",
    "object": "price",
    "billing_scheme": "per_unit",
    "currency": "gbp",
    "product": "prod_1",
    "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    "transform_quantity": None,
    "unit_amount": 1000,
    "unit_amount_decimal": "1000",
}


@dataclass
class Stripe:
    """Answers every request with `answer`, and those for one item with `item`; `asked` are the
    addresses that were asked."""

    answer: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def stripe(settings: Any) -> Iterator[Stripe]:
    told = Stripe()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            told.asked.append(unquote(self.path))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = json.dumps(
                told.item if self.path.startswith("/v1/subscription_items/") else told.answer
            ).encode()
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


@pytest.fixture
def seller(twin: Any) -> Seller:
    return Seller(twin)


def test_a_subscription_is_read_with_its_items_periods_and_key(seller: Seller) -> None:
    sold = seller.sell(((1000,), 2), metadata={"subscription_key": "start-1"})
    sub = seller.v1.subscriptions.retrieve(sold)
    [item] = sub["items"].data
    assert gateway.retrieve_subscription(sold) == gateway.SubscriptionFact(
        id=sold,
        customer_id=str(sub.customer),
        status="active",
        is_paused=False,
        currency="GBP",
        started_at=_at(sub.start_date),
        period_ends_at=_at(item.current_period_end),
        ends_at=None,
        ended_at=None,
        items=(
            gateway.ItemFact(
                id=item.id,
                price_id=item.price.id,
                product_id=str(item.price.product),
                unit=Fraction(1000),
                quantity=2,
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


def test_a_subscription_that_stripe_does_not_have_is_missing(twin: Any) -> None:
    with pytest.raises(gateway.Missing, match="No such subscription"):
        gateway.retrieve_subscription("sub_none")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: gateway.find_price(lookup_key="plan-coffee"),
        lambda: gateway.create_price(gateway.NewPrice("plan-tea", "Tea", "GBP", 1, "month", 1)),
        lambda: gateway.create_subscription_session(
            gateway.NewSubscriptionSession("start-1", "price_1", "", "", "")
        ),
        lambda: gateway.retrieve_subscription("sub_1"),
        lambda: gateway.end_with_period("sub_1"),
        lambda: gateway.find_subscription_paid_by(intent_id="pi_1"),
    ],
    ids=["find price", "create price", "create page", "retrieve", "end", "find paid"],
)
def test_no_answer_is_an_unknown_outcome(settings: Any, ask: Callable[[], object]) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(gateway.Unknown, match="APIConnectionError"):
        ask()


def test_when_it_ends_is_read_from_wherever_stripe_says_it(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1))
    end = seller.v1.subscriptions.retrieve(sold)["items"].data[0].current_period_end
    assert gateway.retrieve_subscription(sold).ends_at is None
    assert gateway.end_with_period(sold).ends_at == _at(end)
    seller.v1.subscriptions.update(sold, params={"cancel_at": end + 5})
    assert gateway.retrieve_subscription(sold).ends_at == _at(end + 5)
    ended = seller.v1.subscriptions.cancel(sold)
    fact = gateway.retrieve_subscription(sold)
    assert ended.ended_at is not None
    assert (fact.status, fact.ends_at) == ("canceled", _at(ended.ended_at))
    assert fact.ended_at == fact.ends_at


def test_an_end_with_the_period_without_a_date_is_its_end(stripe: Stripe) -> None:
    stripe.answer = _subscription(cancel_at_period_end=True)
    assert gateway.retrieve_subscription("sub_1").ends_at == _at(PERIOD_END)


@pytest.mark.parametrize(
    ("status", "discounts", "expected"),
    [("active", ["di_1"], [50]), ("active", [], []), ("canceled", ["di_1"], [])],
)
def test_items_are_asked_for_by_themselves_only_for_coupons_that_still_count(
    stripe: Stripe, status: str, discounts: list[str], expected: list[int]
) -> None:
    other = _item(id="si_2")
    stripe.answer = _subscription(other, _item(discounts=discounts), status=status)
    stripe.item = _item(discounts=[_discount(percent_off=50)])
    first, second = gateway.retrieve_subscription("sub_1").items
    assert (first.id, first.discounts, second.id) == ("si_2", (), "si_1")
    assert [one.percent for one in second.discounts] == expected
    assert [asked.split("?")[0] for asked in stripe.asked] == [
        "/v1/subscriptions/sub_1",
        *["/v1/subscription_items/si_1" for _ in expected],
    ]


def test_letting_it_end_twice_changes_nothing(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1))
    assert gateway.end_with_period(sold) == gateway.end_with_period(sold)


def test_prices_and_percentages_are_read_exactly(seller: Seller) -> None:
    rates = [
        seller.v1.tax_rates.create(
            params={"display_name": "VAT", "inclusive": inclusive, "percentage": percentage}
        ).id
        for inclusive, percentage in ((True, 5.5), (False, 20))
    ]
    sold = seller.sell((("0.123456789012",), 1000))
    item = seller.v1.subscriptions.retrieve(sold)["items"].data[0]
    off: Any = seller.coupon(percent_off=33.33, duration="forever")
    seller.v1.subscription_items.update(item.id, params={"tax_rates": rates, "discounts": off})
    [read] = gateway.retrieve_subscription(sold).items
    assert read.unit == Fraction("0.123456789012")
    assert read.inclusive_tax == Fraction("5.5")
    assert read.discounts == (gateway.DiscountFact(True, Fraction("33.33"), 0),)


def test_tax_of_the_subscription_holds_where_an_item_has_none_of_its_own(seller: Seller) -> None:
    vat = seller.v1.tax_rates.create(
        params={"display_name": "VAT", "inclusive": True, "percentage": 20}
    ).id
    sold = seller.sell(((1000,), 1), default_tax_rates=[vat])
    [item] = gateway.retrieve_subscription(sold).items
    assert item.inclusive_tax == 20


def test_a_coupon_is_found_under_the_source_of_its_discount(seller: Seller) -> None:
    for coupon, expected in (
        ({"percent_off": 50, "duration": "forever"}, (True, 50, 0)),
        (
            {
                "amount_off": 500,
                "currency": "gbp",
                "duration": "repeating",
                "duration_in_months": 3,
            },
            (False, 0, 500),
        ),
    ):
        sold = seller.sell(((1000,), 1), discounts=seller.coupon(**coupon))
        is_forever, percent, pennies = expected
        assert gateway.retrieve_subscription(sold).discounts == (
            gateway.DiscountFact(is_forever, Fraction(percent), pennies),
        )


def test_which_products_a_coupon_lowers_is_asked_for(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1), ((2000,), 1))
    first, second = gateway.retrieve_subscription(sold).items
    assert first.product_id != second.product_id
    only = [first.product_id]
    off: Any = seller.coupon(percent_off=50, duration="forever", applies_to={"products": only})
    seller.v1.subscriptions.update(sold, params={"discounts": off})
    expected = (gateway.DiscountFact(True, Fraction(50), 0, (first.product_id,)),)
    assert gateway.retrieve_subscription(sold).discounts == expected
    assert gateway.end_with_period(sold).discounts == expected


def test_which_products_a_coupon_of_an_item_lowers_is_asked_for(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1), ((2000,), 1))
    first, second = gateway.retrieve_subscription(sold).items
    only = [first.product_id]
    for item in (first, second):
        off: Any = seller.coupon(percent_off=50, duration="forever", applies_to={"products": only})
        seller.v1.subscription_items.update(item.id, params={"discounts": off})
    expected = (gateway.DiscountFact(True, Fraction(50), 0, (first.product_id,)),)
    for fact in (gateway.retrieve_subscription(sold), gateway.end_with_period(sold)):
        assert [item.discounts for item in fact.items] == [expected] * 2


def test_a_coupon_that_counted_once_is_gone_from_what_renews(seller: Seller) -> None:
    off = seller.coupon(percent_off=50, duration="once")
    assert gateway.retrieve_subscription(seller.sell(((1000,), 1), discounts=off)).discounts == ()


def test_a_page_sells_one_of_a_price_under_our_key(seller: Seller) -> None:
    price = seller.price(1000)
    known = seller.v1.customers.create(params={"email": "cara@example.com"}).id
    for number, customer in enumerate(("", known)):
        new = gateway.NewSubscriptionSession(
            f"start-{number}", price, customer, "http://127.0.0.1:9/a", "http://127.0.0.1:9/b"
        )
        page, again = (gateway.create_subscription_session(new) for _ in range(2))
        assert page == again
        assert (page.key, page.status, page.payment_status) == (new.key, "open", "unpaid")
        seller.twin.control.pay(session=page.id)
        done = gateway.retrieve_session(page.id)
        assert (done.status, done.payment_status, done.intent_id) == ("complete", "paid", "")
        sold = gateway.retrieve_subscription(done.subscription_id)
        assert (sold.key, [item.quantity for item in sold.items]) == (new.key, [1])
        assert customer in ("", sold.customer_id)


def test_a_price_is_found_by_its_lookup_key_or_made_under_it(seller: Seller) -> None:
    assert gateway.find_price(lookup_key="plan-coffee") is None
    new = gateway.NewPrice("plan-coffee", "Coffee", "GBP", 1000, "month", 3)
    made = gateway.create_price(new)
    assert made == gateway.PriceFact(made.id, "GBP", Fraction(1000), "month", 3)
    assert gateway.find_price(lookup_key="plan-coffee") == made
    assert gateway.create_price(new) == made
    other = gateway.NewPrice("plan-coffee", "Coffee", "GBP", 2000, "month", 3)
    with pytest.raises(gateway.Unknown, match="idempotent"):
        gateway.create_price(other)


def test_whose_invoice_an_intent_pays(seller: Seller) -> None:
    sold = seller.sell(((1000,), 1))
    [intent] = seller.v1.payment_intents.list().data
    assert gateway.find_subscription_paid_by(intent_id=intent.id) == sold
    assert gateway.find_subscription_paid_by(intent_id="pi_none") == ""


def test_an_invoice_that_bills_no_subscription_leads_to_none(seller: Seller) -> None:
    customer = seller.v1.customers.create(params={"payment_method": "pm_card_visa"})
    seller.v1.invoice_items.create(
        params={"customer": customer.id, "amount": 2000, "currency": "gbp"}
    )
    draft = seller.v1.invoices.create(
        params={"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )
    [method] = seller.v1.payment_methods.list(params={"customer": customer.id}).data
    seller.v1.invoices.pay(draft.id, params={"payment_method": method.id})
    [intent] = seller.v1.payment_intents.list().data
    assert gateway.find_subscription_paid_by(intent_id=intent.id) == ""


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
