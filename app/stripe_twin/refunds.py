"""Giving money back, within what a charge still holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_twin import disputes, objects, payment_objects
from stripe_twin.account import Account
from stripe_twin.cards import RefundPath
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.later import Ending
from stripe_twin.misbehave import Fault
from stripe_twin.money import show
from stripe_twin.store import Json

FAILURES = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)


@dataclass(frozen=True)
class Wanted:
    """What to give back: the whole rest of the charge when `amount` is None."""

    charge: str = ""
    payment_intent: str = ""
    amount: int | None = None
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create(account: Account, wanted: Wanted) -> Json:
    """Refund, or Stripe's refusal: never more than the charge still holds."""
    charge = _charge_for(account, wanted)
    disputes.require_refundable(account, charge)
    amount = _assess(charge, wanted.amount)
    path, after_s = _path(account, charge)
    refund = payment_objects.refund(
        of=charge,
        amount=amount,
        reason=wanted.reason,
        metadata=wanted.metadata,
        status="pending" if path is RefundPath.LATER else "succeeded",
        now=account.clock.now(),
    )
    _book(account, refund, amount=-amount, kind="refund", slot="balance_transaction")
    _add_refunded(charge, amount)
    account.store.put("charge", charge)
    account.announce("refund.created", refund)
    account.announce("charge.refunded", charge)
    if refund["status"] == "succeeded":
        _add_reference(account, refund)
    if path is RefundPath.FAILS_LATER:
        account.later.plan(Ending.REFUND_FAILS, refund["id"], after_s=after_s)
    elif path is RefundPath.LATER:
        account.later.plan(Ending.REFUND_SUCCEEDS, refund["id"], after_s=after_s)
    return refund


def succeed(account: Account, refund_id: str) -> None:
    """A pending refund arrives. Nothing happens to one that is not pending."""
    refund = account.store.get("refund", refund_id)
    if refund and refund["status"] == "pending":
        refund["status"] = "succeeded"
        _changed(account, refund, previous={"status": "pending"})


def fail(account: Account, refund_id: str, *, reason: str = "lost_or_stolen_card") -> None:
    """A refund comes back, even one that had succeeded: the charge holds the money again."""
    refund = account.store.get("refund", refund_id)
    if refund is None or refund["status"] not in ("pending", "succeeded"):
        return
    previous = {"status": refund["status"]}
    refund |= {"status": "failed", "failure_reason": reason}
    _book(
        account,
        refund,
        amount=refund["amount"],
        kind="refund_failure",
        slot="failure_balance_transaction",
    )
    charge = account.store.get("charge", refund["charge"])
    if charge:
        _add_refunded(charge, -refund["amount"])
        account.store.put("charge", charge)
    _changed(account, refund, previous=previous)
    account.announce("refund.failed", refund)


def note(account: Account, refund: Json, *, metadata: dict[str, str]) -> None:
    """The refund's own notes change; its money does not."""
    previous = {"metadata": refund["metadata"]}
    refund["metadata"] = metadata
    _changed(account, refund, previous=previous)


def register(account: Account) -> None:
    """Let slow refunds end by themselves."""
    account.later.handles(Ending.REFUND_SUCCEEDS, succeed)
    account.later.handles(Ending.REFUND_FAILS, fail)


def _charge_for(account: Account, wanted: Wanted) -> Json:
    if bool(wanted.charge) == bool(wanted.payment_intent):
        raise invalid_param(
            "You must provide exactly one of: charge, payment_intent.",
            param="charge",
            code="parameter_missing",
        )
    charge_id = wanted.charge
    if wanted.payment_intent:
        intent = account.store.get("payment_intent", wanted.payment_intent)
        if intent is None:
            raise missing("payment_intent", wanted.payment_intent, param="payment_intent")
        charge_id = intent["latest_charge"] or ""
    charge = account.store.get("charge", charge_id)
    if wanted.charge and charge is None:
        raise missing("charge", wanted.charge, param="charge")
    if charge is None or charge["status"] != "succeeded" or not charge["captured"]:
        raise StripeError(
            f"This {'PaymentIntent' if wanted.payment_intent else 'Charge'} "
            f"({wanted.payment_intent or wanted.charge}) does not have a successful charge "
            "to refund.",
        )
    return charge


def _assess(charge: Json, asked: int | None) -> int:
    """The amount to refund, in minor units; raises Stripe's refusals."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if asked is not None and asked > left:
        holds = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        raise StripeError(
            f"Refund amount ({show(asked, charge['currency'])}) is greater than "
            f"{holds} ({show(left, charge['currency'])})",
            param="amount",
        )
    return left if asked is None else asked


def _path(account: Account, charge: Json) -> tuple[RefundPath, float | None]:
    """How this refund will end, and after how many seconds by itself."""
    rule = account.rules.for_refund()
    if rule and rule.fault is Fault.REFUND_FAILS:
        return RefundPath.FAILS_LATER, rule.seconds
    if rule and rule.fault is Fault.REFUND_PENDING:
        return RefundPath.LATER, rule.seconds or None
    slow = charge["payment_method_details"]["type"] != "card"
    path = RefundPath(charge.get("_refund_path", RefundPath.AT_ONCE))
    return (RefundPath.LATER if slow else path), account.settings.settle_after_s


def _add_refunded(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def _add_reference(account: Account, refund: Json) -> None:
    """The bank's reference arrives just after; Stripe says so by updating the refund."""
    card = refund["destination_details"].get("card")
    if card:
        previous = {"destination_details": {"card": {"reference_status": "pending"}}}
        card |= {"reference_status": "available", "reference": "74812345678901234567890"}
        _changed(account, refund, previous=previous)


def _changed(account: Account, refund: Json, *, previous: Json) -> None:
    account.store.put("refund", refund)
    account.announce("refund.updated", refund, previous=previous)
    account.announce("charge.refund.updated", refund, previous=previous)


def _book(account: Account, refund: Json, *, amount: int, kind: str, slot: str) -> None:
    booked = objects.balance_transaction(
        source=refund, amount=amount, kind=kind, now=account.clock.now()
    )
    account.store.put("balance_transaction", booked)
    refund[slot] = booked["id"]
    account.store.put("refund", refund)
