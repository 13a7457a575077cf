"""stripe_twin.billing.sale: a hosted page that sells a subscription."""

from __future__ import annotations

import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_twin.billing import sale
from stripe_twin.control import Refused
from stripe_twin.server import running
from stripe_twin.sessions import session_of
from stripe_twin.settings import Settings
from stripe_twin.store import Json, Store
from tests.app.stripe_twin.billing.conftest import Billing
from tests.app.stripe_twin.conftest import Raw, cart, client_of

_VISA: Any = {"token": "tok_visa"}


def _page(billing: Billing, **params: Any) -> stripe.checkout.Session:
    price = params.pop("price", None) or billing.price()
    given: Any = {
        "mode": "subscription",
        "line_items": [{"price": price.id, "quantity": 2}],
        "success_url": "http://127.0.0.1:9/thanks",
        **params,
    }
    return billing.v1.checkout.sessions.create(params=given)


def _now(billing: Billing, page: stripe.checkout.Session) -> stripe.checkout.Session:
    return billing.v1.checkout.sessions.retrieve(page.id)


def test_paying_makes_an_active_subscription_and_keeps_the_card(billing: Billing) -> None:
    page = _page(billing, subscription_data={"metadata": {"subscription_key": "start-1"}})
    assert (page.amount_total, page.payment_method_types) == (2000, ["card"])
    billing.twin.control.pay(session=page.id, email="cara@example.com")
    done = _now(billing, page)
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "paid", None)
    sub = billing.v1.subscriptions.retrieve(str(done.subscription))
    assert (sub.status, sub.customer, sub.latest_invoice) == ("active", done.customer, done.invoice)
    assert sub.metadata.to_dict() == {"subscription_key": "start-1"}
    assert billing.v1.customers.retrieve(str(done.customer)).email == "cara@example.com"
    billing.days(32)
    assert [i.amount_paid for i in billing.v1.invoices.list().data] == [2000, 2000]


def test_a_refused_card_leaves_it_incomplete_and_the_next_one_pays(billing: Billing) -> None:
    page = _page(billing)
    assert billing.twin.control.pay(session=page.id, card="4000000000000002")["outcome"] == (
        "declined"
    )
    [sub] = billing.v1.subscriptions.list(params={"status": "all"}).data
    assert (sub.status, _now(billing, page).subscription) == ("incomplete", None)
    billing.twin.control.pay(session=page.id)
    assert billing.seen(sub).status == "active"
    assert _now(billing, page).subscription == sub.id
    assert len(billing.v1.invoices.list().data) == 1


@pytest.mark.parametrize(("passed", "status"), [(True, "active"), (False, "incomplete")])
def test_secure_card_decides(billing: Billing, passed: bool, status: str) -> None:
    page = _page(billing)
    billing.twin.control.pay(session=page.id, card="4000002500003155", authenticate=passed)
    [sub] = billing.v1.subscriptions.list(params={"status": "all"}).data
    assert sub.status == status


def test_what_a_sale_does_is_told_and_on_file_at_once(tmp_path: Path) -> None:
    """A twin that is stopped between two attempts goes on with the same subscription."""
    path = tmp_path / "twin.sqlite3"
    with running(Settings(state=path)) as twin:
        billing = Billing(twin, client_of(twin))
        pages = [_page(billing).id for _ in range(2)]
        method = billing.v1.payment_methods.create(params={"type": "card", "card": _VISA}).id
        for page in pages:
            with twin.account.store.change():
                session = session_of(twin.account, page)
                session["_subscription"] = session_of(twin.account, pages[0]).get(
                    "_subscription", ""
                )
                intent = sale.begin(twin.account, session, email="cara@example.com")
                assert intent is not None
            assert _on_file(path, "payment_intent", intent["id"])["_session"] == page
        sold = str(_on_file(path, "checkout.session", pages[0])["_subscription"])
        with twin.account.store.change():
            sale.complete(twin.account, session, method=method)
        customer = billing.v1.subscriptions.retrieve(sold).customer
        assert _on_file(path, "payment_method", method)["customer"] == customer
        told = billing.told()
    assert told.count("customer.subscription.created") == 1
    assert told.count("payment_method.attached") == 1


def _on_file(path: Path, kind: str, key: str) -> Json:
    store = Store(path)
    try:
        return store.get(kind, key) or {}
    finally:
        store.close()


def test_a_page_that_expires_takes_its_incomplete_subscription_with_it(billing: Billing) -> None:
    page = _page(billing)
    billing.twin.control.pay(session=page.id, card="4000000000000002")
    billing.v1.checkout.sessions.expire(page.id)
    [sub] = billing.v1.subscriptions.list(params={"status": "all"}).data
    assert sub.status == "incomplete_expired"
    with pytest.raises(Refused, match="expired"):
        billing.twin.control.pay(session=page.id)


def test_a_trial_asks_for_nothing_today_and_keeps_the_card(billing: Billing) -> None:
    page = _page(billing, subscription_data={"trial_period_days": 7})
    assert page.amount_total == 0
    billing.twin.control.pay(session=page.id)
    done = _now(billing, page)
    assert done.payment_status == "no_payment_required"
    assert billing.v1.subscriptions.retrieve(str(done.subscription)).status == "trialing"
    billing.days(8)
    assert billing.v1.subscriptions.retrieve(str(done.subscription)).status == "active"
    assert billing.v1.invoices.list().data[0].amount_paid == 2000


def test_a_coupon_is_taken_off_what_the_page_asks(billing: Billing) -> None:
    billing.v1.coupons.create(params={"id": "HALF", "percent_off": 50, "duration": "forever"})
    page = _page(billing, discounts=[{"coupon": "HALF"}])
    assert (page.amount_subtotal, page.amount_total) == (2000, 1000)
    billing.twin.control.pay(session=page.id)
    assert billing.v1.invoices.list().data[0].amount_paid == 1000


def test_a_coupon_for_another_product_takes_nothing_off(billing: Billing) -> None:
    other: Any = {"products": [str(billing.price().product)]}
    billing.v1.coupons.create(params={"id": "HALF", "percent_off": 50, "applies_to": other})
    page = _page(billing, discounts=[{"coupon": "HALF"}])
    assert (page.amount_subtotal, page.amount_total) == (2000, 2000)


def test_a_person_pays_on_the_hosted_page(billing: Billing, raw: Raw) -> None:
    page = _page(billing)
    path = urllib.parse.urlsplit(str(page.url)).path
    shown = raw("GET", path).body
    assert "£20.00" in shown
    assert "then £20.00 a month, until canceled" in shown
    assert "Coffee" in shown
    form = "method=card&email=cara%40example.com&number=4242424242424242"
    answer = raw("POST", path, form)
    assert (answer.status, answer.headers["Location"]) == (303, "http://127.0.0.1:9/thanks")
    assert billing.v1.subscriptions.list().data[0].status == "active"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"mode": "payment"}, "mode"),
        ({"line_items": cart()["line_items"]}, "line_items"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"discounts": [{"coupon": "none"}]}, "discounts[0][coupon]"),
        ({"payment_method_types": ["bacs_debit"]}, "payment_method_types"),
    ],
    ids=str,
)
def test_what_a_page_cannot_sell_is_refused_by_name(
    billing: Billing, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        _page(billing, **params)
    assert refused.value.param == param
