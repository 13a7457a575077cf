"""A buyer's bank takes a payment back: opened, answered with evidence, won or lost.

Source: docs.stripe.com/disputes/how-disputes-work and docs.stripe.com/testing#disputes.
"""

from __future__ import annotations

from enum import StrEnum

from stripe_twin import dispute_objects, objects
from stripe_twin.account import Account
from stripe_twin.cards import DisputeReason
from stripe_twin.errors import StripeError, missing
from stripe_twin.store import Json

FEES = {"gbp": 2000, "eur": 2000, "usd": 1500}
"""What Stripe asks for a dispute, in minor units; nothing where the twin knows no fee."""
_DAYS_TO_ANSWER_S = 9 * 24 * 3600
_ENDED = frozenset({"won", "lost", "warning_closed"})


class Outcome(StrEnum):
    """How the bank decides."""

    WON = "won"
    LOST = "lost"


class NotDisputable(ValueError):
    """The charge cannot be disputed; the message says why."""


def open_dispute(
    account: Account,
    charge: Json,
    *,
    amount: int | None = None,
    reason: DisputeReason = DisputeReason.FRAUDULENT,
    inquiry: bool = False,
) -> Json:
    """Dispute a charge, all of it when `amount` is None; its money leaves the balance at once.

    Money refunded before does not matter: banks take back what was refunded, too.
    """
    amount = _disputable(account, charge, amount)
    now = account.clock.now()
    due_by = now + _DAYS_TO_ANSWER_S
    dispute = dispute_objects.dispute(
        of=charge, amount=amount, reason=reason, inquiry=inquiry, due_by=due_by, now=now
    )
    charge["disputed"] = True
    account.store.put("charge", charge)
    if not inquiry:
        _book(account, dispute, amount=-amount, fee=FEES.get(dispute["currency"], 0))
    account.store.put("dispute", dispute)
    account.announce("charge.dispute.created", dispute)
    if not inquiry:
        account.announce("charge.dispute.funds_withdrawn", dispute)
    return dispute


def answer(
    account: Account,
    dispute_id: str,
    *,
    evidence: dict[str, str],
    metadata: dict[str, str],
    submit: bool,
) -> Json:
    """Add evidence, an empty text unsets one. Submitted, the bank looks at it; Stripe's magic
    texts `winning_evidence` and `losing_evidence` decide the dispute at once."""
    dispute = _open(account, dispute_id, verb="update")
    previous = {name: dispute["evidence"][name] for name in evidence}
    dispute["evidence"] |= {name: text or None for name, text in evidence.items()}
    given = any(dispute["evidence"][name] for name in dispute_objects.EVIDENCE)
    dispute["evidence_details"]["has_evidence"] = given
    dispute["metadata"] = metadata
    if submit and given:
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = _renamed(dispute, "under_review")
    account.store.put("dispute", dispute)
    account.announce("charge.dispute.updated", dispute, previous={"evidence": previous})
    magic = _MAGIC.get(dispute["evidence"]["uncategorized_text"] or "")
    if submit and magic:
        return decide(account, dispute_id, outcome=magic)
    return dispute


def accept(account: Account, dispute_id: str) -> Json:
    """The shop gives in: the dispute is lost; an inquiry, which took nothing, is closed."""
    dispute = _open(account, dispute_id, verb="close")
    inquiry = dispute["status"].startswith("warning_")
    return decide(account, dispute_id, outcome=Outcome.WON if inquiry else Outcome.LOST)


def decide(account: Account, dispute_id: str, *, outcome: Outcome) -> Json:
    """The bank's word. Won, the money comes back and the charge can be refunded again."""
    dispute = _open(account, dispute_id, verb="decide")
    inquiry = dispute["status"].startswith("warning_")
    previous = {"status": dispute["status"]}
    won = outcome is Outcome.WON
    dispute["status"] = "warning_closed" if inquiry and won else str(outcome)
    dispute["is_charge_refundable"] = won
    if inquiry and not won:  # the inquiry became a chargeback, which is lost
        _book(account, dispute, amount=-dispute["amount"], fee=FEES.get(dispute["currency"], 0))
        account.announce("charge.dispute.funds_withdrawn", dispute)
    if won and not inquiry:
        _book(account, dispute, amount=dispute["amount"], fee=0)
    account.store.put("dispute", dispute)
    account.announce("charge.dispute.closed", dispute, previous=previous)
    if won and not inquiry:
        account.announce("charge.dispute.funds_reinstated", dispute)
    return dispute


def find(account: Account, dispute_id: str) -> Json:
    """The dispute; a Stripe 404 when there is none."""
    dispute = account.store.get("dispute", dispute_id)
    if dispute is None:
        raise missing("dispute", dispute_id, param="dispute")
    return dispute


def require_refundable(account: Account, charge: Json) -> None:
    """Nothing while the charge's money is the shop's to give back; else Stripe's refusal."""
    if any(not dispute["is_charge_refundable"] for dispute in _of(account, charge)):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )


_MAGIC = {"winning_evidence": Outcome.WON, "losing_evidence": Outcome.LOST}


def _of(account: Account, charge: Json) -> list[Json]:
    return [d for d in account.store.all("dispute") if d["charge"] == charge["id"]]


def _disputable(account: Account, charge: Json, asked: int | None) -> int:
    taken = int(charge["amount_captured"])
    if charge["status"] != "succeeded" or not taken:
        raise NotDisputable(f"charge {charge['id']}: took no money, so there is none to dispute")
    standing = [d for d in _of(account, charge) if d["status"] not in ("won", "warning_closed")]
    if standing:
        found = f"{standing[0]['id']} ({standing[0]['status']})"
        raise NotDisputable(f"charge {charge['id']}: found {found}, expected no dispute; close it")
    amount = taken if asked is None else asked
    if not 1 <= amount <= taken:
        raise NotDisputable(f"amount: found {amount}, expected 1 to {taken} minor units")
    return amount


def _open(account: Account, dispute_id: str, *, verb: str) -> Json:
    dispute = find(account, dispute_id)
    if dispute["status"] in _ENDED:
        raise StripeError(
            f"This dispute is already closed: you cannot {verb} it, its status is "
            f"{dispute['status']}.",
        )
    return dispute


def _renamed(dispute: Json, status: str) -> str:
    return f"warning_{status}" if dispute["status"].startswith("warning_") else status


def _book(account: Account, dispute: Json, *, amount: int, fee: int) -> None:
    """The money and Stripe's fee move; the dispute carries its movements in full."""
    booked = objects.balance_transaction(
        source=dispute, amount=amount, kind="adjustment", now=account.clock.now()
    )
    charge = dispute["charge"]
    booked |= {
        "description": f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {charge}",
        "fee": fee,
        "net": amount - fee,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
    }
    if fee:
        booked["fee_details"] = [
            {
                "amount": fee,
                "application": None,
                "currency": dispute["currency"],
                "description": "Dispute fee",
                "type": "stripe_fee",
            }
        ]
    account.store.put("balance_transaction", booked)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], booked]
