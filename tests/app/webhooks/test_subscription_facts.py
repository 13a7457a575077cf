"""webhooks.facts: news of subscriptions, and what only looks like the payment of an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from payments import disputes, gateway
from payments import services as payments
from payments.services import NotOurs
from refunds import services as refunds
from subscriptions import mrr_page
from subscriptions.models import Plan, Start, Subscription
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import item_fact, seen
from webhooks import facts
from webhooks.models import Kind, StripeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wish(cara_customer: Any, now: datetime) -> Start:
    """cara_customer looks at a page that sells coffee each month."""
    plan = Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1000, currency="GBP", interval="month"
    )
    return Start.objects.create(
        plan=plan, customer=cara_customer, idempotency_key="start-1", created_at=now
    )


@pytest.fixture(autouse=True)
def stripe(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Stripe has: change it before an event is handled."""
    has: dict[str, Any] = {
        "subscription": seen(key="start-1").fact,
        "session": gateway.CheckoutSession(
            "cs_1", "complete", "paid", "", "", "start-1", subscription_id="sub_1"
        ),
        "intent": gateway.Intent("pi_1", "succeeded", 1000, 1000, "GBP", "", ""),
        "refund": gateway.RefundFact("re_1", "succeeded", 300, "GBP", "pi_1", "", ""),
        "dispute": gateway.DisputeFact(
            "dp_1", "needs_response", 300, "GBP", "fraudulent", "pi_1", NOW, None
        ),
        "paid_by": "",
        "asked": [],
    }

    def retrieve(name: str, stripe_id: str) -> Any:
        has["asked"].append((name, stripe_id))
        return has[name]

    for name in ("subscription", "session", "intent", "refund", "dispute"):
        monkeypatch.setattr(gateway, f"retrieve_{name}", partial(retrieve, name))
    monkeypatch.setattr(
        gateway, "find_subscription_paid_by", lambda *, intent_id: retrieve("paid_by", intent_id)
    )
    return has


def _happens(event_type: str, *, now: datetime) -> None:
    assert facts.handles(event_type)
    event = StripeEvent(type=event_type, object_id="any")
    facts.apply(facts.fetch(event), now=now)


@pytest.mark.parametrize(
    "event_type",
    [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.trial_will_end",
        "checkout.session.completed",
    ],
)
def test_any_news_of_a_subscription_writes_down_what_stripe_has(
    cara_customer: Any, now: datetime, event_type: str
) -> None:
    _happens(event_type, now=now)
    subscription = Subscription.objects.get()
    assert (subscription.customer, subscription.mrr_pennies) == (cara_customer, 1000)
    assert Start.objects.get().status == "completed"


def test_a_currency_that_is_not_sold_here_is_shown_as_stripe_charges_it(
    stripe: dict[str, Any], now: datetime
) -> None:
    stripe["subscription"] = seen(item_fact(1250), currency="KWD").fact
    _happens("customer.subscription.created", now=now)
    [report] = mrr_page.reports(now=now + timedelta(days=1))
    assert (report.currency, report.mrr) == ("KWD", "KWD 1.250")


def test_a_page_that_closed_unsold_lets_the_customer_ask_again(
    stripe: dict[str, Any], now: datetime
) -> None:
    stripe["session"] = gateway.CheckoutSession("cs_1", "expired", "unpaid", "", "", "start-1")
    _happens("checkout.session.expired", now=now)
    assert Start.objects.get().status == "expired"


def test_an_intent_that_pays_a_subscriptions_invoice_settles_no_order(
    stripe: dict[str, Any], now: datetime
) -> None:
    stripe["paid_by"] = "sub_1"
    _happens("payment_intent.succeeded", now=now)
    assert Subscription.objects.get().mrr_pennies == 1000


def test_an_intent_that_nobody_knows_is_tried_again_later(now: datetime) -> None:
    with pytest.raises(NotOurs):
        _happens("payment_intent.succeeded", now=now)
    assert not Subscription.objects.exists()


PAGE: dict[str, Any] = {"subscription_id": ""}


@pytest.mark.parametrize(
    ("kind", "has", "asked_then", "found"),
    [
        (Kind.SESSION, {}, [("subscription", "sub_1")], ["subscription"]),
        (Kind.SESSION, {"session": PAGE}, [], ["session"]),
        (
            Kind.SESSION,
            {"session": {**PAGE, "intent_id": "pi_2"}},
            [("intent", "pi_2")],
            ["session", "intent"],
        ),
        (Kind.INTENT, {"intent": {"key": "payment-1"}}, [], ["intent"]),
        (Kind.INTENT, {}, [("paid_by", "any")], ["intent"]),
        (
            Kind.INTENT,
            {"paid_by": "sub_9"},
            [("paid_by", "any"), ("subscription", "sub_9")],
            ["subscription"],
        ),
        (Kind.REFUND, {"refund": {"key": "refund-1"}, "paid_by": "sub_9"}, [], ["refund"]),
        (Kind.REFUND, {}, [("paid_by", "pi_1")], ["refund"]),
        (Kind.REFUND, {"refund": {"intent_id": ""}}, [], ["refund"]),
        (Kind.REFUND, {"refund": {"intent_id": "pi_of_an_order"}}, [], ["refund"]),
        (
            Kind.REFUND,
            {"paid_by": "sub_9"},
            [("paid_by", "pi_1"), ("subscription", "sub_9")],
            ["subscription"],
        ),
        (Kind.DISPUTE, {}, [("paid_by", "pi_1")], ["dispute"]),
        (Kind.DISPUTE, {"dispute": {"intent_id": "pi_of_an_order"}}, [], ["dispute"]),
        (
            Kind.DISPUTE,
            {"paid_by": "sub_9"},
            [("paid_by", "pi_1"), ("subscription", "sub_9")],
            ["subscription"],
        ),
    ],
)
def test_what_is_asked_of_stripe_about_an_object_and_what_it_is_taken_for(
    stripe: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    has: dict[str, Any],
    asked_then: list[tuple[str, str]],
    found: list[str],
) -> None:
    for name, value in has.items():
        stripe[name] = replace(stripe[name], **value) if isinstance(value, dict) else value
    monkeypatch.setattr(payments, "knows", lambda *, intent_id: intent_id == "pi_of_an_order")
    fetched = facts.look(kind, "any")
    assert stripe["asked"] == [(kind.name.lower(), "any"), *asked_then]
    assert [name for name, value in vars(fetched).items() if value is not None] == found
    for name in found:
        fact = getattr(fetched, name)
        assert (fact.fact if name == "subscription" else fact) == stripe[name]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was to be written down, in place of writing it."""
    told: list[tuple[str, Any]] = []

    def instead(module: Any, name: str, says: str) -> None:
        monkeypatch.setattr(module, name, lambda **given: told.append((says, given)) or says)

    instead(facts.subscriptions, "confirm", "subscription")
    instead(facts.starting, "close", "page")
    instead(refunds, "confirm", "refund")
    instead(disputes, "record", "dispute")
    instead(payments, "find", "payment")
    instead(payments, "settle", "settled")
    return told


@pytest.mark.parametrize("kind", ["subscription", "refund", "dispute"])
def test_each_kind_of_fact_is_written_down_as_that_and_nothing_else(
    stripe: dict[str, Any], written: list[tuple[str, Any]], now: datetime, kind: str
) -> None:
    facts.apply(facts.Fetched(**{kind: stripe[kind]}), now=now)
    name = "seen" if kind == "subscription" else "fact"
    assert written == [(kind, {name: stripe[kind], "now": now})]


def test_a_page_that_sells_a_plan_pays_no_order(
    stripe: dict[str, Any], written: list[tuple[str, Any]], now: datetime
) -> None:
    facts.apply(facts.Fetched(session=stripe["session"]), now=now)
    assert written == [("page", {"session": stripe["session"]})]


@pytest.mark.parametrize(
    ("session_key", "intent_key", "ids", "key"),
    [
        ("page-1", None, ("", "cs_1"), "page-1"),
        (None, "intent-1", ("pi_1", ""), "intent-1"),
        ("page-1", "intent-1", ("pi_1", "cs_1"), "page-1"),
        ("", "intent-1", ("pi_1", "cs_1"), "intent-1"),
        ("", None, ("", "cs_1"), ""),
    ],
)
def test_money_is_settled_for_the_payment_that_page_or_intent_name(
    stripe: dict[str, Any],
    written: list[tuple[str, Any]],
    now: datetime,
    session_key: str | None,
    intent_key: str | None,
    ids: tuple[str, str],
    key: str,
) -> None:
    session = None if session_key is None else replace(stripe["session"], key=session_key)
    intent = None if intent_key is None else replace(stripe["intent"], key=intent_key)
    facts.apply(facts.Fetched(session=session, intent=intent), now=now)
    assert written == [
        ("payment", {"intent_id": ids[0], "session_id": ids[1], "key": key}),
        ("settled", {"payment": "payment", "intent": intent, "session": session, "now": now}),
    ]
