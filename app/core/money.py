"""Money: whole minor units and an ISO 4217 currency. No float comes near it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from core.refusal import Refused

# Currencies whose minor unit is the currency itself, from Stripe's "zero-decimal currencies".
ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
# What a signed 64-bit column holds with room to add up; far above any order.
LARGEST_PENNIES = 10**14


class NotMoney(Refused):
    """What was typed is no amount in this currency; the sentence says what is."""


def decimals(currency: str) -> int:
    """How many digits stand behind the decimal point: 2, or 0 for zero-decimal currencies."""
    return 0 if currency.upper() in ZERO_DECIMAL else 2


def display(pennies: int, currency: str) -> str:
    """The amount as a person reads it: `£12.50`, `¥1,250`, `-£3.00`, `CHF 12.50`."""
    code = currency.upper()
    places = decimals(code)
    amount = Decimal(abs(pennies)).scaleb(-places)
    sign = "-" if pennies < 0 else ""
    symbol = SYMBOLS.get(code, f"{code} ")
    return f"{sign}{symbol}{amount:,.{places}f}"


def parse(text: str, currency: str) -> int:
    """Minor units from what a person typed (`12.50`, `1,250`); raises NotMoney with a sentence."""
    places = decimals(currency)
    example = "12.50" if places else "1250"
    plain = text.strip().replace(",", "").removeprefix(SYMBOLS.get(currency.upper(), ""))
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise NotMoney(f"Amount: {text!r} is not a number; write it like {example}.") from None
    if not amount.is_finite() or abs(amount) > LARGEST_PENNIES:
        raise NotMoney(f"Amount: {text!r} is out of range; write it like {example}.")
    pennies = amount.scaleb(places)
    if pennies != pennies.to_integral_value():
        raise NotMoney(
            f"Amount: {text!r} is finer than {currency.upper()} can be paid; "
            f"write it like {example}."
        )
    return int(pennies)
