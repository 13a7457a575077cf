"""What happens to a subscription by itself as time goes: trials end, periods follow each other,
pauses and subscriptions come to their end."""

from __future__ import annotations

from stripe_twin.account import Account
from stripe_twin.billing import billing_cycle, collecting, invoices, standing
from stripe_twin.billing.periods import period_at
from stripe_twin.billing.subscription_objects import items_of
from stripe_twin.later import Ending
from stripe_twin.store import Json


def register(account: Account) -> None:
    """Let time pass for subscriptions."""
    account.later.handles(Ending.SUBSCRIPTION_MOVES, move)


def move(account: Account, subscription_id: str) -> None:
    """All that is due for it now; nothing for one that changed since this was planned."""
    sub = account.store.get("subscription", subscription_id)
    if sub is None or sub["status"] in standing.ENDED:
        return
    sub.pop("_planned", None)
    _step(account, sub, account.clock.now())
    standing.plan(account, sub)


def end_trial(account: Account, sub: Json) -> None:
    """Paid from now on; without a way to pay, what its settings say of that happens."""
    customer = account.store.get("customer", sub["customer"]) or {}
    on_file = (
        sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    missing = sub["trial_settings"]["end_behavior"]["missing_payment_method"]
    if not on_file and missing == "cancel":
        standing.end(account, sub, reason=None)
    elif not on_file and missing == "pause":
        standing.change(account, sub, "paused", status="paused")
    else:
        sub["billing_cycle_anchor"] = account.clock.now()
        # Active until the hour of the draft has passed and the card was tried.
        sub["status"] = "active"
        _renew(account, sub, items_of(sub), previous={"status": "trialing"})


def _step(account: Account, sub: Json, now: int) -> None:
    if sub["status"] == "incomplete":
        if sub["created"] + standing.INCOMPLETE_S <= now:
            standing.expire(account, sub)
    elif sub["cancel_at"] is not None and sub["cancel_at"] <= now:
        standing.end(account, sub, reason=sub["cancellation_details"]["reason"])
    elif sub["status"] == "trialing":
        _try_out(account, sub, now)
    elif sub["status"] != "paused":
        _unpause(account, sub, now)
        due = [item for item in items_of(sub) if item["current_period_end"] <= now]
        if due:
            _renew(account, sub, due, previous={})


def _try_out(account: Account, sub: Json, now: int) -> None:
    if sub["trial_end"] <= now:
        end_trial(account, sub)
    elif not sub.get("_warned") and sub["trial_end"] - standing.WARNED_BEFORE_S <= now:
        sub["_warned"] = True
        account.store.put("subscription", sub)
        account.announce("customer.subscription.trial_will_end", sub)


def _unpause(account: Account, sub: Json, now: int) -> None:
    pause = sub["pause_collection"]
    if pause and pause["resumes_at"] is not None and pause["resumes_at"] <= now:
        standing.change(account, sub, pause_collection=None)


def _renew(account: Account, sub: Json, due: list[Json], *, previous: Json) -> None:
    """The next period of the items that are due, on one invoice that is a draft at first."""
    now = account.clock.now()
    before = {"items": {**sub["items"], "data": [dict(one) for one in items_of(sub)]}}
    for item in due:
        _, end = period_at(
            item["price"]["recurring"], anchor=sub["billing_cycle_anchor"], moment=now
        )
        item |= {"current_period_start": item["current_period_end"], "current_period_end": end}
    invoice = billing_cycle.bill(
        account,
        sub,
        due,
        reason="subscription_cycle",
        automatically_finalizes_at=now + invoices.DRAFT_S,
    )
    account.store.put("subscription", sub)
    account.announce("customer.subscription.updated", sub, previous=before | previous)
    standing.plan(account, sub)
    _lead_on(account, sub, invoice)


def _lead_on(account: Account, sub: Json, invoice: Json) -> None:
    """While collection is paused, or nothing was paid for long, the draft leads nowhere."""
    pause = sub["pause_collection"]
    if sub["status"] == "unpaid" or (pause and pause["behavior"] == "keep_as_draft"):
        invoice |= {"auto_advance": False, "automatically_finalizes_at": None}
        account.store.put("invoice", invoice)
    elif pause:
        collecting.open_and_ask(account, invoice)
        if invoice["status"] == "open":
            end = invoices.void if pause["behavior"] == "void" else invoices.mark_uncollectible
            end(account, invoice)
    else:
        account.later.plan_at(
            Ending.INVOICE_MOVES, invoice["id"], invoice["automatically_finalizes_at"]
        )
