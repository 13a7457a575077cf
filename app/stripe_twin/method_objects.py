"""Payment methods as JSON; see objects.py for the rest."""

from __future__ import annotations

from stripe_twin.cards import Card
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


def payment_method(
    *, kind: str, details: Json, billing: Json, metadata: dict[str, str], now: int
) -> Json:
    """A way to pay that nobody owns; `details` are the fields of its kind."""
    address = blank("city country line1 line2 postal_code state")
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": address | billing.get("address", {}),
            "email": billing.get("email"),
            "name": billing.get("name"),
            "phone": billing.get("phone"),
            "tax_id": None,
        },
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata,
        "type": kind,
        kind: details,
    }


def card_fields(card: Card) -> Json:
    """The `card` of a payment method."""
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": f"twin{card.number[-12:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": None,
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def bank_fields(kind: str, number: str) -> Json:
    """The fields of a bank account's payment method, by the method's type."""
    common = {"fingerprint": f"twin{number[-8:]}", "last4": number[-4:] or "6789"}
    if kind == "bacs_debit":
        return common | {"sort_code": "108800"}
    if kind == "sepa_debit":
        return common | {
            "bank_code": number[4:9] or None,
            "branch_code": "",
            "country": number[:2] or "AT",
            "generated_from": {"charge": None, "setup_attempt": None},
        }
    return common | {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }
