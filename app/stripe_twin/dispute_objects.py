"""Disputes as JSON; see objects.py for the rest."""

from __future__ import annotations

from stripe_twin.cards import DisputeReason
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json

_NO_EVIDENCE = blank(
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
    "cancellation_rebuttal customer_communication customer_email_address customer_name "
    "customer_purchase_ip customer_signature duplicate_charge_documentation "
    "duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy "
    "refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation "
    "shipping_tracking_number uncategorized_file uncategorized_text"
)
EVIDENCE = tuple(_NO_EVIDENCE)
"""What a shop may say or send in its defence."""
_NETWORK_CODES = {
    DisputeReason.DUPLICATE: "12.6.1",
    DisputeReason.FRAUDULENT: "10.4",
    DisputeReason.PRODUCT_NOT_RECEIVED: "13.1",
    DisputeReason.PRODUCT_UNACCEPTABLE: "13.3",
    DisputeReason.SUBSCRIPTION_CANCELED: "13.2",
}


def dispute(
    *, of: Json, amount: int, reason: DisputeReason, inquiry: bool, due_by: int, now: int
) -> Json:
    """A buyer's complaint about the charge `of`; an inquiry only asks and takes no money yet."""
    kind = of["payment_method_details"]["type"]
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": of["id"],
        "created": now,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": _NO_EVIDENCE | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "payment_method_details": {kind: _method(of, reason, inquiry=inquiry), "type": kind},
        "reason": str(reason),
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _method(of: Json, reason: DisputeReason, *, inquiry: bool) -> Json:
    card = of["payment_method_details"].get("card")
    if card is None:
        return {}
    return {
        "brand": card["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": card["network"],
        "network_reason_code": _NETWORK_CODES.get(reason, "83"),
    }
