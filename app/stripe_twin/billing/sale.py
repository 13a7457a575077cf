"""A Checkout Session that sells a subscription: what it sells, and what pressing Pay makes of it.

The subscription is there, incomplete, from the first attempt on; a card that is refused leaves it
so, and the next card pays the same invoice.
"""

from __future__ import annotations

from stripe_twin import money, objects
from stripe_twin.account import Account
from stripe_twin.billing import beginning, collecting, coupons, standing
from stripe_twin.store import Json


def amounts(account: Account, lines: list[Json], discounts: list[Json], *, is_free: bool) -> Json:
    """What the page asks for today: with its coupons taken off, and nothing in a trial."""
    subtotal = sum(line["amount_total"] for line in lines)
    due = 0 if is_free else subtotal
    costs = [(line["price"], line["amount_total"]) for line in lines]
    for one in discounts:
        coupon = coupons.find(account, one["coupon"], param="discounts[0][coupon]")
        due -= coupons.off_all(coupon, costs, left=due)
    return {
        "amount_subtotal": 0 if is_free else subtotal,
        "amount_total": due,
        "total_details": {
            "amount_discount": (0 if is_free else subtotal) - due,
            "amount_shipping": 0,
            "amount_tax": 0,
        },
    }


def begin(account: Account, session: Json, *, email: str) -> Json | None:
    """The subscription that the page sells and the intent that pays it; None for nothing to pay."""
    sub = account.store.get("subscription", session.get("_subscription", ""))
    if sub is None:
        customer = _customer(account, session, email)
        terms = session["_subscription_data"] | {
            "items": [
                {"_price": line["price"], "quantity": line["quantity"]}
                for line in session["_lines"]
            ],
            "discounts": session["_discounts"],
            "metadata": session["_subscription_data"].get("metadata", {}),
        }
        sub = beginning.begin(account, customer, terms)
        standing.introduce(account, sub)
        session["_subscription"] = sub["id"]
        account.store.put("checkout.session", session)
    invoice = account.store.get("invoice", sub["latest_invoice"]) or {}
    intent = collecting.intent_paying(account, invoice)
    if intent:
        session["_intent"] = intent["id"]
        intent["_session"] = session["id"]
        account.store.put("payment_intent", intent)
    return intent


def complete(account: Account, session: Json, *, method: str) -> None:
    """Show what the page sold; the card that paid is kept for the renewals."""
    sub = standing.find(account, session["_subscription"])
    kept = account.store.get("payment_method", method) or {}
    kept["customer"] = sub["customer"]
    account.store.put("payment_method", kept)
    account.announce("payment_method.attached", kept)
    standing.change(account, sub, default_payment_method=method)
    session |= {
        "customer": sub["customer"],
        "invoice": sub["latest_invoice"],
        "subscription": sub["id"],
    }


def terms(session: Json) -> str:
    """What the buyer agrees to beyond today, in a line; empty for a page that sells once."""
    again = [line for line in session["_lines"] if line["price"]["recurring"]]
    if session["mode"] != "subscription":
        return ""
    prices = [
        f"{money.show(line['amount_total'], line['currency'])} {_each(line['price']['recurring'])}"
        for line in again
    ]
    when = "later" if session["_subscription_data"].get("trial_period_days") else "then"
    return f"{when} {' and '.join(prices)}, until canceled"


def _each(recurring: Json) -> str:
    count, interval = recurring["interval_count"], recurring["interval"]
    return f"a {interval}" if count == 1 else f"every {count} {interval}s"


def register(account: Account) -> None:
    """A page that closes unsold takes its incomplete subscription with it."""
    account.hears("checkout.session.expired", _expired)


def _expired(account: Account, session: Json) -> None:
    sub = account.store.get("subscription", session.get("_subscription", ""))
    if sub:
        standing.expire(account, sub)


def _customer(account: Account, session: Json, email: str) -> Json:
    known = account.store.get("customer", session["customer"] or "")
    if known:
        return known
    made = objects.customer(
        params={"email": email or session["customer_email"]}, now=account.clock.now()
    )
    account.store.put("customer", made)
    account.announce("customer.created", made)
    return made
