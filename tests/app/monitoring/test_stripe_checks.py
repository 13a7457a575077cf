"""monitoring.checks.stripe: what differs from what Stripe said, planted behind the rules, opens
exactly its own issue, which resolves when it is mended and opens again when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.checks import stripe
from monitoring.models import Issue
from monitoring.services import run_checks
from payments.models import Dispute
from subscriptions.models import Subscription
from subscriptions.services import confirm, database_time
from tests.app.subscriptions.conftest import item_fact, seen
from webhooks import said
from webhooks.facts import HANDLED
from webhooks.models import Kind, Reconciliation, StripeRecord
from webhooks.said import Said

pytestmark = pytest.mark.django_db
NAMES = [check.name for check in stripe.CHECKS]
HERE = "http://127.0.0.1:8000/webhooks/stripe"
VERSION = settings.STRIPE_API_VERSION

INTENT = Said(Kind.INTENT, "pi_1", "succeeded", "GBP", 2500, "pi_1", "payment-0")
REFUND = Said(Kind.REFUND, "re_1", "succeeded", "GBP", 1000, "pi_1", "refund-0")
DISPUTE = Said(Kind.DISPUTE, "dp_1", "needs_response", "GBP", 700, "pi_1")
SUBSCRIPTION = said.subscription(seen(item_fact(1000, quantity=2)).fact)
ENDPOINT = Said(Kind.ENDPOINT, "we_1", "enabled", terms=f"{VERSION}\n*\n{HERE}")
AGREED = [INTENT, REFUND, DISPUTE, SUBSCRIPTION, ENDPOINT]


@pytest.fixture(autouse=True)
def agreed(shop: Any, now: datetime) -> Any:
    """The shop that was reconciled just now, with nothing left."""
    shop.change(
        shop.payment, stripe_session_id="cs_1", stripe_intent_id="pi_1", disputed_pennies=700
    )
    shop.change(shop.refunds["succeeded"], stripe_refund_id="re_1")
    with shop.unguarded():
        shop.dispute = Dispute.objects.create(
            payment=shop.payment,
            stripe_dispute_id="dp_1",
            status="needs_response",
            currency="GBP",
            amount_pennies=700,
            reason="fraudulent",
            opened_at=now,
        )
    shop.subscription = confirm(seen=seen(item_fact(1000, quantity=2)), now=now)
    connection.check_constraints()
    say(*AGREED)
    Reconciliation.objects.create(since=now, said_at=now, looked_at=5, differed=0, mended=0)
    return shop


def say(*everything: Said) -> None:
    said.keep(everything, at=database_time())


@dataclass(frozen=True)
class Mismatch:
    """How shop and Stripe come to disagree and to agree again, and the issue that must open."""

    check: str
    plant: Callable[[Any], object]
    mend: Callable[[Any], object]
    subject: str
    expected: str
    actual: str


def _changed(name: str, wrong: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Columns of a row of the shop's are changed by hand, and changed back."""
    return {
        "plant": lambda shop: shop.change(getattr(shop, name), **wrong),
        "mend": lambda shop: shop.change(getattr(shop, name), **right),
    }


def _told(one: Said, **wrong: Any) -> dict[str, Any]:
    """Stripe says something else, then what it said before."""
    return {"plant": lambda shop: say(replace(one, **wrong)), "mend": lambda shop: say(one)}


def _forgotten(stripe_id: str) -> Callable[[Any], object]:
    return lambda shop: StripeRecord.objects.filter(stripe_id=stripe_id).delete()


UNKNOWN = {
    "payments": Said(Kind.INTENT, "pi_2", "processing", "GBP", 0, "pi_2", "checkout-of-ours"),
    "refunds": Said(Kind.REFUND, "re_2", "pending", "GBP", 300, "pi_1"),
    "disputes": Said(Kind.DISPUTE, "dp_2", "won", "GBP", 100, "pi_1"),
    "subscriptions": replace(SUBSCRIPTION, id="sub_2", ends_at=None),
}

MISMATCHES = [
    Mismatch(
        check="payments-differ-from-stripe",
        **_told(INTENT, amount_pennies=2400),
        subject="payment:{payment}",
        expected="succeeded, £24.00 captured at Stripe (pi_1)",
        actual="succeeded, £25.00 captured",
    ),
    Mismatch(
        check="payments-differ-from-stripe",
        **_told(INTENT, status="canceled", amount_pennies=0),
        subject="payment:{payment}",
        expected="canceled, £0.00 captured at Stripe (pi_1)",
        actual="succeeded, £25.00 captured",
    ),
    Mismatch(
        check="payments-differ-from-stripe",
        **_told(INTENT, currency="EUR"),
        subject="payment:{payment}",
        expected="succeeded, €25.00 captured at Stripe (pi_1)",
        actual="succeeded, £25.00 captured",
    ),
    Mismatch(
        check="payments-differ-from-stripe",
        **_told(INTENT, status="missing", currency="", amount_pennies=0),
        subject="payment:{payment}",
        expected="nothing at Stripe (pi_1)",
        actual="succeeded, £25.00 captured",
    ),
    Mismatch(
        check="refunds-differ-from-stripe",
        **_told(REFUND, status="failed"),
        subject="refund:{refund}",
        expected="failed, £10.00 at Stripe (re_1)",
        actual="succeeded, £10.00",
    ),
    Mismatch(
        check="refunds-differ-from-stripe",
        **_told(REFUND, amount_pennies=1100),
        subject="refund:{refund}",
        expected="succeeded, £11.00 at Stripe (re_1)",
        actual="succeeded, £10.00",
    ),
    Mismatch(
        check="disputes-differ-from-stripe",
        **_told(DISPUTE, status="lost"),
        subject="dispute:{dispute}",
        expected="lost, £7.00 at Stripe (dp_1)",
        actual="needs_response, £7.00",
    ),
    Mismatch(
        check="disputes-differ-from-stripe",
        **_told(DISPUTE, amount_pennies=800),
        subject="dispute:{dispute}",
        expected="needs_response, £8.00 at Stripe (dp_1)",
        actual="needs_response, £7.00",
    ),
    Mismatch(
        check="subscriptions-differ-from-stripe",
        **_changed("subscription", {"status": "past_due"}, {"status": "active"}),
        subject="subscription:{subscription}",
        expected="active, GBP, 2 × price_1 at Stripe (sub_1)",
        actual="past_due, GBP, 2 × price_1",
    ),
    Mismatch(
        check="subscriptions-differ-from-stripe",
        **_changed("subscription", {"is_paused": True}, {"is_paused": False}),
        subject="subscription:{subscription}",
        expected="active, GBP, 2 × price_1 at Stripe (sub_1)",
        actual="active, GBP, paused, 2 × price_1",
    ),
    Mismatch(
        check="subscriptions-differ-from-stripe",
        **_told(SUBSCRIPTION, terms="3 × price_1"),
        subject="subscription:{subscription}",
        expected="active, GBP, 3 × price_1 at Stripe (sub_1)",
        actual="active, GBP, 2 × price_1",
    ),
    Mismatch(
        check="subscriptions-differ-from-stripe",
        **_told(SUBSCRIPTION, status="missing", currency="", terms="", ends_at=None),
        subject="subscription:{subscription}",
        expected="nothing at Stripe (sub_1)",
        actual="active, GBP, 2 × price_1",
    ),
    *(
        Mismatch(
            f"{name}-differ-from-stripe",
            lambda shop, one=one: say(one),
            _forgotten(one.id),
            one.id,
            {
                "payments": "processing, £0.00 captured",
                "refunds": "pending, £3.00",
                "disputes": "won, £1.00",
                "subscriptions": "active, GBP, 2 × price_1",
            }[name]
            + f" at Stripe ({one.id})",
            "nothing",
        )
        for name, one in UNKNOWN.items()
    ),
    Mismatch(
        check="webhook-endpoint",
        **_told(ENDPOINT, status="disabled"),
        subject=f"endpoint:{HERE}",
        expected=f"enabled, version {VERSION}, 0 types of event missing",
        actual=f"disabled, version {VERSION}, 0 types of event missing",
    ),
    Mismatch(
        check="webhook-endpoint",
        **_told(ENDPOINT, terms=f"2020-08-27\n*\n{HERE}"),
        subject=f"endpoint:{HERE}",
        expected=f"enabled, version {VERSION}, 0 types of event missing",
        actual="enabled, version 2020-08-27, 0 types of event missing",
    ),
    Mismatch(
        check="webhook-endpoint",
        **_told(ENDPOINT, terms=f"\n*\n{HERE}"),
        subject=f"endpoint:{HERE}",
        expected=f"enabled, version {VERSION}, 0 types of event missing",
        actual="enabled, version of the account, 0 types of event missing",
    ),
    Mismatch(
        check="webhook-endpoint",
        **_told(ENDPOINT, terms=f"{VERSION}\n{','.join(sorted(HANDLED)[2:])}\n{HERE}"),
        subject=f"endpoint:{HERE}",
        expected=f"enabled, version {VERSION}, 0 types of event missing",
        actual=f"enabled, version {VERSION}, 2 types of event missing, first " + min(HANDLED),
    ),
    Mismatch(
        check="webhook-endpoint",
        **_told(ENDPOINT, terms=f"{VERSION}\n*\nhttps://elsewhere.example/"),
        subject=f"endpoint:{HERE}",
        expected=f"enabled, version {VERSION}, 0 types of event missing",
        actual="no endpoint with this address",
    ),
]


def _unresolved() -> list[Issue]:
    return list(Issue.objects.exclude(status="resolved"))


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda one: f"{one.check} {one.expected}".replace("/", " ")
)
def test_a_mismatch_opens_its_issue_which_resolves_and_reopens(
    agreed: Any, now: datetime, mismatch: Mismatch
) -> None:
    keys = {
        "payment": agreed.payment.pk,
        "refund": agreed.refunds["succeeded"].pk,
        "dispute": agreed.dispute.pk,
        "subscription": agreed.subscription.pk,
    }
    mismatch.plant(agreed)
    run_checks(now=now, only=NAMES)
    assert len(_unresolved()) == 1
    [issue] = _unresolved()
    assert (issue.check_name, issue.status) == (mismatch.check, "open")
    assert issue.subject == mismatch.subject.format(**keys)
    assert (issue.expected, issue.actual) == (mismatch.expected, mismatch.actual)

    mismatch.mend(agreed)
    run_checks(now=now, only=NAMES)
    assert _unresolved() == []

    mismatch.plant(agreed)
    run_checks(now=now, only=NAMES)
    [again] = _unresolved()
    assert (again.pk, again.status, again.times_opened) == (issue.pk, "open", 2)


IN_ORDER = {
    "nothing": [],
    "an intent without our key": [replace(UNKNOWN["payments"], key="")],
    "a refund of a payment that is not ours": [replace(UNKNOWN["refunds"], intent_id="pi_9")],
    "a dispute of a payment that is not ours": [replace(UNKNOWN["disputes"], intent_id="pi_9")],
    "a page whose payment is told by its intent": [
        Said(Kind.SESSION, "cs_1", "expired", intent_id="pi_1", key="payment-0")
    ],
    "a second endpoint, disabled": [
        replace(ENDPOINT, id="we_2", status="disabled", terms=f"2020-08-27\n*\n{HERE}")
    ],
    "an endpoint for exactly our types": [
        replace(ENDPOINT, terms=f"{VERSION}\n{','.join(HANDLED)}\n{HERE}")
    ],
}


@pytest.mark.parametrize("told", IN_ORDER.values(), ids=IN_ORDER.keys())
def test_what_is_in_order_is_no_mismatch(agreed: Any, now: datetime, told: list[Said]) -> None:
    say(*told)
    run_checks(now=now, only=NAMES)
    assert _unresolved() == []


@pytest.mark.parametrize(
    ("word", "held", "found"),
    [
        ("open", "created", 0),
        ("open", "canceled", 1),
        ("expired", "canceled", 0),
        ("expired", "created", 1),
        ("missing", "created", 1),
        ("complete", "created", 0),
    ],
)
def test_a_page_without_an_intent_says_whether_its_payment_goes_on(
    agreed: Any, now: datetime, word: str, held: str, found: int
) -> None:
    agreed.pay(status=held, amount_pennies=100, stripe_session_id="cs_2")
    say(Said(Kind.SESSION, "cs_2", word))
    run_checks(now=now, only=NAMES)
    assert len(_unresolved()) == found


@pytest.mark.parametrize(
    ("page", "word", "held", "found"),
    [
        ("complete", "requires_payment_method", "canceled", 0),
        ("complete", "requires_confirmation", "canceled", 0),
        ("complete", "requires_action", "canceled", 1),
        ("complete", "processing", "canceled", 1),
        ("complete", "succeeded", "canceled", 1),
        ("complete", "canceled", "canceled", 0),
        ("complete", "canceled", "created", 1),
        ("complete", "requires_payment_method", "created", 0),
        ("complete", "requires_payment_method", "processing", 1),
        ("expired", "requires_payment_method", "canceled", 0),
        ("open", "requires_payment_method", "canceled", 1),
        ("", "requires_payment_method", "canceled", 0),
    ],
)
def test_a_payment_that_the_shop_gave_up_may_stay_unpaid_at_stripe(
    agreed: Any, now: datetime, page: str, word: str, held: str, found: int
) -> None:
    agreed.pay(status=held, amount_pennies=100, stripe_session_id="cs_2", stripe_intent_id="pi_2")
    say(replace(UNKNOWN["payments"], status=word))
    if page:
        say(Said(Kind.SESSION, "cs_2", page, intent_id="pi_2"))
    run_checks(now=now, only=NAMES)
    assert len(_unresolved()) == found


def test_a_subscription_that_was_looked_at_since_is_not_compared(
    agreed: Any, now: datetime
) -> None:
    """The shop ended it itself a moment ago: what Stripe said before that is old."""
    Subscription.objects.update(status="canceled", seen_at=database_time() + timedelta(seconds=1))
    run_checks(now=now, only=["subscriptions-differ-from-stripe"])
    assert _unresolved() == []


def test_a_shop_that_was_never_reconciled_finds_nothing(agreed: Any, now: datetime) -> None:
    Reconciliation.objects.all().delete()
    StripeRecord.objects.all().delete()
    run_checks(now=now, only=NAMES)
    assert _unresolved() == []


def test_an_address_longer_than_a_subject_is_cut(agreed: Any, now: datetime, settings: Any) -> None:
    settings.SHOP_ADDRESS = "https://" + "x" * 200
    [finding] = stripe.endpoint(now)
    assert finding.subject == "endpoint:https://" + "x" * 103


@pytest.mark.parametrize("check", stripe.CHECKS, ids=lambda check: check.name)
def test_a_check_is_one_query_however_much_it_finds(now: datetime, check: Any) -> None:
    say(*(replace(one, id=f"{one.id}{i}") for one in UNKNOWN.values() for i in range(3)))
    StripeRecord.objects.filter(kind=Kind.ENDPOINT).delete()
    with CaptureQueriesContext(connection) as queries:
        assert check.find(now)
    assert len(queries) == 1
