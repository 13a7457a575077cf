from __future__ import annotations

from typing import Any

import pytest
import stripe

from stripe_twin.control import Refused
from stripe_twin.server import Running

from .conftest import Receiver


@pytest.fixture
def dispute(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> stripe.Dispute:
    """A dispute of all £25.00 that waits for the shop's answer."""
    return client.v1.disputes.retrieve(twin.control.open_dispute(intent=paid.id)["id"])


def test_open_dispute_takes_the_money_and_its_fee(
    client: stripe.StripeClient,
    twin: Running,
    receiver: Receiver,
    paid: stripe.PaymentIntent,
    dispute: stripe.Dispute,
) -> None:
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response",
        "fraudulent",
        2500,
    )
    assert (dispute.payment_intent, dispute.charge) == (paid.id, paid.latest_charge)
    assert not dispute.is_charge_refundable
    (taken,) = dispute.balance_transactions
    assert (taken.amount, taken.fee, taken.net) == (-2500, 2000, -4500)
    assert (taken.type, taken.reporting_category) == ("adjustment", "dispute")
    assert client.v1.balance_transactions.retrieve(taken.id).source == dispute.id
    assert client.v1.charges.retrieve(str(paid.latest_charge)).disputed
    twin.control.wait_idle()
    assert receiver.types[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_disputed_charge_cannot_be_refunded(
    client: stripe.StripeClient, paid: stripe.PaymentIntent, dispute: stripe.Dispute
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100})

    assert (refusal.value.http_status, refusal.value.code) == (400, "charge_disputed")


def test_won_dispute_brings_the_money_back(
    client: stripe.StripeClient,
    twin: Running,
    receiver: Receiver,
    paid: stripe.PaymentIntent,
    dispute: stripe.Dispute,
) -> None:
    twin.control.close_dispute(id=dispute.id, outcome="won")

    won = client.v1.disputes.retrieve(dispute.id)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert [moved.amount for moved in won.balance_transactions] == [-2500, 2500]
    assert won.balance_transactions[1].reporting_category == "dispute_reversal"
    assert client.v1.refunds.create(params={"payment_intent": paid.id}).amount == 2500
    twin.control.wait_idle()
    closed = receiver.types.index("charge.dispute.closed")
    assert receiver.types[closed + 1] == "charge.dispute.funds_reinstated"
    assert receiver.events[closed].data.object["status"] == "won"


def test_lost_dispute_keeps_the_money_away(
    client: stripe.StripeClient,
    twin: Running,
    receiver: Receiver,
    paid: stripe.PaymentIntent,
    dispute: stripe.Dispute,
) -> None:
    twin.control.close_dispute(id=dispute.id, outcome="lost")

    lost = client.v1.disputes.retrieve(dispute.id)
    assert (lost.status, lost.is_charge_refundable) == ("lost", False)
    assert len(lost.balance_transactions) == 1
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        client.v1.refunds.create(params={"payment_intent": paid.id})
    with pytest.raises(Refused, match="already closed"):
        twin.control.close_dispute(id=dispute.id, outcome="won")
    twin.control.wait_idle()
    assert receiver.types[-1] == "charge.dispute.closed"


def test_evidence_is_kept_until_it_is_submitted(
    client: stripe.StripeClient, twin: Running, receiver: Receiver, dispute: stripe.Dispute
) -> None:
    kept = client.v1.disputes.update(
        dispute.id,
        params={
            "evidence": {"customer_name": "Cara", "product_description": "Soap"},
            "metadata": {"order": "7"},
            "submit": False,
        },
    )
    assert (kept.status, kept.evidence.customer_name) == ("needs_response", "Cara")
    assert kept.evidence_details.has_evidence
    assert kept.evidence_details.submission_count == 0
    assert kept.metadata.to_dict() == {"order": "7"}

    sent = client.v1.disputes.update(dispute.id, params={"evidence": {"product_description": ""}})

    assert (sent.status, sent.evidence.product_description) == ("under_review", None)
    assert (sent.evidence.customer_name, sent.evidence_details.submission_count) == ("Cara", 1)
    twin.control.wait_idle()
    assert receiver.types[-2:] == ["charge.dispute.updated"] * 2


@pytest.mark.parametrize(
    ("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_magic_evidence_decides(
    client: stripe.StripeClient, dispute: stripe.Dispute, text: str, status: str
) -> None:
    decided = client.v1.disputes.update(
        dispute.id, params={"evidence": {"uncategorized_text": text}}
    )

    assert decided.status == status


def test_accepted_dispute_is_lost_and_stays_so(
    client: stripe.StripeClient, dispute: stripe.Dispute
) -> None:
    assert client.v1.disputes.close(dispute.id).status == "lost"

    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.update(dispute.id, params={"metadata": {"late": "yes"}})


@pytest.mark.parametrize(
    ("card", "reason", "status", "moved"),
    [
        ("4000000000000259", "fraudulent", "needs_response", [-2500]),
        ("4000000000002685", "product_not_received", "needs_response", [-2500]),
        ("4000000000001976", "fraudulent", "warning_needs_response", []),
    ],
)
def test_some_cards_are_disputed_after_they_pay(
    client: stripe.StripeClient,
    twin: Running,
    session: stripe.checkout.Session,
    card: str,
    reason: str,
    status: str,
    moved: list[int],
) -> None:
    intent = twin.control.pay(session=session.id, card=card)["payment_intent"]
    assert intent["status"] == "succeeded"

    (found,) = client.v1.disputes.list(params={"payment_intent": intent["id"]}).data
    assert (found.reason, found.status) == (reason, status)
    assert [movement.amount for movement in found.balance_transactions] == moved


@pytest.mark.parametrize(
    ("outcome", "status", "moved"), [("won", "warning_closed", []), ("lost", "lost", [-2500])]
)
def test_inquiry_takes_money_only_when_it_is_lost(
    client: stripe.StripeClient,
    twin: Running,
    session: stripe.checkout.Session,
    outcome: str,
    status: str,
    moved: list[int],
) -> None:
    twin.control.pay(session=session.id, card="4000000000001976")
    (inquiry,) = client.v1.disputes.list().data
    client.v1.disputes.update(inquiry.id, params={"evidence": {"receipt": "file_1"}})
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_under_review"

    twin.control.close_dispute(id=inquiry.id, outcome=outcome)

    closed = client.v1.disputes.retrieve(inquiry.id)
    assert closed.status == status
    assert [movement.amount for movement in closed.balance_transactions] == moved


def test_refunded_charge_can_still_be_disputed_in_full(
    twin: Running, paid: stripe.PaymentIntent
) -> None:
    twin.control.refund_from_dashboard(payment_intent=paid.id, amount=1000)

    assert twin.control.open_dispute(intent=str(paid.latest_charge))["amount"] == 2500


def test_second_dispute_waits_for_the_end_of_the_first(
    twin: Running, paid: stripe.PaymentIntent
) -> None:
    first = twin.control.open_dispute(intent=paid.id, amount=500, reason="duplicate")
    with pytest.raises(Refused, match=f"found {first['id']} .needs_response., expected no dispute"):
        twin.control.open_dispute(intent=paid.id)
    twin.control.close_dispute(id=first["id"], outcome="won")

    assert twin.control.open_dispute(intent=paid.id)["amount"] == 2500


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"amount": 0}, "found 0, expected 1 to 2500"),
        ({"amount": 2501}, "found 2501, expected 1 to 2500"),
        ({"reason": "spite"}, "found 'spite', expected one of credit_not_processed"),
        ({"intent": "pi_1"}, "found 'pi_1', expected a payment that was charged"),
    ],
)
def test_impossible_dispute_is_refused(
    twin: Running, paid: stripe.PaymentIntent, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        twin.control.open_dispute(**({"intent": paid.id} | arguments))


def test_failed_charge_cannot_be_disputed(twin: Running, session: stripe.checkout.Session) -> None:
    declined = twin.control.pay(session=session.id, card="4000000000000002")["payment_intent"]

    with pytest.raises(Refused, match="took no money"):
        twin.control.open_dispute(intent=declined["id"])


def test_unknown_dispute_and_unknown_outcome(twin: Running, client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such dispute: 'dp_1'"):
        client.v1.disputes.retrieve("dp_1")
    with pytest.raises(Refused, match="No such dispute: 'dp_1'"):
        twin.control.close_dispute(id="dp_1", outcome="won")
    with pytest.raises(Refused, match="found 'draw', expected won or lost"):
        twin.control.close_dispute(id="dp_1", outcome="draw")


def test_disputes_are_listed_newest_first_and_expanded(
    client: stripe.StripeClient, twin: Running, paid: stripe.PaymentIntent, dispute: stripe.Dispute
) -> None:
    twin.control.close_dispute(id=dispute.id, outcome="won")
    second = twin.control.open_dispute(intent=paid.id, amount=900)

    listed = client.v1.disputes.list(
        params={"charge": str(paid.latest_charge), "expand": ["data.payment_intent"]}
    ).data

    assert [found.id for found in listed] == [second["id"], dispute.id]
    assert isinstance(listed[0].payment_intent, stripe.PaymentIntent)
