"""What prices, subscriptions and invoices may be told; shared by their endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stripe_twin import money
from stripe_twin.api.params import Flag, Hash, ListOf, Metadata, Spec, Text, Whole
from stripe_twin.errors import invalid_param
from stripe_twin.money import MAX_AMOUNT

_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")


@dataclass(frozen=True)
class Decimals:
    """A decimal number, kept as it was written; `most` of it and not one step more."""

    most: int = 10**12
    places: int = 12

    def read(self, value: Any, at: str) -> str:
        text = Text(longest=40).read(value, at)
        whole, _, rest = text.partition(".")
        if not _DECIMAL.fullmatch(text) or len(rest) > self.places:
            raise invalid_param(f"Invalid decimal: {text}", param=at)
        if int(whole) > self.most or (int(whole) == self.most and rest.strip("0")):
            raise invalid_param(f"This value must be less than or equal to {self.most}.", param=at)
        return text


@dataclass(frozen=True)
class Currency:
    """The code in small letters."""

    def read(self, value: Any, at: str) -> str:
        code = Text(longest=3).read(value, at).lower()
        if code not in money.CURRENCIES:
            raise invalid_param(
                f"Invalid currency: {code}. Stripe currently supports these currencies: "
                f"{', '.join(sorted(money.CURRENCIES))}",
                param=at,
            )
        return code


@dataclass(frozen=True)
class Clearable:
    """What the spec says, or an empty text for none."""

    spec: Spec

    def read(self, value: Any, at: str) -> Any:
        return None if value == "" else self.spec.read(value, at)


@dataclass(frozen=True)
class NowOr:
    """The word `now`, or what the spec says."""

    spec: Spec

    def read(self, value: Any, at: str) -> Any:
        return "now" if value == "now" else self.spec.read(value, at)


RECURRING = Hash(
    {
        "interval": Text(choices=("day", "week", "month", "year")),
        "interval_count": Whole(least=1, most=1095),
        "meter": Text(),
        "usage_type": Text(choices=("licensed", "metered")),
    },
    required=("interval",),
)
PRICE: Mapping[str, Spec] = {
    "currency": Currency(),
    "unit_amount": Whole(most=MAX_AMOUNT),
    "unit_amount_decimal": Decimals(most=MAX_AMOUNT),
    "recurring": RECURRING,
    "tax_behavior": Text(choices=("exclusive", "inclusive", "unspecified")),
}
DISCOUNT = Hash({"coupon": Text(), "discount": Text()})
DISCOUNTS = Clearable(ListOf(DISCOUNT, most=20))
TAX_RATES = Clearable(ListOf(Text(), most=5))
ITEM = Hash(
    {
        "id": Text(),
        "price": Text(),
        "price_data": Hash({**PRICE, "product": Text()}, required=("currency", "product")),
        "quantity": Whole(most=10**9),
        "deleted": Flag(),
        "clear_usage": Flag(),
        "discounts": DISCOUNTS,
        "metadata": Metadata(),
        "tax_rates": TAX_RATES,
    }
)
TRIAL_SETTINGS = Hash(
    {
        "end_behavior": Hash(
            {"missing_payment_method": Text(choices=("cancel", "create_invoice", "pause"))},
            required=("missing_payment_method",),
        )
    },
    required=("end_behavior",),
)
PAYMENT_BEHAVIOR = Text(
    choices=(
        "allow_incomplete",
        "default_incomplete",
        "error_if_incomplete",
        "pending_if_incomplete",
    )
)
PRORATION_BEHAVIOR = Text(choices=("always_invoice", "create_prorations", "none"))
CANCELLATION_DETAILS = Hash(
    {
        "comment": Clearable(Text()),
        "feedback": Clearable(
            Text(
                choices=(
                    "customer_service",
                    "low_quality",
                    "missing_features",
                    "other",
                    "switched_service",
                    "too_complex",
                    "too_expensive",
                    "unused",
                )
            )
        ),
    }
)
COLLECTION_METHOD = Text(choices=("charge_automatically", "send_invoice"))
