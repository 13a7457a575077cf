"""An order's pages, and the refund form."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from payments.models import Payment
from refunds import policy
from refunds.models import Refund
from tests.app.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(shop: Any) -> Any:
    """A shop whose orders are placed now: pages ask the real clock."""
    shop.now = timezone.now()
    return shop


@pytest.fixture
def customer(cara_customer: Any) -> Client:
    client = Client()
    client.force_login(cara_customer)
    return client


@pytest.fixture
def ops(olly_ops: Any) -> Client:
    client = Client()
    client.force_login(olly_ops)
    return client


@pytest.fixture
def analyst(ana_analyst: Any) -> Client:
    client = Client()
    client.force_login(ana_analyst)
    return client


def _url(order: Any) -> str:
    return reverse("refunds:issue", args=[order.pk])


def _send(client: Client, order: Any, amount: str, reason: str = "chipped", key: str = "") -> Any:
    form = {"amount": amount, "reason": reason, "form_key": key or str(uuid.uuid4())}
    return client.post(_url(order), form, follow=True)


def test_the_form_shows_what_can_be_refunded_and_the_policy(ops: Client, shop: Any) -> None:
    answer = ops.get(_url(shop.paid_order(pennies=5000, quantity=2)))
    page = answer.text
    assert answer.status_code == 200
    assert "Refundable now" in page
    assert "£100.00" in page
    assert "up to 30 days after payment" in page


@pytest.mark.slow
def test_a_part_is_refunded_and_both_pages_show_it(
    ops: Client, customer: Client, shop: Any
) -> None:
    order = shop.paid_order(pennies=5000, quantity=2)
    page = _send(ops, order, "12.50")
    assert "Refund sent." in page.text
    assert "Refund of £12.50, succeeded</strong> by olly_ops" in page.text
    assert "chipped" in page.text
    own = customer.get(reverse("orders:detail", args=[order.pk])).text
    assert "£12.50 of it was refunded." in own
    assert "chipped" not in own
    assert "olly_ops" not in own


@pytest.mark.slow
def test_the_same_form_sent_twice_refunds_once(ops: Client, shop: Any) -> None:
    order = shop.paid_order()
    key = str(uuid.uuid4())
    assert "Refund sent." in _send(ops, order, "10", key=key).text
    assert "Refund sent." in _send(ops, order, "10", key=key).text
    assert [refund.amount_pennies for refund in Refund.objects.all()] == [1000]


@pytest.mark.slow
def test_two_forms_refund_twice(ops: Client, shop: Any) -> None:
    order = shop.paid_order()
    first, second = (ops.get(_url(order)).context["form"].initial["form_key"] for _ in range(2))
    assert first != second
    _send(ops, order, "10", key=str(first))
    _send(ops, order, "10", key=str(second))
    assert Refund.objects.count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_eight_times_at_once_refunds_once(ops: Client, shop: Any) -> None:
    order = shop.paid_order()
    key = str(uuid.uuid4())

    def press() -> int:
        client = Client()
        client.cookies = ops.cookies
        return int(_send(client, order, "30", key=key).status_code)

    assert at_once([press] * 8) == [200] * 8
    assert Refund.objects.count() == 1
    order.refresh_from_db()
    assert order.refunded_pennies == 3000


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "Amount: nothing written; say how much."),
        ("twelve", "Amount: 'twelve' is not a number; write it like 12.50."),
        ("0", "Amount: found 0, expected more than nothing."),
        ("-5", "Amount: found -5, expected more than nothing."),
        ("1.005", "Amount: '1.005' is finer than GBP can be paid; write it like 12.50."),
        ("1e400", "Amount: '1e400' is not a number; write it like 12.50."),
        ("9" * 29, "is out of range; write it like 12.50."),
        ("NaN", "Amount: 'NaN' is not a number; write it like 12.50."),
        ("9" * 31, "at most 30 characters"),
        ("1\x00", "Null characters are not allowed."),
    ],
)
def test_an_amount_that_is_none_gets_a_sentence(
    ops: Client, shop: Any, amount: str, sentence: str
) -> None:
    page = _send(ops, shop.paid_order(), amount)
    assert page.status_code == 400
    assert sentence in page.text.replace("&#x27;", "'")
    assert Refund.objects.count() == 0


def test_more_than_is_left_gets_the_policys_sentence(ops: Client, shop: Any) -> None:
    order = shop.paid_order(pennies=5000, quantity=2)
    page = _send(ops, order, "100.01")
    assert page.status_code == 409
    assert f"Order {order.pk}: £100.01 asked, £100.00 left to refund." in page.text
    assert 'value="100.01"' in page.text


def test_a_dispute_that_comes_while_the_form_is_sent_gets_a_sentence(
    ops: Client, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy saw none of it, and what the bank left would be enough."""
    order = shop.paid_order(pennies=5000, quantity=2)
    assess = policy.assess

    def disputed_after(**asked: Any) -> policy.Assessment:
        answer = assess(**asked)
        Payment.objects.update(disputed_pennies=2000)
        return answer

    monkeypatch.setattr(policy, "assess", disputed_after)
    answer = _send(ops, order, "60.00")
    assert answer.status_code == 409
    assert f"Order {order.pk}: a dispute came meanwhile; answer it at Stripe" in answer.text
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("refused", f"order:{order.pk}")
    assert not Refund.objects.exists()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "a\x00b"])
def test_a_reason_that_is_none_gets_a_sentence(ops: Client, shop: Any, reason: str) -> None:
    page = _send(ops, shop.paid_order(), "1", reason=reason)
    assert page.status_code == 400
    assert 'class="wrong"' in page.text


@pytest.mark.parametrize("key", ["nope", "\x00", "1" * 5000])
def test_a_damaged_form_is_refused(ops: Client, shop: Any, key: str) -> None:
    page = _send(ops, shop.paid_order(), "1", key=key)
    assert page.status_code == 400
    assert "The form was damaged on its way; open it again." in page.text


def test_an_order_nobody_paid_says_why_there_is_nothing(ops: Client, shop: Any) -> None:
    order = shop.order()
    assert f"Order {order.pk}: nothing was paid" in ops.get(_url(order)).text
    assert _send(ops, order, "1").status_code == 409


def test_a_refund_without_an_answer_says_so(ops: Client, shop: Any, settings: Any) -> None:
    order = shop.paid_order()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    page = _send(ops, order, "5")
    assert "Stripe has not answered yet: the money is reserved" in page.text
    assert "Refund sent." not in page.text


def test_the_staff_page_offers_what_the_role_may_do(
    ops: Client, analyst: Client, shop: Any
) -> None:
    order = shop.paid_order()
    url = reverse("orders:staff-detail", args=[order.pk])
    for words in ("Mark as fulfilled", "Refund…"):
        assert words in ops.get(url).text
        assert words not in analyst.get(url).text


def test_the_staff_page_shows_lines_payment_and_history(ops: Client, shop: Any) -> None:
    order = shop.paid_order(pennies=5000, quantity=2)
    page = ops.get(reverse("orders:staff-detail", args=[order.pk])).text
    for words in (
        "Still refundable",
        "£100.00 captured",
        "Placed</strong> by cara_customer (customer)",
        "Paid</strong> by system",
        str(order.payments.get().stripe_intent_id),
    ):
        assert words in page


@pytest.mark.slow
def test_the_customers_page_offers_payment_while_it_is_possible(
    customer: Client, shop: Any
) -> None:
    order = shop.order(pennies=5000, quantity=2)
    url = reverse("orders:detail", args=[order.pk])
    assert "Pay £100.00" in customer.get(url).text
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    shop.deliver()
    paid = customer.get(url).text
    assert "Pay £100.00" not in paid
    assert "Placed</strong> by you" in paid
    assert "Paid</strong> by the shop&#x27;s system" in paid


def test_an_order_page_asks_no_more_for_more_refunds(
    ops: Client, shop: Any, django_assert_num_queries: Any
) -> None:
    order = shop.paid_order()
    for _ in range(6):
        _send(ops, order, "1")
    url = reverse("orders:staff-detail", args=[order.pk])
    ops.get(url)
    # session, person, two of permissions, factor; order, lines, payments, refunds, disputes,
    # history, names
    with django_assert_num_queries(12):
        ops.get(url)
