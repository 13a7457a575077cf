"""stripe_twin.disputes, without a server: money, fee, status and events of each step, on file."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin import disputes
from stripe_twin.cards import DisputeReason
from stripe_twin.control import Control
from stripe_twin.disputes import Outcome
from stripe_twin.errors import StripeError

from .conftest import Desk

NINE_DAYS_S = 9 * 24 * 3600


def movements(dispute: Any) -> list[tuple[int, int]]:
    return [(moved["amount"], moved["fee"]) for moved in dispute["balance_transactions"]]


@pytest.fixture
def charge(desk: Desk) -> Any:
    return desk.charge()


@pytest.mark.parametrize(
    ("inquiry", "status", "moved", "told"),
    [
        (False, "needs_response", [(-2500, 2000)], ["created", "funds_withdrawn"]),
        (True, "warning_needs_response", [], ["created"]),
    ],
)
def test_open_dispute_takes_the_money_and_an_inquiry_takes_none(
    desk: Desk, charge: Any, inquiry: bool, status: str, moved: Any, told: list[str]
) -> None:
    made = desk.does(disputes.open_dispute, charge, inquiry=inquiry)

    assert (made["amount"], made["status"], made["reason"]) == (2500, status, "fraudulent")
    assert made["evidence_details"]["due_by"] == made["created"] + NINE_DAYS_S
    assert charge["disputed"] is True
    assert movements(made) == moved
    assert desk.heard() == [f"charge.dispute.{word}" for word in told]


def test_currency_whose_fee_is_not_known_has_none(desk: Desk, charge: Any) -> None:
    charge["currency"] = "jpy"
    made = desk.does(disputes.open_dispute, charge, amount=500, reason=DisputeReason.DUPLICATE)
    assert (movements(made), made["reason"]) == ([(-500, 0)], "duplicate")


@pytest.mark.parametrize(
    ("inquiry", "outcome", "status", "moved", "told"),
    [
        (False, Outcome.WON, "won", [(-2500, 2000), (2500, 0)], ["closed", "funds_reinstated"]),
        (False, Outcome.LOST, "lost", [(-2500, 2000)], ["closed"]),
        (True, Outcome.WON, "warning_closed", [], ["closed"]),
        # The bank was not content with the answer: now it takes the money.
        (True, Outcome.LOST, "lost", [(-2500, 2000)], ["funds_withdrawn", "closed"]),
    ],
)
def test_bank_decides_and_money_follows(
    desk: Desk,
    charge: Any,
    inquiry: bool,
    outcome: Outcome,
    status: str,
    moved: Any,
    told: list[str],
) -> None:
    made = desk.does(disputes.open_dispute, charge, inquiry=inquiry)
    before = made["status"]
    desk.heard()

    closed = desk.does(disputes.decide, made["id"], outcome=outcome)

    won = outcome is Outcome.WON
    assert (closed["status"], closed["is_charge_refundable"]) == (status, won)
    assert movements(closed) == moved
    assert desk.heard() == [f"charge.dispute.{word}" for word in told]
    (event,) = (e for e in desk.account.store.all("event") if e["type"].endswith("closed"))
    assert event["data"]["previous_attributes"] == {"status": before}
    if won:
        desk.does(disputes.require_refundable, charge)
    else:
        with pytest.raises(StripeError, match="has been charged back; cannot issue a refund"):
            desk.does(disputes.require_refundable, charge)
    with pytest.raises(StripeError, match="already closed"):
        desk.does(disputes.decide, made["id"], outcome=outcome)


def test_lost_inquiry_in_a_currency_without_a_known_fee_has_none(desk: Desk, charge: Any) -> None:
    charge["currency"] = "jpy"
    made = desk.does(disputes.open_dispute, charge, inquiry=True)
    lost = desk.does(disputes.decide, made["id"], outcome=Outcome.LOST)
    assert movements(lost) == [(-2500, 0)]


def answered(desk: Desk, made: Any, submit: bool, **evidence: str) -> Any:
    return desk.does(
        disputes.answer, made["id"], evidence=evidence, metadata={"order": "7"}, submit=submit
    )


def test_evidence_is_added_up_until_it_is_submitted(desk: Desk, charge: Any) -> None:
    made = desk.does(disputes.open_dispute, charge)
    desk.heard()

    kept = answered(desk, made, False, customer_name="Cara", product_description="Soap")
    assert kept["evidence_details"]["has_evidence"] is True
    assert (kept["status"], kept["evidence_details"]["submission_count"]) == ("needs_response", 0)
    assert (kept["metadata"], kept["evidence"]["customer_name"]) == ({"order": "7"}, "Cara")

    nothing = answered(desk, made, True, customer_name="", product_description="")
    assert nothing["evidence"]["product_description"] is None
    assert nothing["evidence_details"]["has_evidence"] is False
    assert nothing["evidence_details"]["submission_count"] == 0

    sent = answered(desk, made, True, receipt="file_1")
    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert desk.heard() == ["charge.dispute.updated"] * 3
    event = desk.account.store.all("event")[-1]
    assert event["data"]["previous_attributes"] == {"evidence": {"receipt": None}}


def test_magic_evidence_decides_only_when_it_is_submitted(desk: Desk, charge: Any) -> None:
    made = desk.does(disputes.open_dispute, charge)
    text = {"uncategorized_text": "winning_evidence"}
    assert answered(desk, made, False, **text)["status"] == "needs_response"
    assert answered(desk, made, True, **text)["status"] == "won"


def test_control_opens_one_for_an_intent_or_its_charge(desk: Desk, charge: Any) -> None:
    control = Control(desk.account)
    for intent in (charge["payment_intent"], charge["id"]):
        opened = desk.does(lambda _, intent=intent: control.open_dispute(intent=intent, amount=1))
        assert (opened["charge"], opened["amount"]) == (charge["id"], 1)
        control.close_dispute(id=opened["id"], outcome="won")


def test_control_holds_the_store_while_it_opens_one(
    desk: Desk, charge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths: list[int] = []

    def opened(account: Any, *_: Any, **__: Any) -> Any:
        depths.append(account.store._depth)
        return {"id": "dp_1"}

    monkeypatch.setattr(disputes, "open_dispute", opened)
    Control(desk.account).open_dispute(intent=charge["id"])
    assert depths == [1]
