"""Taking an invoice's money by its PaymentIntent, again after a refusal, until it is given up."""

from __future__ import annotations

from stripe_twin import charges, intents, methods, payment_objects
from stripe_twin.account import Account
from stripe_twin.billing import invoice_objects, invoices
from stripe_twin.errors import StripeError
from stripe_twin.later import Ending
from stripe_twin.store import Json

RETRY_AFTER_S = (3 * 86_400, 5 * 86_400, 7 * 86_400)
"""How long after each refused attempt of a renewal it is tried again."""
_WORDS = {
    "subscription_create": "Subscription creation",
    "subscription_cycle": "Subscription update",
    "subscription_update": "Subscription update",
}


def open_and_ask(account: Account, invoice: Json) -> Json:
    """The invoice, open, with the intent that is to pay it where there is something to pay."""
    invoices.finalize(account, invoice)
    if invoice["status"] == "open":
        _intent_of(account, invoice)
    return invoice


def collect(account: Account, invoice: Json, *, method_id: str = "", is_alone: bool = True) -> None:
    """Try to take what is owed from the method given, or from the one on file.

    What becomes of it shows on the invoice. `is_alone`: the buyer is away and cannot answer 3-D
    Secure. Without any method nothing is tried, and that counts as a refusal.
    """
    chosen = method_id or default_method(account, invoice)
    if not chosen:
        _refused(account, invoice)
        return
    intent = _intent_of(account, invoice)
    method = methods.find(account, chosen)
    intent |= {"payment_method": method["id"], "_method_type": method["type"]}
    card = methods.card_of(method)
    if card is None:
        charges.attempt_bank(account, intent, method_type=method["type"], email=None)
        ending = Ending.PAYMENT_SUCCEEDS if method["_pays"] else Ending.PAYMENT_FAILS
        account.later.plan(ending, intent["id"], after_s=account.settings.settle_after_s)
        return
    if card.authenticates and not is_alone:
        intents.ask(account, intent, card, return_url="")
        return
    charge = charges.attempt_card(
        account,
        intent,
        card,
        email=invoice["customer_email"],
        authenticated=False,
        # A card that would have asked a buyer who is there has asked above.
        decline=card.decline_alone,
    )
    if charge["captured"]:
        charges.book(account, charge)


def pay(account: Account, invoice: Json, *, method_id: str, is_elsewhere: bool) -> Json:
    """Somebody asks for it to be paid now; a refused card is a 402."""
    if invoice["status"] == "draft":
        open_and_ask(account, invoice)
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    invoices.require(invoice, "paid", "open", "uncollectible")
    if is_elsewhere:
        invoices.settle(account, invoice, paid=invoice["amount_due"])
        return invoice
    if not method_id and not default_method(account, invoice):
        raise no_method()
    collect(account, invoice, method_id=method_id, is_alone=False)
    intent = _intent_of(account, invoice)
    if intent["status"] == "requires_action":
        raise StripeError(
            "This payment requires additional user action before it can be completed successfully.",
            status=402,
            kind="card_error",
            code="invoice_payment_intent_requires_action",
        )
    if intent["status"] == "requires_payment_method":
        error = intent["last_payment_error"]
        raise StripeError(
            error["message"],
            status=402,
            kind="card_error",
            code=error["code"],
            decline_code=error.get("decline_code"),
        )
    return invoice


def no_method() -> StripeError:
    """Stripe's refusal when there is nothing to charge."""
    return StripeError(
        "This customer has no attached payment source or default payment method. Please consider "
        "adding a default payment method.",
        code="resource_missing",
    )


def default_method(account: Account, invoice: Json) -> str:
    """The method on file: the invoice's, the subscription's, the customer's."""
    sub = account.store.get("subscription", invoices.subscription_id_of(invoice)) or {}
    customer = account.store.get("customer", invoice["customer"]) or {}
    return str(
        invoice["default_payment_method"]
        or sub.get("default_payment_method")
        or customer["invoice_settings"]["default_payment_method"]
        or ""
    )


def intent_paying(account: Account, invoice: Json) -> Json | None:
    """The intent that pays it, if one was made."""
    return account.store.get("payment_intent", invoice.get("_intent", ""))


def register(account: Account) -> None:
    """Follow what becomes of the intents that pay invoices."""
    account.hears("payment_intent.succeeded", _paid)
    account.hears("payment_intent.payment_failed", _failed)
    account.hears("payment_intent.requires_action", _asked)
    account.hears("invoice.voided", _intent_no_more)
    account.later.handles(Ending.INVOICE_MOVES, _move)


def _intent_of(account: Account, invoice: Json) -> Json:
    found = intent_paying(account, invoice)
    if found:
        return found
    intent = payment_objects.intent(
        amount=invoice["amount_remaining"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        methods=["card"],
        data={"description": _WORDS.get(invoice["billing_reason"], invoice["description"])},
        now=account.clock.now(),
    ) | {"_invoice": invoice["id"]}
    account.store.put("payment_intent", intent)
    payment = invoice_objects.payment(of=invoice, intent=intent["id"], now=account.clock.now())
    account.store.put("invoice_payment", payment)
    invoice |= {"_intent": intent["id"], "_payment": payment["id"]}
    account.store.put("invoice", invoice)
    account.announce("payment_intent.created", intent)
    return intent


def _paid(account: Account, intent: Json) -> None:
    invoice = account.store.get("invoice", intent.get("_invoice", ""))
    if invoice is None or invoice["status"] not in ("open", "uncollectible"):
        return
    now = account.clock.now()
    payment = account.store.get("invoice_payment", invoice["_payment"]) or {}
    payment |= {"status": "paid", "amount_paid": intent["amount_received"]}
    payment["status_transitions"]["paid_at"] = now
    account.store.put("invoice_payment", payment)
    invoice["attempt_count"] += 1
    account.announce("invoice_payment.paid", payment)
    invoices.settle(account, invoice, paid=intent["amount_received"])


def _failed(account: Account, intent: Json) -> None:
    invoice = account.store.get("invoice", intent.get("_invoice", ""))
    if invoice is not None and invoice["status"] == "open":
        _refused(account, invoice)
        if (intent["last_payment_error"] or {}).get("code") == "authentication_required":
            account.announce("invoice.payment_action_required", invoice)


def _asked(account: Account, intent: Json) -> None:
    invoice = account.store.get("invoice", intent.get("_invoice", ""))
    if invoice is not None and invoice["status"] == "open":
        account.announce("invoice.payment_action_required", invoice)
        account.announce("invoice.payment_failed", invoice)


def _refused(account: Account, invoice: Json) -> None:
    """Count the attempt; a renewal is tried again, a first invoice only when somebody asks."""
    tried = invoice["attempt_count"]
    retries = invoice["billing_reason"] == "subscription_cycle" and invoice["auto_advance"]
    again = RETRY_AFTER_S[tried] if retries and tried < len(RETRY_AFTER_S) else None
    invoice |= {
        "attempted": True,
        "attempt_count": tried + 1,
        "next_payment_attempt": account.clock.now() + again if again else None,
    }
    account.store.put("invoice", invoice)
    if again:
        account.later.plan_at(Ending.INVOICE_MOVES, invoice["id"], invoice["next_payment_attempt"])
    account.announce("invoice.payment_failed", invoice)


def _intent_no_more(account: Account, invoice: Json) -> None:
    intent = intent_paying(account, invoice)
    if intent and intent["status"] not in ("succeeded", "processing", "canceled"):
        intent |= {"status": "canceled", "canceled_at": account.clock.now(), "next_action": None}
        intent["cancellation_reason"] = "void_invoice"
        account.store.put("payment_intent", intent)
        account.announce("payment_intent.canceled", intent)


def _move(account: Account, invoice_id: str) -> None:
    """A draft has waited long enough, or a refused payment is due again."""
    invoice = account.store.get("invoice", invoice_id)
    now = account.clock.now()
    if invoice is None or not invoice["auto_advance"]:
        return
    if invoice["status"] == "draft" and (invoice["automatically_finalizes_at"] or now + 1) <= now:
        open_and_ask(account, invoice)
        if invoice["status"] == "open" and invoice["collection_method"] != "send_invoice":
            collect(account, invoice)
    elif invoice["status"] == "open" and (invoice["next_payment_attempt"] or now + 1) <= now:
        collect(account, invoice)
    elif invoice["status"] == "open" and (invoice["due_date"] or now + 1) <= now:
        account.announce("invoice.overdue", invoice)
