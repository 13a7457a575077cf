"""Stripe's objects as JSON, each with every field its API reference marks as required.

Fields that start with an underscore are the twin's own and never leave it; see `public`.
"""

from __future__ import annotations

import copy
from typing import Any

from stripe_twin.ids import new_id
from stripe_twin.store import Json


def blank(names: str) -> Json:
    """Nullable fields this slice never fills."""
    return dict.fromkeys(names.split())


def public(obj: Json) -> Json:
    """A deep copy without the twin's own fields."""
    return {key: copy.deepcopy(value) for key, value in obj.items() if not key.startswith("_")}


def listing(data: list[Json], *, url: str, has_more: bool = False) -> Json:
    """Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def checkout_session(*, params: Json, lines: list[Json], now: int, public_url: str) -> Json:
    """An open session; amounts are minor units of the lines' one currency."""
    session_id = new_id("cs_test", 58)
    total = sum(line["amount_total"] for line in lines)
    null = blank(
        "after_expiration allow_promotion_codes billing_address_collection client_secret "
        "collected_information consent consent_collection currency_conversion customer_account "
        "discounts integration_identifier invoice locale origin_context payment_intent "
        "payment_link payment_method_configuration_details permissions recovered_from "
        "saved_payment_method_options setup_intent shipping_address_collection shipping_cost "
        "subscription wallet_options customer_details"
    )
    return null | {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": lines[0]["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": params.get("customer"),
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_email": params.get("customer_email"),
        "expires_at": params.get("expires_at", now + 24 * 3600),
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "mode": params["mode"],
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": params["payment_method_types"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{public_url}/c/pay/{session_id}",
        "_lines": lines,
        "_intent_data": params.get("payment_intent_data", {}),
    }


def line_item(*, price: Json, name: str, quantity: int, total: int) -> Json:
    """One line of a page, and what it comes to."""
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": name,
        "metadata": {},
        "price": public(price),
        "quantity": quantity,
    }


def balance_transaction(*, source: Json, amount: int, kind: str, now: int) -> Json:
    """One movement of the balance; no fees are taken here. Negative amounts leave it."""
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def customer(*, params: Json, now: int) -> Json:
    """A customer with what little the slice needs."""
    null = blank("address currency customer_account default_source discount shipping test_clock")
    return null | {
        "id": new_id("cus", 14),
        "object": "customer",
        "balance": 0,
        "created": now,
        "delinquent": False,
        "description": params.get("description"),
        "email": params.get("email"),
        "invoice_prefix": new_id("X", 7)[2:].upper(),
        "invoice_settings": dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
        "next_invoice_sequence": 1,
        "phone": params.get("phone"),
        "preferred_locales": [],
        "tax_exempt": "none",
    }


def event(
    *, kind: str, about: Json, previous: Json | None, api_version: str, request: Json, now: int
) -> Json:
    """What happened, with the object as it was at that moment."""
    data: dict[str, Any] = {"object": public(about)}
    if previous:
        data["previous_attributes"] = previous
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": request,
        "type": kind,
    }
