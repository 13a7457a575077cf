"""Subscriptions and their items as JSON. An item, not its subscription, knows its period."""

from __future__ import annotations

from dataclasses import dataclass

from stripe_twin import objects
from stripe_twin.billing.catalogue import is_metered, plan_of
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


@dataclass(frozen=True)
class Period:
    start: int
    end: int


def subscription(*, params: Json, customer: str, currency: str, start: int, now: int) -> Json:
    """A subscription without items that nobody has paid for."""
    subscription_id = new_id("sub")
    null = blank(
        "application application_fee_percent billing_cycle_anchor_config billing_thresholds "
        "cancel_at canceled_at customer_account days_until_due default_payment_method "
        "default_source description ended_at latest_invoice next_pending_invoice_item_invoice "
        "on_behalf_of pause_collection pending_invoice_item_interval pending_setup_intent "
        "pending_update presentment_details schedule test_clock transfer_data trial_end "
        "trial_start"
    )
    end_behavior = params.get("trial_settings", {}).get("end_behavior", {})
    missing = end_behavior.get("missing_payment_method", "create_invoice")
    return null | {
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {"flexible": None, "type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": params.get("collection_method", "charge_automatically"),
        "created": now,
        "currency": currency,
        "customer": customer,
        "days_until_due": params.get("days_until_due"),
        "default_payment_method": params.get("default_payment_method"),
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "invoice_settings": blank("account_tax_ids custom_fields description footer")
        | {"issuer": {"type": "self"}},
        "items": objects.listing([], url=f"/v1/subscription_items?subscription={subscription_id}"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": start,
        "status": "incomplete",
        "trial_settings": {"end_behavior": {"missing_payment_method": missing}},
    }


def item(*, of: Json, price: Json, quantity: int, period: Period, params: Json, now: int) -> Json:
    """One price of the subscription; what comes by use has no quantity."""
    made = {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": period.end,
        "current_period_start": period.start,
        "discounts": [],
        "metadata": params.get("metadata", {}),
        "plan": plan_of(price),
        "price": objects.public(price),
        "subscription": of["id"],
        "tax_rates": [],
    }
    return made if is_metered(price) else made | {"quantity": quantity}


def items_of(sub: Json) -> list[Json]:
    """The items themselves, to read and to change."""
    items: list[Json] = sub["items"]["data"]
    return items


def period_end(sub: Json) -> int:
    """When the last period that is paid for ends."""
    return max(int(item["current_period_end"]) for item in items_of(sub))
