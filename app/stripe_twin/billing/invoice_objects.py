"""Invoices, their lines and their payments as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_twin import objects
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json

_AMOUNTS = (
    "amount_due",
    "amount_overpaid",
    "amount_paid",
    "amount_remaining",
    "amount_shipping",
    "attempt_count",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
    "subtotal",
    "total",
)


@dataclass(frozen=True)
class Charged:
    """One thing an invoice asks money for. Whole minor units; negative gives back."""

    amount: int
    description: str
    start: int
    end: int
    quantity: int = 1
    price: Json | None = None
    subscription: str | None = None
    item: str | None = None
    invoice_item: str | None = None
    is_proration: bool = False
    is_discountable: bool = True
    discounts: tuple[str, ...] = ()
    rates: list[Json] = field(default_factory=list)


def invoice(*, customer: Json, currency: str, reason: str, now: int) -> Json:
    """A draft that asks for nothing yet."""
    null = blank(
        "account_country account_name account_tax_ids application automatically_finalizes_at "
        "confirmation_secret custom_fields customer_account customer_address customer_shipping "
        "default_payment_method default_source description due_date effective_at ending_balance "
        "footer from_invoice hosted_invoice_url invoice_pdf last_finalization_error "
        "latest_revision next_payment_attempt number on_behalf_of parent receipt_number rendering "
        "shipping_cost shipping_details statement_descriptor subtotal_excluding_tax test_clock "
        "threshold_reason total_excluding_tax webhooks_delivered_at"
    )
    invoice_id = new_id("in")
    zero = dict.fromkeys(_AMOUNTS, 0)
    return (
        null
        | zero
        | {
            "id": invoice_id,
            "object": "invoice",
            "attempted": False,
            "auto_advance": True,
            "automatic_tax": blank("disabled_reason liability provider status")
            | {"enabled": False},
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "created": now,
            "currency": currency,
            "customer": customer["id"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "customer_phone": customer["phone"],
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_tax_rates": [],
            "discounts": [],
            "issuer": {"type": "self"},
            "lines": objects.listing([], url=f"/v1/invoices/{invoice_id}/lines"),
            "livemode": False,
            "metadata": {},
            "payment_settings": blank(
                "default_mandate payment_method_options payment_method_types"
            ),
            "period_end": now,
            "period_start": now,
            "status": "draft",
            "status_transitions": blank("finalized_at marked_uncollectible_at paid_at voided_at"),
            "total_discount_amounts": [],
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
        }
    )


def line(charged: Charged, *, of: Json, discount_amounts: list[Json], taxes: list[Json]) -> Json:
    """One line of the invoice."""
    price = charged.price
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": charged.amount,
        "currency": of["currency"],
        "description": charged.description,
        "discount_amounts": discount_amounts,
        "discountable": charged.is_discountable,
        "discounts": list(charged.discounts),
        "invoice": of["id"],
        "livemode": False,
        "metadata": {},
        "parent": _parent(charged),
        "period": {"end": charged.end, "start": charged.start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
        if price
        else None,
        "quantity": charged.quantity,
        "quantity_decimal": str(charged.quantity),
        "subscription": charged.subscription,
        "subtotal": charged.amount,
        "taxes": taxes,
    }


def payment(*, of: Json, intent: str, now: int) -> Json:
    """How the invoice is to be paid: by this intent."""
    return {
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": of["amount_remaining"],
        "created": now,
        "currency": of["currency"],
        "invoice": of["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def _parent(charged: Charged) -> Json:
    if charged.item and not charged.invoice_item:
        return {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": charged.is_proration,
                "proration_details": {"credited_items": None},
                "subscription": charged.subscription,
                "subscription_item": charged.item,
            },
            "type": "subscription_item_details",
        }
    return {
        "invoice_item_details": {
            "invoice_item": charged.invoice_item,
            "proration": charged.is_proration,
            "proration_details": {"credited_items": None},
            "subscription": charged.subscription,
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }
