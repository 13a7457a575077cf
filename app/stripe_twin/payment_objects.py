"""Payment intents, charges and refunds as JSON; see objects.py for the rest."""

from __future__ import annotations

from stripe_twin.cards import Card
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


def payment_intent(*, session: Json, now: int) -> Json:
    """The intent Checkout makes when a buyer first presses Pay."""
    made = intent(
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        methods=session["payment_method_types"],
        data=session["_intent_data"],
        now=now,
    )
    return made | {"_session": session["id"]}


def intent(
    *,
    amount: int,
    currency: str,
    customer: str | None,
    methods: list[str],
    data: Json,
    now: int,
) -> Json:
    """An intent nobody has tried to pay; `data` are the fields the one who asks may choose."""
    intent_id = new_id("pi")
    null = blank(
        "application application_fee_amount canceled_at cancellation_reason customer_account "
        "excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of "
        "payment_method payment_method_configuration_details processing review "
        "setup_future_usage shipping source statement_descriptor_suffix transfer_data "
        "transfer_group automatic_payment_methods"
    )
    return null | {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_{new_id('secret', 25)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": customer,
        "description": data.get("description"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": data.get("metadata", {}),
        "payment_method_options": {},
        "payment_method_types": methods,
        "receipt_email": data.get("receipt_email"),
        "setup_future_usage": data.get("setup_future_usage"),
        "shipping": data.get("shipping"),
        "statement_descriptor": data.get("statement_descriptor"),
        "status": "requires_payment_method",
    }


def charge(*, intent: Json, method: Json, status: str, email: str | None, now: int) -> Json:
    """One attempt to take the intent's whole amount. `status`: succeeded, pending or failed."""
    null = blank(
        "application application_fee application_fee_amount balance_transaction "
        "failure_balance_transaction failure_code failure_message on_behalf_of "
        "receipt_number receipt_url review shipping source source_transfer "
        "statement_descriptor_suffix transfer_data transfer_group"
    )
    taken = intent["amount"] if status == "succeeded" else 0
    return null | {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": taken,
        "amount_refunded": 0,
        "billing_details": {
            "address": blank("city country line1 line2 postal_code state"),
            "email": email,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "PURELAKA TEST",
        "captured": status == "succeeded",
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": outcome("authorized" if status == "succeeded" else "pending"),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": method,
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "statement_descriptor": intent["statement_descriptor"],
        "status": status,
    }


def outcome(kind: str, *, reason: str | None = None) -> Json:
    """Stripe's view of an attempt: authorized, pending or issuer_declined."""
    network = {"authorized": "approved_by_network", "issuer_declined": "declined_by_network"}
    seller = {
        "authorized": "Payment complete.",
        "pending": "The bank has not answered yet.",
        "issuer_declined": "The bank did not return any further details with this decline.",
    }
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network.get(kind, "not_sent_to_network"),
        "reason": reason,
        "risk_level": "normal",
        "seller_message": seller[kind],
        "type": "authorized" if kind == "pending" else kind,
    }


def card_details(card: Card, *, amount: int, authenticated: bool) -> Json:
    """`payment_method_details` of a charge on a card."""
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("3ds", 16),
        "version": "2.2.0",
    }
    null = blank(
        "authorization_code installments mandate network_transaction_id regulated_status "
        "transaction_link_id wallet"
    )
    return {
        "type": "card",
        "card": null
        | {
            "amount_authorized": amount,
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "exp_month": 12,
            "exp_year": 2040,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": f"twin{card.number[-12:]}",
            "funding": "credit",
            "incremental_authorization": {"status": "unavailable"},
            "last4": card.last4,
            "multicapture": {"status": "unavailable"},
            "network": card.brand,
            "network_token": {"used": False},
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "three_d_secure": secure if authenticated else None,
        },
    }


def bank_details(method_type: str) -> Json:
    """`payment_method_details` of a charge on a bank account."""
    return {
        "type": method_type,
        method_type: {
            "bank_name": "TWIN TEST BANK",
            "fingerprint": "twinbankaccount",
            "last4": "6789",
            "mandate": new_id("mandate"),
        },
    }


def refund(
    *, of: Json, amount: int, reason: str | None, metadata: dict[str, str], status: str, now: int
) -> Json:
    """Money on its way back from the charge `of`."""
    kind = of["payment_method_details"]["type"]
    detail: Json = {}
    if kind == "card":
        detail = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    null = blank(
        "balance_transaction customer customer_account receipt_number "
        "source_transfer_reversal transfer_reversal"
    )
    return null | {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": of["id"],
        "created": now,
        "currency": of["currency"],
        "customer": of["customer"],
        "destination_details": {kind: detail, "type": kind},
        "metadata": metadata,
        "payment_intent": of["payment_intent"],
        "payment_method": of["payment_method"],
        "reason": reason,
        "status": status,
    }
