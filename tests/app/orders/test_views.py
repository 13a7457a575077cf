"""Basket, placing an order, and the two lists of orders."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from catalog.models import Product
from catalog.offers import set_on_sale
from core.actor import system
from orders import services as orders
from orders.models import Order

BASKET = reverse("orders:basket")
LIST = reverse("orders:staff-list")
MINE = reverse("orders:mine")
pytestmark = pytest.mark.django_db


@pytest.fixture
def mug() -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=1250, currency="GBP")


@pytest.fixture
def customer(cara_customer: User) -> Client:
    client = Client()
    client.force_login(cara_customer)
    return client


@pytest.fixture
def ops(olly_ops: User) -> Client:
    client = Client()
    client.force_login(olly_ops)
    return client


def _put(client: Client, product: Any, quantity: Any) -> Any:
    return client.post(
        reverse("orders:basket-add"), {"product": product, "quantity": quantity}, follow=True
    )


def _key(client: Client) -> str:
    """The key in the form on the basket page."""
    [key] = re.findall(r'name="form_key" value="([^"]+)"', client.get(BASKET).text)
    return str(key)


def _place(client: Client, key: str) -> Any:
    return client.post(reverse("orders:place"), {"form_key": key}, follow=True)


def _orders(customer: User, mug: Product, now: Any, count: int) -> list[Order]:
    return [orders.place(customer=customer, basket={mug: 1}, now=now) for _ in range(count)]


def test_a_basket_filled_before_signing_in_becomes_an_order(
    cara_customer: User, mug: Product
) -> None:
    client = Client()
    assert "Mug: 2 in the basket." in _put(client, mug.pk, 2).text
    client.force_login(cara_customer)
    page = _place(client, _key(client))
    order = Order.objects.get()
    assert page.redirect_chain == [(reverse("orders:detail", args=[order.pk]), 302)]
    assert f"Order {order.pk} placed. Pay to complete it." in page.text
    assert (order.customer, order.total_pennies) == (cara_customer, 2500)


def test_placing_twice_places_one_order(customer: Client, mug: Product) -> None:
    _put(customer, mug.pk, 1)
    key = _key(customer)
    pages = [_place(customer, key) for _ in range(2)]
    order = Order.objects.get()
    assert order.form_key == key
    detail = reverse("orders:detail", args=[order.pk])
    assert [page.redirect_chain for page in pages] == [[(detail, 302)]] * 2
    again = _place(customer, str(uuid.uuid4()))
    assert again.status_code == 409
    assert "Basket: empty, expected at least one product; put something in." in again.text
    assert Order.objects.get() == order


def test_a_form_sent_again_before_the_first_is_answered_places_one_order(
    customer: Client, mug: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(customer, mug.pk, 1)
    key, place, pages = _key(customer), orders.place, []

    def overtaken(**asked: Any) -> Order:
        """The first has read its basket when the second comes and is answered."""
        monkeypatch.setattr(orders, "place", place)
        pages.append(_place(customer, key))
        return place(**asked)

    monkeypatch.setattr(orders, "place", overtaken)
    pages.append(_place(customer, key))
    detail = reverse("orders:detail", args=[Order.objects.get().pk])
    assert [page.redirect_chain for page in pages] == [[(detail, 302)]] * 2


def test_each_basket_page_has_a_form_of_its_own(customer: Client, mug: Product) -> None:
    for _ in range(2):
        _put(customer, mug.pk, 1)
        first, second = _key(customer), _key(customer)
        assert first != second
        _place(customer, second)
    assert Order.objects.count() == 2


def test_a_form_that_was_sent_for_an_order_before_keeps_the_new_basket(
    customer: Client, mug: Product
) -> None:
    _put(customer, mug.pk, 1)
    key = _key(customer)
    _place(customer, key)
    _put(customer, mug.pk, 2)
    page = _place(customer, key)
    assert page.status_code == 409
    assert "Basket: this form was sent before, for another order; look at the basket" in page.text
    assert "£25.00" in customer.get(BASKET).text


@pytest.mark.parametrize("key", ["", "nope", "1\x00", "9" * 40])
def test_a_basket_form_without_a_key_gets_a_sentence(
    customer: Client, mug: Product, key: str
) -> None:
    _put(customer, mug.pk, 1)
    page = _place(customer, key)
    assert page.status_code == 400
    assert "Basket: the form was damaged on its way; look at it and place it again." in page.text
    assert f'href="{BASKET}"' in page.text
    assert not Order.objects.exists()


def _off_sale(now: Any) -> None:
    by = system("command:take_off_sale")
    offered = Product.objects.all()
    set_on_sale(among=offered, named="mug", on_sale=False, by=by, why="sold out", now=now)


def _mug_goes_off_sale_in_a_basket(customer: Client, mug: Product, now: Any) -> None:
    """Which holds a fan too, for £9.00."""
    fan = Product.objects.create(name="Fan", slug="fan", price_pennies=900, currency="GBP")
    _put(customer, mug.pk, 1)
    _put(customer, fan.pk, 1)
    _off_sale(now)


def test_a_basket_tells_what_went_off_sale_and_shows_the_rest(
    customer: Client, mug: Product, now: Any
) -> None:
    _mug_goes_off_sale_in_a_basket(customer, mug, now)
    # Whoever gets no page has seen nothing.
    customer.head(reverse("orders:basket"))
    page = customer.get(reverse("orders:basket")).text
    assert "Mug: no longer on sale, so taken out of the basket." in page
    assert "Quantity of Fan" in page
    assert "Quantity of Mug" not in page
    assert "Mug" not in customer.get(reverse("orders:basket")).text


@pytest.mark.slow
def test_nothing_is_ordered_when_something_went_off_sale_meanwhile(
    customer: Client, mug: Product, now: Any
) -> None:
    _mug_goes_off_sale_in_a_basket(customer, mug, now)
    # Pressed twice, the second answer is the one that is seen.
    key = str(uuid.uuid4())
    for page in (_place(customer, key) for _ in range(2)):
        assert page.status_code == 409
        told = "Mug: no longer on sale; look at the basket and order the rest."
        assert told in page.text
        assert reverse("orders:basket") in page.text
    assert not Order.objects.exists()
    customer.get(reverse("orders:basket"))
    _place(customer, key)
    assert [order.total_pennies for order in Order.objects.all()] == [900]


def test_a_product_off_sale_goes_into_no_basket_and_stays_in_the_orders_that_have_it(
    customer: Client, cara_customer: User, mug: Product, now: Any
) -> None:
    [order] = _orders(cara_customer, mug, now, 1)
    _off_sale(now)
    assert _put(customer, mug.pk, 1).status_code == 404
    with transaction.atomic():
        orders.record_amounts(
            order=orders.lock(order.pk),
            captured_pennies=1250,
            refunded_pennies=0,
            by=system("test"),
            now=now,
        )
    order.refresh_from_db()
    assert (order.status, order.total_pennies) == ("paid", 1250)
    assert "Mug" in customer.get(reverse("orders:detail", args=[order.pk])).text


@pytest.mark.parametrize("quantity", ["", "-1", "1.5", "two", "1\x00", "9" * 5000, "100"])
def test_a_quantity_that_is_none_gets_a_sentence(
    customer: Client, mug: Product, quantity: str
) -> None:
    page = _put(customer, mug.pk, quantity)
    assert page.status_code == 400
    assert "Quantity: expected a whole number from 0 to 99" in page.text


@pytest.mark.parametrize("key", ["0", "-1", "nope", "\x00", str(2**63), "9" * 5000])
def test_a_product_number_that_is_none_gets_a_sentence(customer: Client, key: str) -> None:
    assert _put(customer, key, 1).status_code == 400


def test_a_product_that_is_not_there_is_not_found(customer: Client, mug: Product) -> None:
    assert _put(customer, mug.pk + 1, 1).status_code == 404
    Product.objects.update(is_on_sale=False)
    assert _put(customer, mug.pk, 1).status_code == 404


def test_more_than_fit_in_a_basket_gets_a_sentence(customer: Client, mug: Product) -> None:
    _put(customer, mug.pk, 99)
    page = _put(customer, mug.pk, 1)
    assert page.status_code == 409
    assert "Mug: 100 asked, at most 99 fit in one order; ask for fewer." in page.text


def test_the_basket_is_changed_and_emptied(customer: Client, mug: Product) -> None:
    _put(customer, mug.pk, 3)
    change = reverse("orders:basket-change")
    page = customer.post(change, {"product": mug.pk, "quantity": 2}, follow=True)
    assert "£25.00" in page.text
    page = customer.post(change, {"product": mug.pk, "quantity": 0}, follow=True)
    assert "Your basket is empty." in page.text


def test_the_staff_list_filters_by_status_and_number(
    ops: Client, cara_customer: User, mug: Product, now: Any
) -> None:
    first, second = _orders(cara_customer, mug, now, 2)
    listed = f"Order {first.pk}</a>"
    assert listed in ops.get(LIST).text
    assert listed in ops.get(LIST, {"status": "pending"}).text
    assert listed not in ops.get(LIST, {"status": "paid"}).text
    assert "No order is like that." in ops.get(LIST, {"status": "partly-refunded"}).text
    found = ops.get(LIST, {"number": second.pk}).text
    assert f"Order {second.pk}</a>" in found
    assert listed not in found


def test_the_partly_refunded_filter_finds_those_and_no_others(ops: Client, shop: Any) -> None:
    from refunds.services import issue

    whole, part = shop.paid_order(), shop.paid_order()
    ops_actor = shop.system
    issue(order=part, asked_pennies=1, reason="chipped", by=ops_actor, now=shop.now)
    page = ops.get(LIST, {"status": "partly-refunded"}).text
    assert f"Order {part.pk}</a>" in page
    assert f"Order {whole.pk}</a>" not in page


def test_lists_go_on_where_the_page_before_ended(
    ops: Client, customer: Client, cara_customer: User, mug: Product, now: Any
) -> None:
    placed = _orders(cara_customer, mug, now, 27)
    for client, url in ((ops, LIST), (customer, MINE)):
        first = client.get(url)
        assert f"Order {placed[2].pk}</a>" in first.text
        assert f"Order {placed[1].pk}</a>" not in first.text
        assert f"?before={placed[2].pk}" in first.text
        rest = client.get(url, {"before": placed[2].pk})
        assert f"Order {placed[1].pk}</a>" in rest.text
        assert "Older" not in rest.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "nope"),
        ("status", "paid\x00"),
        ("number", "-1"),
        ("number", "abc"),
        ("number", str(2**63)),
        ("number", "9" * 5000),
        ("before", "0"),
        ("before", "x"),
        ("before", "\x00"),
    ],
)
def test_a_filter_that_is_none_gets_a_sentence(ops: Client, name: str, value: str) -> None:
    page = ops.get(LIST, {name: value})
    assert page.status_code == 400
    assert 'class="wrong"' in page.text or 'role="alert"' in page.text


def test_the_largest_order_number_finds_nothing(ops: Client) -> None:
    assert "No order is like that." in ops.get(LIST, {"number": 2**63 - 1}).text


def test_lists_ask_no_more_for_more_orders(
    ops: Client,
    customer: Client,
    cara_customer: User,
    mug: Product,
    now: Any,
    django_assert_num_queries: Any,
) -> None:
    _orders(cara_customer, mug, now, 20)
    with django_assert_num_queries(6):  # session, person, two of permissions, factor, orders
        ops.get(LIST)
    with django_assert_num_queries(5):
        customer.get(MINE)


def test_a_filter_of_ones_own_orders_that_is_none_gets_a_sentence(customer: Client) -> None:
    page = customer.get(MINE, {"status": "nope"})
    assert page.status_code == 400
    assert 'class="wrong"' in page.text or 'role="alert"' in page.text
