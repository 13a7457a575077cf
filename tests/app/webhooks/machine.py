"""A shop and a Stripe to which anything happens in any order, and what must hold meanwhile.

Each step is something that a customer, staff, a bank, a network or a worker does. Nothing that
Stripe announces arrives unless a step delivers it: late, twice, out of order, or never.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audit.models import Entry
from core.refusal import Refused
from monitoring.checks import money, trust
from orders.models import Order, OrderTransition
from payments import gateway
from payments import services as payments
from payments.gateway import calling
from payments.models import Dispute, Payment
from refunds import late_money
from refunds import services as refunds
from refunds.models import Refund
from stripe_twin import control
from subscriptions import ending, starting
from subscriptions.models import Plan, Subscription
from webhooks import backoff, worker
from webhooks.models import StripeEvent
from webhooks.reconcile import reconcile

LATER = timedelta(hours=2)
# Money that came late and chargebacks after refunds are facts that people must see to.
FOR_PEOPLE = {
    "money-on-canceled-order",
    "two-payments-kept",
    "refunded-beyond-captured",
    "chargeback-after-refund",
}
ALWAYS = [check for check in money.CHECKS if check.name not in FOR_PEOPLE]
CARDS = ["4242424242424242", "4000000000000002", "4000002500003155"]
PART = st.integers(1, 12).map(lambda n: n * 500)
FAULTS = ["error_before", "cut_before", "error_after", "answer_lost", "cut_after", "rate_limit"]
WITH_BANK = ["needs_response", "under_review", "warning_needs_response"]
STRIPES_OWN = {
    "requires_payment_method": "created",
    "requires_confirmation": "created",
    "requires_capture": "processing",
}


class Killed(BaseException):
    """The worker is gone in the middle of what it did."""


class ShopAndStripe(RuleBasedStateMachine):
    """`begin` gives a new shop with an empty twin; what an example writes is taken back."""

    begin: Callable[[], Any]
    olly_ops: Any

    def __init__(self) -> None:
        super().__init__()
        self._undone = transaction.atomic()
        # As Django's own TestCase does, so that durable blocks may stand inside.
        self._undone._from_testcase = True  # type: ignore[attr-defined]
        self._undone.__enter__()
        self.shop = type(self).begin()
        self.control = self.shop.twin.control
        self.plan = Plan.objects.create(
            slug="coffee", name="Coffee", price_pennies=1000, currency="GBP", interval="month"
        )

    # What customers, staff and banks do

    @initialize(paid=st.booleans())
    def some_orders(self, paid: bool) -> None:
        """Two orders whose pages are open; of one that is paid nobody has told yet."""
        for _ in range(2):
            self.shop.checkout(self.shop.order(pennies=2000, quantity=3))
        if paid:
            self.control.pay(session=self._at_stripe("checkout.session", 0, "open"))

    @precondition(lambda self: Order.objects.count() < 3)
    @rule(quantity=st.integers(1, 3))
    def place(self, quantity: int) -> None:
        self.shop.order(pennies=2000, quantity=quantity)

    @rule(which=st.integers(0, 9))
    def open_page(self, which: int) -> None:
        with _refusals():
            self.shop.checkout(self._one(Order, which))

    @precondition(lambda self: self._are("checkout.session", "open"))
    @rule(
        which=st.integers(0, 9), card=st.sampled_from(CARDS), passed=st.sampled_from([True, None])
    )
    def pay(self, which: int, card: str, passed: bool | None) -> None:
        with _refusals():
            self.control.pay(session=self._page(which), card=card, authenticate=passed)

    @precondition(lambda self: self._are("checkout.session", "open"))
    @rule(which=st.integers(0, 9), succeeds=st.booleans())
    def pay_by_bank(self, which: int, succeeds: bool) -> None:
        with _refusals():
            self.control.pay_later(session=self._page(which), succeeds=succeeds)

    @precondition(lambda self: self._are("payment_intent", "processing"))
    @rule(which=st.integers(0, 9), succeeds=st.booleans())
    def bank_decides(self, which: int, succeeds: bool) -> None:
        decide = self.control.settle if succeeds else self.control.fail
        decide(id=self._at_stripe("payment_intent", which, "processing"))

    @precondition(lambda self: self._are("refund", "pending", "succeeded"))
    @rule(which=st.integers(0, 9), succeeds=st.booleans())
    def refund_ends(self, which: int, succeeds: bool) -> None:
        with _refusals():
            decide = self.control.settle if succeeds else self.control.fail
            decide(id=self._at_stripe("refund", which, "pending", "succeeded"))

    @precondition(lambda self: self._are("checkout.session", "open"))
    @rule(which=st.integers(0, 9))
    def page_expires(self, which: int) -> None:
        with _refusals():
            gateway.expire_session(self._page(which))

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        with _refusals():
            by = self.shop.actor(self.shop.customer)
            payments.cancel(
                order=self._one(Order, which), by=by, reason="changed my mind", now=self.shop.now
            )

    @precondition(lambda self: Payment.objects.filter(status="succeeded").exists())
    @rule(which=st.integers(0, 9), pennies=PART, waits=st.booleans())
    def refund(self, which: int, pennies: int, waits: bool) -> None:
        if waits:
            self.control.misbehave(fault="refund_pending")
        with _refusals():
            refunds.issue(
                order=self._one(Order, which),
                asked_pennies=pennies,
                reason="chipped",
                by=self.shop.actor(self.olly_ops),
                now=self.shop.now,
            )

    @precondition(lambda self: self._are("payment_intent", "succeeded"))
    @rule(which=st.integers(0, 9), pennies=PART)
    def refund_in_dashboard(self, which: int, pennies: int) -> None:
        with _refusals():
            intent = self._at_stripe("payment_intent", which, "succeeded")
            self.control.refund_from_dashboard(payment_intent=intent, amount=pennies)

    @precondition(lambda self: self._are("payment_intent", "succeeded"))
    @rule(which=st.integers(0, 9), pennies=PART)
    def dispute(self, which: int, pennies: int) -> None:
        with _refusals():
            intent = self._at_stripe("payment_intent", which, "succeeded")
            self.control.open_dispute(intent=intent, amount=pennies)

    @precondition(lambda self: self._are("dispute", *WITH_BANK))
    @rule(which=st.integers(0, 9), outcome=st.sampled_from(["won", "lost"]))
    def decide_dispute(self, which: int, outcome: str) -> None:
        with _refusals():
            self.control.close_dispute(
                id=self._at_stripe("dispute", which, *WITH_BANK), outcome=outcome
            )

    @precondition(lambda self: not self._are("subscription", "active"))
    @rule(pays=st.booleans())
    def subscribe(self, pays: bool) -> None:
        with _refusals():
            wish = starting.start(plan=self.plan, customer=self.shop.customer, now=self.shop.now)
            if pays:
                self.control.pay(session=wish.stripe_session_id)

    @precondition(lambda self: self._are("subscription", "active"))
    @rule(at_once=st.booleans(), quantity=st.integers(1, 3))
    def subscription_changes_in_dashboard(self, at_once: bool, quantity: int) -> None:
        about = self._at_stripe("subscription", 0, "active")
        with _refusals(), calling.translating():
            stripes = calling.client().v1.subscriptions
            if at_once:
                stripes.cancel(about)
            else:
                (item,) = stripes.retrieve(about)["items"].data
                change: Any = {"id": item.id, "quantity": quantity}
                stripes.update(about, params={"items": [change]})

    @precondition(lambda self: Subscription.objects.exists())
    @rule()
    def end_subscription(self) -> None:
        with _refusals():
            ending.cancel(
                subscription=self._one(Subscription, 0),
                by=self.shop.actor(self.shop.customer),
                reason="enough",
                now=self.shop.now,
            )

    # What networks and machines do

    @rule(which=st.integers(0, 40), times=st.integers(1, 2))
    def deliver(self, which: int, times: int) -> None:
        announced = _rows(self.shop, "event")
        for _ in range(times if announced else 0):
            self.shop.receive(dict(announced[which % len(announced)]))

    @rule()
    def deliver_everything_backwards(self) -> None:
        for event in reversed(self.shop.events()):
            self.shop.receive(event)

    @rule(fault=st.sampled_from(FAULTS), method=st.sampled_from(["GET", "POST"]))
    def stripe_misbehaves(self, fault: str, method: str) -> None:
        self.control.misbehave(fault=fault, method=method, path="/v1/*")

    @rule(least=st.integers(1, 6))
    def work(self, least: int) -> None:
        worker.process_all(clock=lambda: self.shop.now, limit=least, rng=random.Random(1))

    @rule(statement=st.integers(1, 40))
    def work_and_die(self, statement: int) -> None:
        with suppress(Killed), _dying(statement):
            worker.process_one(now=self.shop.now, rng=random.Random(1))

    @rule(statement=st.integers(1, 80))
    def reconcile_and_die(self, statement: int) -> None:
        with suppress(Killed), _dying(statement):
            self._reconcile()

    @rule(hours=st.sampled_from([1, 3, 26]))
    def time_passes(self, hours: int) -> None:
        self.shop.now += timedelta(hours=hours)
        refunds.follow_up_due(clock=lambda: self.shop.now)

    @rule()
    def late_money_goes_back(self) -> None:
        late_money.give_back(
            payments=late_money.due(), by=self.shop.system, clock=lambda: self.shop.now
        )

    # What must hold

    @invariant()
    def nothing_is_half_done(self) -> None:
        for check in (*ALWAYS, trust.CHECKS[-1]):
            assert check.find(self.shop.now) == [], check.name

    @invariant()
    def nothing_is_done_twice(self) -> None:
        paid = OrderTransition.objects.filter(target="paid", source="pending")
        assert paid.count() == paid.values("order").distinct().count()
        settled = Entry.objects.filter(action="refund-settled").values_list("subject", "result")
        assert len(settled) == len(set(settled))

    @invariant()
    def no_money_is_made_up(self) -> None:
        received = {one["id"]: one["amount_received"] for one in _rows(self.shop, "payment_intent")}
        for intent, captured in Payment.objects.exclude(stripe_intent_id=None).values_list(
            "stripe_intent_id", "captured_pennies"
        ):
            assert captured <= received[intent]

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            transaction.set_rollback(True)
            self._undone.__exit__(None, None, None)

    def _end(self) -> None:
        """Stripe behaves, time passes, nothing more arrives: after two looks both agree, and what
        was in the inbox all along changes nothing any more."""
        self.control.behave()
        self.shop.now += timedelta(minutes=5)
        refunds.follow_up_due(clock=lambda: self.shop.now)
        self._reconcile()
        report = self._reconcile()
        assert [(one.difference, one.why_not) for one in report.left] == []
        assert report.answers.unread == {}
        assert self._reconcile().found == []
        agreed = shops_view()
        assert agreed == stripes_view(self.shop)
        for _ in range(backoff.MOST_ATTEMPTS):
            worker.process_all(clock=lambda: self.shop.now, rng=random.Random(1))
            self.shop.now += LATER
        assert set(StripeEvent.objects.values_list("status", flat=True)) <= {"processed", "ignored"}
        assert shops_view() == agreed
        self.nothing_is_half_done()
        self.nothing_is_done_twice()

    def _reconcile(self) -> Any:
        return reconcile(
            since=self.shop.now - timedelta(days=400),
            by=self.shop.system,
            clock=lambda: self.shop.now,
        )

    def _one(self, model: type[Any], which: int) -> Any:
        """One of the rows."""
        rows = list(model.objects.order_by("id"))
        return rows[which % len(rows)]

    def _page(self, which: int) -> str:
        return self._at_stripe("checkout.session", which, "open")

    def _are(self, kind: str, *statuses: str) -> bool:
        return any(one["status"] in statuses for one in _rows(self.shop, kind))

    def _at_stripe(self, kind: str, which: int, *statuses: str) -> str:
        rows = [one for one in _rows(self.shop, kind) if one["status"] in statuses]
        return str(rows[which % len(rows)]["id"])


def shops_view() -> dict[str, list[Any]]:
    """What the shop believes about every object that Stripe has, too."""
    made = Payment.objects.exclude(stripe_intent_id=None)
    return {
        "payments": sorted(made.values_list("stripe_intent_id", "status", "captured_pennies")),
        "refunds": sorted(
            (
                one.stripe_refund_id or "",
                one.status,
                one.amount_pennies,
                one.payment.stripe_intent_id,
            )
            for one in Refund.objects.select_related("payment")
            # Refused by Stripe, so it has no such refund.
            if one.stripe_refund_id or one.status != "failed"
        ),
        "disputes": sorted(
            Dispute.objects.values_list("stripe_dispute_id", "status", "amount_pennies")
        ),
        "subscriptions": sorted(
            (one.stripe_subscription_id, one.status, one.mrr_pennies, one.ends_at is not None)
            for one in Subscription.objects.all()
        ),
    }


def stripes_view(shop: Any) -> dict[str, list[Any]]:
    """The same, read in the twin's own books. What a subscription's invoice paid is no order's, and
    what a bank refused days later waits there for ever, also when the shop gave it up."""
    pages = _rows(shop, "checkout.session")
    over = {one["payment_intent"] for one in pages if one["status"] == "complete"}
    given_up = set(
        Payment.objects.filter(status="canceled", stripe_intent_id__in=over).values_list(
            "stripe_intent_id", flat=True
        )
    )
    intents = [one for one in _rows(shop, "payment_intent") if "payment_key" in one["metadata"]]
    ours = {one["id"] for one in intents}
    return {
        "payments": sorted(
            (one["id"], _status(one, given_up), one["amount_received"]) for one in intents
        ),
        "refunds": sorted(
            (one["id"], one["status"], one["amount"], one["payment_intent"])
            for one in _rows(shop, "refund")
            if one["payment_intent"] in ours
        ),
        "disputes": sorted(
            (one["id"], one["status"], one["amount"])
            for one in _rows(shop, "dispute")
            if one["payment_intent"] in ours
        ),
        "subscriptions": sorted(_subscription(one) for one in _rows(shop, "subscription")),
    }


def _status(one: dict[str, Any], given_up: set[str]) -> str:
    if one["status"] == "requires_payment_method" and one["id"] in given_up:
        return "canceled"
    return STRIPES_OWN.get(one["status"], one["status"])


def _subscription(one: dict[str, Any]) -> tuple[str, str, int, bool]:
    """£10 a month for each, while it counts."""
    (item,) = one["items"]["data"]
    ends = one["cancel_at_period_end"] or one["ended_at"] is not None
    counts = one["status"] in ("active", "past_due")
    return one["id"], one["status"], 1000 * item["quantity"] * counts, ends


def _rows(shop: Any, kind: str) -> list[dict[str, Any]]:
    store = shop.twin.account.store
    with store.change():
        return [dict(one) for one in store.all(kind)]


def _refusals() -> AbstractContextManager[None]:
    """A rule said no, Stripe did, or nobody knows: all of it must leave the books in order."""
    return suppress(Refused, gateway.GatewayError, control.Refused)


def _dying(statement: int) -> AbstractContextManager[None]:
    """Whoever works inside is gone before the statement of this number."""
    left = statement

    def count(execute: Any, *call: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return execute(*call)

    return connection.execute_wrapper(count)
