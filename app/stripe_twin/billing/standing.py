"""Where a subscription stands: every change of it is kept, announced and given its next date."""

from __future__ import annotations

from typing import Any

from stripe_twin.account import Account
from stripe_twin.billing import collecting, invoices
from stripe_twin.billing.subscription_objects import items_of
from stripe_twin.errors import missing
from stripe_twin.later import Ending
from stripe_twin.store import Json

ENDED = ("canceled", "incomplete_expired")
INCOMPLETE_S = 23 * 3600
"""A first payment that nobody completes within this ends the subscription."""
WARNED_BEFORE_S = 3 * 86_400
"""How long before a trial's end its customer is reminded."""


def find(account: Account, subscription_id: str) -> Json:
    """The subscription, ended ones too; a Stripe 404 when there is none."""
    sub = account.store.get("subscription", subscription_id)
    if sub is None:
        raise missing("subscription", subscription_id)
    return sub


def change(account: Account, sub: Json, event: str = "updated", **values: Any) -> Json:
    """Write the values down, tell of them, and plan what comes next. Before `introduce` nothing
    is told."""
    previous = {name: sub[name] for name in values if sub[name] != values[name]}
    sub |= values
    account.store.put("subscription", sub)
    if sub.get("_announced") and (previous or event != "updated"):
        told = previous if event == "updated" else None
        account.announce(f"customer.subscription.{event}", sub, previous=told)
    plan(account, sub)
    return sub


def introduce(account: Account, sub: Json) -> Json:
    """Tell of a new subscription, once all is known about it."""
    sub["_announced"] = True
    account.store.put("subscription", sub)
    account.announce("customer.subscription.created", sub)
    plan(account, sub)
    return sub


def end(account: Account, sub: Json, *, reason: str | None = "cancellation_requested") -> Json:
    """It is over, now. What it still owes is asked for no more by itself."""
    now = account.clock.now()
    for invoice in account.store.all("invoice"):
        if invoices.subscription_id_of(invoice) == sub["id"] and invoice["status"] == "open":
            invoice |= {"auto_advance": False, "next_payment_attempt": None}
            account.store.put("invoice", invoice)
    details = sub["cancellation_details"] | {"reason": reason}
    return change(
        account,
        sub,
        "deleted",
        status="canceled",
        canceled_at=sub["canceled_at"] or now,
        ended_at=now,
        cancellation_details=details,
    )


def expire(account: Account, sub: Json) -> Json:
    """Nobody completed its first payment in time."""
    if sub["status"] != "incomplete":
        return sub
    invoice = account.store.get("invoice", sub["latest_invoice"] or "")
    ended = change(account, sub, status="incomplete_expired", ended_at=account.clock.now())
    if invoice and invoice["status"] == "open":
        invoices.void(account, invoice)
    return ended


def plan(account: Account, sub: Json) -> None:
    """Look at it again when its next date comes."""
    dates = next_dates(sub)
    if dates and sub.get("_planned") != min(dates):
        sub["_planned"] = min(dates)
        account.later.plan_at(Ending.SUBSCRIPTION_MOVES, sub["id"], min(dates))


def next_dates(sub: Json) -> list[int]:
    """All the moments at which something happens to it by itself."""
    if sub["status"] in ENDED:
        return []
    dates = [sub["cancel_at"]]
    pause = sub["pause_collection"]
    dates += [pause["resumes_at"]] if pause else []
    if sub["status"] == "incomplete":
        dates += [sub["created"] + INCOMPLETE_S]
    elif sub["status"] != "paused":
        dates += [min(item["current_period_end"] for item in items_of(sub))]
    if sub["status"] == "trialing" and not sub.get("_warned"):
        dates += [max(sub["created"], sub["trial_end"] - WARNED_BEFORE_S)]
    return [int(date) for date in dates if date is not None]


def register(account: Account) -> None:
    """Follow what becomes of its invoices."""
    account.hears("invoice.paid", _paid)
    account.hears("invoice.payment_failed", _refused)
    account.hears("invoice.overdue", _refused)
    account.hears("invoice.marked_uncollectible", _paid)
    account.hears("invoice.voided", _voided)


def _subscription_of(account: Account, invoice: Json) -> Json | None:
    sub = account.store.get("subscription", invoices.subscription_id_of(invoice))
    return sub if sub and sub["status"] not in ENDED else None


def _paid(account: Account, invoice: Json) -> None:
    """The latest invoice decides: paid, the subscription is as good as new."""
    sub = _subscription_of(account, invoice)
    if sub is None or sub["latest_invoice"] != invoice["id"]:
        return
    if sub["status"] in ("incomplete", "past_due", "unpaid"):
        change(account, sub, status="active")


def _voided(account: Account, invoice: Json) -> None:
    sub = _subscription_of(account, invoice)
    if sub and invoice["billing_reason"] == "subscription_create":
        expire(account, sub)
    else:
        _paid(account, invoice)


def _refused(account: Account, invoice: Json) -> None:
    sub = _subscription_of(account, invoice)
    if sub is None or invoice["billing_reason"] not in (
        "subscription_cycle",
        "subscription_update",
    ):
        return
    last = invoice["attempt_count"] > len(collecting.RETRY_AFTER_S)
    if last:
        _give_up(account, sub)
    elif sub["status"] == "active":
        change(account, sub, status="past_due")


def _give_up(account: Account, sub: Json) -> None:
    """What the account's settings say of a renewal that was refused for the last time."""
    match account.settings.after_retries:
        case "cancel":
            end(account, sub, reason="payment_failed")
        case "mark_unpaid":
            change(account, sub, status="unpaid")
