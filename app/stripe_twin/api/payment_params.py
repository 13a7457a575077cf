"""What payments, charges and payment methods may be told; shared by their endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import money
from stripe_twin.account import Account
from stripe_twin.api.params import Email, Hash, Spec, Text, Unsettable, Whole
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.payments import DELAYED_METHODS

METHOD_TYPES = ("card", *DELAYED_METHODS.values())
ADDRESS = Hash(
    dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), Unsettable())
)
SHIPPING = Hash(
    {
        "address": ADDRESS,
        "carrier": Unsettable(),
        "name": Unsettable(),
        "phone": Unsettable(),
        "tracking_number": Unsettable(),
    }
)
BILLING = Hash({"address": ADDRESS, "email": Email(), "name": Text(), "phone": Text()})
METHOD: Mapping[str, Spec] = {
    "type": Text(choices=METHOD_TYPES),
    "card": Hash(
        {
            "token": Text(),
            "number": Text(longest=40),
            "exp_month": Whole(least=1, most=12),
            "exp_year": Whole(least=2000, most=2100),
            "cvc": Text(longest=4),
        }
    ),
    "bacs_debit": Hash({"account_number": Text(longest=40), "sort_code": Text(longest=20)}),
    "sepa_debit": Hash({"iban": Text(longest=40)}),
    "us_bank_account": Hash(
        {
            "account_holder_type": Text(choices=("company", "individual")),
            "account_number": Text(longest=40),
            "account_type": Text(choices=("checking", "savings")),
            "routing_number": Text(longest=20),
        }
    ),
    "billing_details": BILLING,
}


def require_amount(amount: int, currency: str) -> str:
    """The currency in small letters; Stripe's refusals of one it does not know, or of an amount
    it would not charge."""
    currency = currency.lower()
    if currency not in money.CURRENCIES:
        raise invalid_param(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(money.CURRENCIES))}",
            param="currency",
        )
    least = money.least_amount(currency)
    if amount < least:
        raise StripeError(
            f"Amount must be at least {money.show(least, currency)} {currency}",
            code="amount_too_small",
            param="amount",
            began=False,
        )
    if amount > money.MAX_AMOUNT:
        raise StripeError(
            f"Amount must be no more than {money.show(money.MAX_AMOUNT, currency)} {currency}",
            code="amount_too_large",
            param="amount",
            began=False,
        )
    return currency


def require_customer(account: Account, customer_id: str | None) -> None:
    """Nothing when the customer is there or none is named; else Stripe's refusal."""
    if customer_id is None:
        return
    found = account.store.get("customer", customer_id)
    if found is None or found.get("deleted"):
        raise missing("customer", customer_id, param="customer", status=400)
