"""An invoice's life: a draft, then open, then paid, void or given up as uncollectible.

Source: docs.stripe.com/invoicing/overview and docs.stripe.com/billing/subscriptions/overview.
"""

from __future__ import annotations

from collections.abc import Sequence

from stripe_twin.account import Account
from stripe_twin.billing import coupons, invoice_objects, taxes
from stripe_twin.billing.invoice_objects import Charged
from stripe_twin.errors import StripeError, missing
from stripe_twin.later import Ending
from stripe_twin.store import Json

DRAFT_S = 3600
"""A renewal's invoice stays a draft for an hour, so that it can still be changed."""


def draft(
    account: Account,
    *,
    customer: Json,
    currency: str,
    reason: str,
    charged: Sequence[Charged],
    discounts: Sequence[str] = (),
    sub: Json | None = None,
    **fields: object,
) -> Json:
    """A draft that asks for all of this, less what discounts take, with its tax."""
    now = account.clock.now()
    invoice = invoice_objects.invoice(
        customer=customer, currency=currency, reason=reason, now=now
    ) | dict(fields)
    if sub:
        invoice |= {
            "parent": {
                "quote_details": None,
                "subscription_details": {
                    "metadata": dict(sub["metadata"]),
                    "subscription": sub["id"],
                },
                "type": "subscription_details",
            },
            "default_payment_method": None,
            "collection_method": sub["collection_method"],
        }
        sub["latest_invoice"] = invoice["id"]
    invoice["discounts"] = list(discounts)
    _write_lines(account, invoice, charged, discounts)
    account.store.put("invoice", invoice)
    account.announce("invoice.created", invoice)
    return invoice


def find(account: Account, invoice_id: str) -> Json:
    """The invoice; a Stripe 404 when there is none."""
    invoice = account.store.get("invoice", invoice_id)
    if invoice is None:
        raise missing("invoice", invoice_id, param="invoice")
    return invoice


def subscription_id_of(invoice: Json) -> str:
    """Whose invoice it is; empty for one that bills no subscription."""
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return str(details.get("subscription", ""))


def finalize(account: Account, invoice: Json) -> Json:
    """Open it: it gets a number and can be paid; one that asks for nothing is paid at once."""
    require(invoice, "finalized", "draft")
    now = account.clock.now()
    customer = account.store.get("customer", invoice["customer"]) or {}
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    account.store.put("customer", customer)
    invoice |= {
        "status": "open",
        "number": number,
        "effective_at": now,
        "automatically_finalizes_at": None,
        "ending_balance": 0,
        "hosted_invoice_url": f"{account.settings.public_url}/c/invoice/{invoice['id']}",
    }
    if invoice["collection_method"] == "send_invoice":
        invoice["due_date"] = now + 86_400 * int(invoice.get("_days_until_due") or 0)
        account.later.plan_at(Ending.INVOICE_MOVES, invoice["id"], invoice["due_date"])
    invoice["status_transitions"]["finalized_at"] = now
    account.store.put("invoice", invoice)
    account.announce("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        settle(account, invoice, paid=0)
    return invoice


def settle(account: Account, invoice: Json, *, paid: int, announce_success: bool = True) -> None:
    """It is paid, by an intent or by nothing at all."""
    invoice |= {
        "status": "paid",
        "attempted": True,
        "amount_paid": paid,
        "amount_remaining": 0,
        "next_payment_attempt": None,
        "auto_advance": False,
    }
    invoice["status_transitions"]["paid_at"] = account.clock.now()
    account.store.put("invoice", invoice)
    account.announce("invoice.paid", invoice)
    if announce_success:
        account.announce("invoice.payment_succeeded", invoice)


def void(account: Account, invoice: Json) -> Json:
    """Nobody has to pay it any more, as if it had never been."""
    require(invoice, "voided", "open", "uncollectible")
    return _end(account, invoice, status="void", at="voided_at", event="invoice.voided")


def mark_uncollectible(account: Account, invoice: Json) -> Json:
    """Nobody expects the money any more; it can still be paid."""
    require(invoice, "marked uncollectible", "open")
    return _end(
        account,
        invoice,
        status="uncollectible",
        at="marked_uncollectible_at",
        event="invoice.marked_uncollectible",
    )


def delete(account: Account, invoice: Json) -> Json:
    """A draft of a single invoice is thrown away; what it asked for waits again."""
    require(invoice, "deleted", "draft")
    if subscription_id_of(invoice):
        raise StripeError("You can't delete invoices created by subscriptions.")
    for waiting in account.store.all("invoiceitem"):
        if waiting["invoice"] == invoice["id"]:
            waiting["invoice"] = None
            account.store.put("invoiceitem", waiting)
    account.store.remove("invoice", invoice["id"])
    account.announce("invoice.deleted", invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def require(invoice: Json, done: str, *statuses: str) -> None:
    """Stripe's refusal of what this status does not allow."""
    if invoice["status"] not in statuses:
        raise StripeError(
            f"This invoice cannot be {done}: it is {invoice['status']}, expected "
            f"{' or '.join(statuses)}.",
            code="invoice_not_editable" if "draft" in statuses else "",
        )


def _end(account: Account, invoice: Json, *, status: str, at: str, event: str) -> Json:
    invoice |= {"status": status, "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"][at] = account.clock.now()
    account.store.put("invoice", invoice)
    account.announce(event, invoice)
    return invoice


def _write_lines(
    account: Account, invoice: Json, charged: Sequence[Charged], discounts: Sequence[str]
) -> None:
    """The lines and all sums. Amounts off the whole invoice are used up line by line."""
    left = {one: coupons.coupon_of(account, one)["amount_off"] or 0 for one in discounts}
    lines, by_discount = [], dict.fromkeys(discounts, 0)
    for one in charged:
        rest = one.amount
        taken: list[Json] = []
        for discount in (*one.discounts, *discounts) if one.is_discountable and rest > 0 else ():
            coupon = coupons.coupon_of(account, discount)
            if not coupons.lowers(coupon, one.price):
                continue
            off = coupons.off(coupon, rest)
            if discount in left and coupon["amount_off"]:
                off = min(off, left[discount])
                left[discount] -= off
            rest -= off
            taken.append({"amount": off, "discount": discount})
            by_discount[discount] = by_discount.get(discount, 0) + off
        owed = taxes.taxes_on(rest, one.rates)
        lines.append(invoice_objects.line(one, of=invoice, discount_amounts=taken, taxes=owed))
    subtotal = sum(line["amount"] for line in lines)
    off = sum(by_discount.values())
    every_tax = [tax for line in lines for tax in line["taxes"]]
    total = subtotal - off + taxes.on_top(every_tax)
    due = max(0, total)
    invoice["lines"]["data"] = lines
    invoice |= {
        "subtotal": subtotal,
        "total": total,
        "amount_due": due,
        "amount_remaining": due,
        "subtotal_excluding_tax": subtotal
        - sum(t["amount"] for t in every_tax if t["tax_behavior"] == "inclusive"),
        "total_excluding_tax": total - sum(t["amount"] for t in every_tax),
        "total_discount_amounts": [
            {"amount": amount, "discount": discount} for discount, amount in by_discount.items()
        ],
        "total_taxes": every_tax,
    }
