"""webhooks.about: from what an issue names to the events that told of it."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Entry
from orders.services import place
from payments.models import Dispute, Payment
from refunds.models import Refund
from subscriptions.models import Subscription
from webhooks.about import UnclearSubject, events_about
from webhooks.models import StripeEvent

ONES = {"cs_1", "pi_1", "re_1", "re_2", "dp_1"}
TYPES = {
    "cs": "checkout.session.completed",
    "pi": "payment_intent.succeeded",
    "re": "refund.updated",
    "dp": "charge.dispute.created",
    "sub": "customer.subscription.updated",
}


@pytest.fixture
def rows(begun: Payment, now: datetime) -> dict[str, Any]:
    """A payment with two refunds, one that Stripe does not know yet, and a dispute; another
    payment; a subscription."""
    Payment.objects.update(stripe_session_id="cs_1", stripe_intent_id="pi_1")
    Payment.objects.update(status="succeeded", captured_pennies=500)
    order = begun.order
    other = place(customer=order.customer, basket={order.lines.get().product: 1}, now=now)
    apart = Payment.objects.create(
        order=other,
        currency="GBP",
        amount_pennies=500,
        idempotency_key="key-2",
        stripe_intent_id="pi_2",
        created_at=now,
    )
    refunds = [
        Refund.objects.create(
            payment=begun,
            currency="GBP",
            amount_pennies=1,
            reason="chipped",
            idempotency_key=f"refund-{number}",
            stripe_refund_id=stripe_id,
            requested_at=now,
        )
        for number, stripe_id in enumerate(("re_1", "re_2", None))
    ]
    dispute = Dispute.objects.create(
        payment=begun,
        stripe_dispute_id="dp_1",
        status="warning_needs_response",
        currency="GBP",
        amount_pennies=100,
        reason="fraudulent",
        opened_at=now,
    )
    subscription = Subscription.objects.create(
        stripe_subscription_id="sub_1",
        stripe_customer_id="cus_1",
        status="active",
        currency="GBP",
        started_at=now,
        seen_at=now,
    )
    for stripe_id in (*sorted(ONES), "pi_2", "sub_1", "pi_elsewhere"):
        _event(stripe_id, TYPES[stripe_id.partition("_")[0]], now)
    _event("pi_1", "payment_intent.created", now)
    return {
        "order": order,
        "payment": begun,
        "refund": refunds[0],
        "unknown refund": refunds[2],
        "dispute": dispute,
        "subscription": subscription,
        "other order": other,
        "other payment": apart,
    }


def _event(stripe_id: str, kind: str, now: datetime) -> None:
    StripeEvent.objects.create(
        stripe_id=f"evt_{StripeEvent.objects.count()}",
        type=kind,
        livemode=False,
        object_type="any",
        object_id=stripe_id,
        payload={},
        status="processed",
        attempts=1,
        next_attempt_at=now,
        created_at=now,
        received_at=now,
    )


def told(named: str) -> set[str]:
    return set(events_about(named).values_list("object_id", flat=True))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("order", ONES),
        ("payment", ONES),
        ("refund", ONES),
        ("unknown refund", ONES),
        ("dispute", ONES),
        ("other order", {"pi_2"}),
        ("other payment", {"pi_2"}),
        ("subscription", {"sub_1"}),
    ],
)
def test_a_row_leads_to_all_that_was_told_of_its_payment(
    rows: dict[str, Any], row: str, expected: set[str]
) -> None:
    assert told(f"{row.rpartition(' ')[2]}:{rows[row].pk}") == expected


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("stripe_id", [*sorted(ONES), "pi_2", "sub_1", "pi_elsewhere"])
def test_stripes_own_id_leads_there_too(stripe_id: str) -> None:
    assert told(stripe_id) == (ONES if stripe_id in ONES else {stripe_id})


@pytest.mark.usefixtures("rows")
def test_what_the_shop_does_not_act_on_is_left_out() -> None:
    assert events_about("pi_1").count() == len(ONES)


@pytest.mark.django_db
@pytest.mark.parametrize("named", ["payment", "payment:", "payment:x", "event:1", "evt_1", "12"])
def test_a_subject_that_is_none_says_what_was_expected(named: str) -> None:
    with pytest.raises(UnclearSubject) as refusal:
        events_about(named)
    assert str(refusal.value) == (
        f"--about: found {named!r}, expected a row as an issue names it, such as payment:12, or "
        "the id of an object at Stripe, such as pi_…; --id takes an event's."
    )


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["order", "payment", "refund", "dispute", "subscription"])
def test_a_row_that_is_not_there_says_so(kind: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("replay_events", "--about", f"{kind}:7")
    assert str(refusal.value) == f"--about: found {kind}:7, but Stripe has told of no such {kind}."


def test_a_payment_that_stripe_never_heard_of_says_so(begun: Payment) -> None:
    with pytest.raises(UnclearSubject, match="but Stripe has told of no such payment"):
        events_about(f"payment:{begun.pk}")


@pytest.mark.django_db
def test_nothing_to_replay_leads_to_what_did_not_arrive() -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("replay_events", "--about", "pi_9")
    assert str(refusal.value) == (
        "Replay: no event with news of pi_9, expected at least one. pull_stripe_events fetches "
        "what did not arrive."
    )


def test_replaying_by_subject_puts_those_back_and_is_audited(rows: dict[str, Any]) -> None:
    out = StringIO()
    named = f"payment:{rows['payment'].pk}"
    call_command("replay_events", "--about", named, stdout=out)
    assert out.getvalue() == "events  5 back in the queue; process_events works on them\n"
    assert StripeEvent.objects.filter(status="received").count() == 5
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.reason) == ("events-replayed", f"news of {named}")
