"""payments.checkout and services.cancel: what is asked of Stripe for a payment page, and when it
is made again, given up or closed; what Stripe has is made up here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from core.actor import Actor
from orders import services as orders
from orders.models import Order
from payments import checkout, gateway, services
from payments.models import Payment
from payments.services import CannotCancel, CannotPay

OPS = Actor(id=3, role="ops", origin="web")
KEY_LIFE = timedelta(hours=23)
SECOND = timedelta(seconds=1)
LONG = "x" * 121
# What the intent of a complete page says while its bank decides, and once it refused.
WAITS = ["requires_action", "processing", "requires_capture", "succeeded"]
REFUSED = ["requires_payment_method", "canceled"]


class Stripe:
    """The pages that Stripe has, by id, what it was asked, and the status of every page's intent.
    `says` is raised once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pages: dict[str, gateway.CheckoutSession] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.says: Exception | None = None
        self.intent = "succeeded"
        monkeypatch.setattr(gateway, "create_checkout_session", self.create)
        monkeypatch.setattr(gateway, "retrieve_session", self.retrieve)
        monkeypatch.setattr(gateway, "retrieve_intent", self.retrieve_intent)
        monkeypatch.setattr(gateway, "expire_session", self.expire)
        monkeypatch.setattr(gateway, "find_session", self.find)

    def has(
        self, page_id: str, key: str, status: str = "open", paid: str = "unpaid"
    ) -> gateway.CheckoutSession:
        url = f"https://stripe.test/{page_id}"
        page = gateway.CheckoutSession(page_id, status, paid, url, f"pi_of_{page_id}", key)
        self.pages[page_id] = page
        return page

    def create(self, new: gateway.NewSession) -> gateway.CheckoutSession:
        self._ask("create", new.key)
        return self.has(f"cs_{len(self.pages) + 1}", new.key)

    def retrieve(self, page_id: str) -> gateway.CheckoutSession:
        self._ask("retrieve", page_id)
        return self.pages[page_id]

    def retrieve_intent(self, intent_id: str) -> gateway.Intent:
        self._ask("retrieve", intent_id)
        return gateway.Intent(intent_id, self.intent, 500, 0, "GBP", "key-1", "")

    def expire(self, page_id: str) -> gateway.CheckoutSession:
        self._ask("expire", page_id)
        return self.has(page_id, self.pages[page_id].key, "expired")

    def find(self, *, key: str, since: datetime) -> gateway.CheckoutSession | None:
        self._ask("find", key, since)
        return next((page for page in self.pages.values() if page.key == key), None)

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        said, self.says = self.says, None
        if said:
            raise said


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    return Stripe(monkeypatch)


@pytest.fixture
def order(begun: Payment) -> Order:
    """£5.00, and £5.00 of it on their way: its key is "key-1", and Stripe has not answered."""
    return begun.order


@pytest.fixture
def cara(order: Order) -> Actor:
    return Actor(id=order.customer_id, role="customer", origin="web")


@pytest.fixture
def pay(order: Order, cara: Actor, now: datetime) -> Callable[..., Payment]:
    def pay(*, of: Order | None = None, by: Actor = cara, at: datetime = now) -> Payment:
        return checkout.start_checkout(order=of or order, by=by, now=at)

    return pay


@pytest.fixture
def other(order: Order, now: datetime) -> Payment:
    """The same customer's other order, whose page is open."""
    apart = another(order, now)
    return Payment.objects.create(
        order=apart,
        currency="GBP",
        amount_pennies=500,
        idempotency_key="key-2",
        stripe_session_id="cs_other",
        created_at=now,
    )


def another(order: Order, now: datetime) -> Order:
    basket = {line.product: line.quantity for line in order.lines.all()}
    return orders.place(customer=order.customer, basket=basket, now=now)


def payments(order: Order) -> list[tuple[Any, ...]]:
    found = Payment.objects.filter(order=order).order_by("id")
    return list(found.values_list("status", "stripe_session_id", "last_failure"))


def test_a_first_payment_is_the_orders_own_and_has_an_open_page(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    first = another(order, now)
    payment = pay(of=first)
    assert (payment.order, payment.currency, payment.amount_pennies) == (first, "GBP", 500)
    assert (payment.stripe_session_id, payment.created_at) == ("cs_1", now)
    assert payment.checkout_url == "https://stripe.test/cs_1"
    assert payment.idempotency_key != "key-1"
    assert stripe.asked == [("create", payment.idempotency_key)]


def test_paying_again_comes_back_to_the_open_page(order: Order, stripe: Stripe, pay: Any) -> None:
    assert pay() == pay()
    assert stripe.asked == [("create", "key-1"), ("retrieve", "cs_1")]
    assert payments(order) == [("created", "cs_1", "")]


def test_no_answer_is_asked_for_again_with_the_same_key_for_as_long_as_it_lives(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    stripe.says = gateway.Unknown("no answer")
    with pytest.raises(gateway.Unknown):
        pay()
    assert payments(order) == [("created", None, "")]
    assert pay(at=now + KEY_LIFE).stripe_session_id == "cs_1"
    assert stripe.asked == [("create", "key-1")] * 2


def test_after_the_keys_life_the_page_is_looked_up(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    stripe.has("cs_7", "key-1")
    assert pay(at=now + KEY_LIFE + SECOND).stripe_session_id == "cs_7"
    assert stripe.asked == [("find", "key-1", now - timedelta(minutes=10))]


def test_a_page_that_was_never_made_or_has_expired_gives_a_new_payment(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    later = now + KEY_LIFE + SECOND
    assert pay(at=later).stripe_session_id == "cs_1"
    stripe.has("cs_1", "key-of-the-second", "expired")
    assert pay(at=later).stripe_session_id == "cs_2"
    assert payments(order) == [
        ("canceled", None, ""),
        ("canceled", "cs_1", ""),
        ("created", "cs_2", ""),
    ]


@pytest.mark.parametrize("paid", ["paid", "no_payment_required"])
def test_a_page_that_was_paid_is_waited_for(
    order: Order, stripe: Stripe, pay: Any, paid: str
) -> None:
    """Whatever its intent says, which may have been asked a moment too early."""
    pay()
    stripe.has("cs_1", "key-1", "complete", paid)
    stripe.intent = "requires_payment_method"
    with pytest.raises(CannotPay, match=r"its payment page is complete; wait a minute"):
        pay()
    assert payments(order) == [("created", "cs_1", "")]


@pytest.mark.parametrize("waits", WAITS)
def test_a_page_whose_bank_has_not_decided_is_waited_for(
    order: Order, stripe: Stripe, pay: Any, waits: str
) -> None:
    pay()
    stripe.has("cs_1", "key-1", "complete")
    stripe.intent = waits
    with pytest.raises(CannotPay, match=r"its payment page is complete; wait a minute"):
        pay()
    assert payments(order) == [("created", "cs_1", "")]
    assert stripe.asked[1:] == [("retrieve", "cs_1"), ("retrieve", "pi_of_cs_1")]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_page_whose_bank_refused_gives_a_new_payment(
    order: Order, stripe: Stripe, pay: Any, refused: str
) -> None:
    pay()
    stripe.has("cs_1", "key-1", "complete")
    stripe.intent = refused
    assert pay().stripe_session_id == "cs_2"
    assert payments(order) == [("canceled", "cs_1", ""), ("created", "cs_2", "")]


OVER = {
    ("expired", "unpaid", "canceled"): True,
    ("open", "unpaid", "requires_payment_method"): False,
    ("complete", "paid", "requires_payment_method"): False,
    ("complete", "no_payment_required", "requires_payment_method"): False,
    **{("complete", "unpaid", waits): False for waits in WAITS},
    **{("complete", "unpaid", refused): True for refused in REFUSED},
}


@pytest.mark.parametrize(("status", "paid", "intent", "over"), [(*k, v) for k, v in OVER.items()])
def test_a_page_is_over_when_no_money_of_it_can_come(
    stripe: Stripe, status: str, paid: str, intent: str, over: bool
) -> None:
    stripe.intent = intent
    assert checkout.is_over(stripe.has("cs_1", "key-1", status, paid)) is over


def test_a_page_that_was_never_made_is_over() -> None:
    assert checkout.is_over(None) is True


def test_a_card_that_was_refused_leaves_the_page_open(
    order: Order, stripe: Stripe, pay: Any
) -> None:
    stripe.intent = "requires_payment_method"
    assert pay() == pay()
    assert payments(order) == [("created", "cs_1", "")]


def test_a_no_is_kept_as_far_as_it_fits_and_the_order_can_be_paid_again(
    order: Order, stripe: Stripe, pay: Any, other: Payment
) -> None:
    stripe.says = gateway.Rejected(LONG)
    with pytest.raises(CannotPay, match=r"Stripe made no payment page \(x+\); please tell us"):
        pay()
    assert payments(order) == [("canceled", None, LONG[:120])]
    assert pay().stripe_session_id == "cs_1"
    assert payments(other.order) == [("created", "cs_other", "")]


def test_what_was_paid_is_never_given_up(begun: Payment) -> None:
    Payment.objects.update(status="succeeded", captured_pennies=500)
    checkout.give_up(begun)
    assert payments(begun.order) == [("succeeded", None, "")]


def test_nothing_is_asked_for_an_order_of_somebody_else_or_one_that_needs_no_payment(
    order: Order, stripe: Stripe, pay: Any, cara: Actor
) -> None:
    stranger = Actor(id=order.customer_id + 1, role="customer", origin="web")
    with pytest.raises(CannotPay, match="not yours; only the person who placed it can pay"):
        pay(by=stranger)
    Payment.objects.update(status="processing")
    with pytest.raises(CannotPay, match="a payment is being processed; wait for it"):
        pay()
    Payment.objects.update(status="canceled")
    Order.objects.update(status="canceled")
    with pytest.raises(CannotPay, match="canceled, expected pending; nothing to pay"):
        pay()
    assert (stripe.asked, len(payments(order))) == ([], 1)


def test_staff_may_pay_for_a_customer(order: Order, stripe: Stripe, pay: Any) -> None:
    assert pay(by=OPS).stripe_session_id == "cs_1"


def test_the_order_is_held_while_its_payment_is_chosen(
    order: Order, stripe: Stripe, pay: Any
) -> None:
    """So two clicks at once choose the same one."""
    with CaptureQueriesContext(connection) as queries:
        pay()
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    assert [sql.split(' FROM "')[1].split('"')[0] for sql in locks] == ["orders_order"]


# Canceling


@pytest.fixture
def cancel(order: Order, now: datetime) -> Callable[[], Order]:
    return lambda: services.cancel(order=order, by=OPS, reason="asked by phone", now=now)


def page_of(payment: Payment, stripe: Stripe, status: str = "open", paid: str = "unpaid") -> None:
    Payment.objects.filter(pk=payment.pk).update(stripe_session_id="cs_1")
    stripe.has("cs_1", payment.idempotency_key, status, paid)


@pytest.mark.parametrize(
    ("status", "asked"), [("open", ["retrieve", "expire"]), ("expired", ["retrieve"])]
)
def test_the_page_is_closed_first_and_nobody_elses(
    begun: Payment, stripe: Stripe, cancel: Any, other: Payment, status: str, asked: list[str]
) -> None:
    page_of(begun, stripe, status)
    assert cancel().status == "canceled"
    assert [what for what, _ in stripe.asked] == asked
    assert {page for _, page in stripe.asked} == {"cs_1"}
    assert payments(begun.order) == [("canceled", "cs_1", "")]
    assert payments(other.order) == [("created", "cs_other", "")]
    other.order.refresh_from_db()
    assert other.order.status == "pending"


def test_without_a_live_payment_nothing_is_asked(
    order: Order, stripe: Stripe, cancel: Any, other: Payment
) -> None:
    Payment.objects.filter(order=order).update(status="canceled")
    assert cancel().status == "canceled"
    assert stripe.asked == []
    assert payments(other.order) == [("created", "cs_other", "")]


def test_a_page_that_stripe_never_makes_needs_no_closing(
    order: Order, stripe: Stripe, cancel: Any
) -> None:
    stripe.says = gateway.Rejected("amount too small")
    assert cancel().status == "canceled"
    assert (stripe.asked, payments(order)) == (
        [("create", "key-1")],
        [("canceled", None, "amount too small")],
    )


def test_a_page_that_was_never_made_needs_no_closing_either(
    order: Order, stripe: Stripe, now: datetime
) -> None:
    later = now + KEY_LIFE + SECOND
    services.cancel(order=order, by=OPS, reason="asked by phone", now=later)
    assert [what for what, *_ in stripe.asked] == ["find"]
    assert payments(order) == [("canceled", None, "")]


def refused(order: Order, cancel: Any, sentence: str) -> None:
    """Nothing was done, and the refusal is on record."""
    before = payments(order)
    with pytest.raises(CannotCancel, match=sentence):
        cancel()
    order.refresh_from_db()
    assert (order.status, payments(order)) == ("pending", before)
    assert Entry.objects.latest("id").action == "refused"


def test_a_page_that_was_paid_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any
) -> None:
    page_of(begun, stripe, "complete", "paid")
    refused(begun.order, cancel, "a payment is being made; wait for it, then ask for a refund")


@pytest.mark.parametrize("waits", WAITS)
def test_a_page_whose_bank_has_not_decided_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any, waits: str
) -> None:
    page_of(begun, stripe, "complete")
    stripe.intent = waits
    refused(begun.order, cancel, "a payment is being made; wait for it, then ask for a refund")


@pytest.mark.parametrize("no", REFUSED)
def test_a_page_whose_bank_refused_needs_no_closing(
    begun: Payment, stripe: Stripe, cancel: Any, other: Payment, no: str
) -> None:
    page_of(begun, stripe, "complete")
    stripe.intent = no
    assert cancel().status == "canceled"
    assert stripe.asked == [("retrieve", "cs_1"), ("retrieve", "pi_of_cs_1")]
    assert payments(begun.order) == [("canceled", "cs_1", "")]
    assert payments(other.order) == [("created", "cs_other", "")]


def test_a_page_that_cannot_be_closed_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(begun, stripe)

    def no(page_id: str) -> gateway.CheckoutSession:
        raise gateway.Rejected("only open pages can be expired")

    monkeypatch.setattr(gateway, "expire_session", no)
    refused(begun.order, cancel, r"could not be closed \(only open pages .*\); wait a minute")


def test_money_that_came_meanwhile_keeps_the_order_open(
    begun: Payment, stripe: Stripe, now: datetime
) -> None:
    """Once the page is closed the payments are looked at again, by whoever holds the order."""
    for status, captured in (("processing", 0), ("succeeded", 500)):
        Payment.objects.update(status=status, captured_pennies=captured)
        with pytest.raises(CannotCancel, match=f"a payment is {status}; wait for it, or refund"):
            services._drop_live_payments(begun.order, closed=begun)
        assert payments(begun.order) == [(status, None, "")]


def test_a_payment_that_was_begun_meanwhile_keeps_the_order_open(
    begun: Payment, other: Payment
) -> None:
    with pytest.raises(CannotCancel, match="a payment was just begun; ask again"):
        services._drop_live_payments(begun.order, closed=None)
    assert payments(begun.order) == [("created", None, "")]
    Payment.objects.filter(pk=begun.pk).update(status="canceled")
    services._drop_live_payments(begun.order, closed=None)
    assert payments(other.order) == [("created", "cs_other", "")]


def test_no_answer_changes_nothing(order: Order, stripe: Stripe, cancel: Any) -> None:
    stripe.says = gateway.Unknown("no answer")
    with pytest.raises(gateway.Unknown):
        cancel()
    order.refresh_from_db()
    assert (order.status, payments(order)) == ("pending", [("created", None, "")])


def test_whoever_may_not_cancel_never_reaches_stripe(
    order: Order, stripe: Stripe, now: datetime
) -> None:
    analyst = Actor(id=4, role="analyst", origin="web")
    with pytest.raises(orders.IllegalMove):
        services.cancel(order=order, by=analyst, reason="tidy", now=now)
    assert stripe.asked == []
    assert Entry.objects.latest("id").action == "refused"


def test_order_and_payments_are_held_before_either_is_given_up(
    begun: Payment, stripe: Stripe, cancel: Any
) -> None:
    page_of(begun, stripe, "expired")
    with CaptureQueriesContext(connection) as queries:
        cancel()
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    held = [sql.split(' FROM "')[1].split('"')[0] for sql in locks]
    assert held == ["orders_order", "payments_payment", "orders_order"]


def test_a_cancel_that_cannot_be_written_gives_no_payment_up(
    begun: Payment, stripe: Stripe, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(begun, stripe)

    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(orders, "move", full)
    with pytest.raises(OSError, match="disk full"):
        cancel()
    assert payments(begun.order) == [("created", "cs_1", "")]
