"""Money: whole minor units and an ISO 4217 currency. No float comes near it."""

from __future__ import annotations

import re
from decimal import Decimal

from core.refusal import Refused

# Where the point stands in Stripe's amounts (docs.stripe.com/currencies). ISK and UGX have no minor
# unit any more, but their special cases still take 5 ISK as 500.
ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Stripe charges these in steps of ten or a hundred minor units. A price could be a step, and the
# part of it that somebody wants back is none.
COARSE = THREE_DECIMAL | {"ISK", "UGX"}
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
# What a signed 64-bit column holds with room to add up; far above any order.
LARGEST_DIGITS = 14


class NotMoney(Refused):
    """What was typed is no amount in this currency; the sentence says what is."""


def decimals(currency: str) -> int:
    """How many digits stand behind the decimal point: 2, save for what has none and what has 3."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def display(pennies: int, currency: str) -> str:
    """The amount as a person reads it: `£12.50`, `¥1,250`, `-£3.00`, `CHF 12.50`."""
    code = currency.upper()
    places = decimals(code)
    amount = Decimal(abs(pennies)).scaleb(-places)
    sign = "-" if pennies < 0 else ""
    return f"{sign}{_prefix(code)}{amount:,.{places}f}"


def parse(text: str, currency: str) -> int:
    """Minor units from what a person typed, with or without the currency and the commas of
    thousands: `12.50`, `£1,250`, `-3`. Raises NotMoney with a sentence; never rounds."""
    code, places = currency.upper(), decimals(currency)
    example = "12.50" if places else "1250"
    typed = re.fullmatch(_AMOUNT.format(symbol=re.escape(_prefix(code).strip())), text.strip())
    if typed is None:
        raise NotMoney(f"Amount: {_quoted(text)} is not a number; write it like {example}.")
    whole = typed["whole"].replace(",", "").lstrip("0")
    fraction = (typed["fraction"] or "").rstrip("0")
    if len(fraction) > places:
        raise NotMoney(
            f"Amount: {_quoted(text)} is finer than {code} can be paid; write it like {example}."
        )
    digits = whole + fraction.ljust(places, "0")
    if len(digits) > LARGEST_DIGITS:
        raise NotMoney(f"Amount: {_quoted(text)} is out of range; write it like {example}.")
    return int(f"{typed['sign']}{digits or '0'}")


# A comma stands between thousands and nowhere else: in much of the world `1,50` is one and a half.
_AMOUNT = (
    r"(?P<sign>-?)(?:{symbol} ?)?"
    r"(?P<whole>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+|(?=\.))(?:\.(?P<fraction>[0-9]+))?"
)


def _prefix(code: str) -> str:
    return SYMBOLS.get(code, f"{code} ")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
