"""Tax rates, and the tax in or on top of an amount."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from stripe_twin.account import Account
from stripe_twin.errors import missing
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


def create(account: Account, params: Json) -> Json:
    """A percentage that prices hold (inclusive) or that comes on top of them."""
    null = blank(
        "country description effective_percentage flat_amount jurisdiction jurisdiction_level "
        "rate_type state tax_type"
    )
    rate = null | {
        "id": new_id("txr"),
        "object": "tax_rate",
        "active": params.get("active", True),
        "country": params.get("country"),
        "created": account.clock.now(),
        "description": params.get("description"),
        "display_name": params["display_name"],
        "inclusive": params["inclusive"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "percentage": float(params["percentage"]),
    }
    account.store.put("tax_rate", rate)
    account.announce("tax_rate.created", rate)
    return rate


def find_all(account: Account, rate_ids: Iterable[str], *, param: str) -> list[Json]:
    """The rates, each whole as a subscription shows them."""
    found = []
    for rate_id in rate_ids:
        rate = account.store.get("tax_rate", rate_id)
        if rate is None:
            raise missing("tax rate", rate_id, param=param, status=400)
        found.append(rate)
    return found


def taxes_on(amount: int, rates: list[Json]) -> list[Json]:
    """One entry a rate, as invoices and their lines show it, in whole minor units."""
    held = sum((Decimal(str(r["percentage"])) for r in rates if r["inclusive"]), Decimal(0))
    net = Decimal(amount) * 100 / (100 + held)
    return [
        {
            "amount": _rounded(net * Decimal(str(rate["percentage"])) / 100),
            "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
            "tax_rate_details": {"tax_rate": rate["id"]},
            "taxability_reason": "not_available",
            "taxable_amount": _rounded(net),
            "type": "tax_rate_details",
        }
        for rate in rates
    ]


def on_top(taxes: Iterable[Json]) -> int:
    """What the buyer pays beyond the prices."""
    return sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")


def _rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
