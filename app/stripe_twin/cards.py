"""Stripe's published test cards, and what each does. Source: docs.stripe.com/testing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefundPath(StrEnum):
    """How a refund to this card ends."""

    AT_ONCE = "at_once"
    LATER = "later"
    FAILS_LATER = "fails_later"


class DisputeReason(StrEnum):
    """Why a buyer complains, in Stripe's words."""

    CREDIT_NOT_PROCESSED = "credit_not_processed"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    GENERAL = "general"
    PRODUCT_NOT_RECEIVED = "product_not_received"
    PRODUCT_UNACCEPTABLE = "product_unacceptable"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    UNRECOGNIZED = "unrecognized"


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


@dataclass(frozen=True)
class Card:
    number: str
    says: str
    brand: str = "visa"
    decline: Decline | None = None
    authenticates: bool = False
    attaches: bool = True
    asks_each_time: bool = False
    refund: RefundPath = RefundPath.AT_ONCE
    disputed: DisputeReason | None = None
    inquiry: bool = False

    @property
    def decline_alone(self) -> Decline | None:
        """What a charge meets while its owner is away: nobody answers 3-D Secure then."""
        return self.decline or (_AUTHENTICATE if self.asks_each_time else None)

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


class UnknownCard(ValueError):
    """Not a test card; the message is what the payment page shows."""


def find(number: str) -> Card:
    """The test card with this number, spaces and dashes aside."""
    digits = number.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and _luhn(digits)):
        raise UnknownCard("Your card number is invalid.")
    card = _BY_NUMBER.get(digits)
    if card is None:
        raise UnknownCard(
            "Your card was declined. Only test cards work here: use one from the list, "
            "never a real one."
        )
    return card


def _luhn(digits: str) -> bool:
    doubled = [int(d) * 2 if i % 2 else int(d) for i, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _declined(decline_code: str, message: str, code: str = "card_declined") -> Decline:
    return Decline(code=code, decline_code=decline_code, message=message)


_GENERIC = _declined("generic_decline", "Your card was declined.")
_NO_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = _declined("expired_card", "Your card has expired.", "expired_card")
_BAD_CVC = _declined("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc")
_AUTHENTICATE = _declined(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)
_BROKEN = _declined(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
)

CARDS = (
    Card("4242424242424242", "succeeds"),
    Card("4000000000000002", "is declined", decline=_GENERIC, attaches=False),
    Card("4000000000009995", "is declined: insufficient funds", decline=_NO_FUNDS, attaches=False),
    Card("4000002500003155", "asks for 3‑D Secure", authenticates=True),
    Card("4000002760003184", "always asks for 3‑D Secure", authenticates=True, asks_each_time=True),
    Card(
        "4000008260003178",
        "asks for 3‑D Secure, then is declined",
        authenticates=True,
        decline=_NO_FUNDS,
        asks_each_time=True,
    ),
    Card("4000000000000341", "can be kept, then every charge fails", decline=_GENERIC),
    Card("4000000000000069", "is declined: expired", decline=_EXPIRED, attaches=False),
    Card("4000000000000127", "is declined: security code", decline=_BAD_CVC, attaches=False),
    Card("4000000000000119", "is declined: processing error", decline=_BROKEN, attaches=False),
    Card("4000000000007726", "succeeds; a refund takes a while", refund=RefundPath.LATER),
    Card("4000000000005126", "succeeds; a refund fails later", refund=RefundPath.FAILS_LATER),
    Card(
        "4000000000000259", "succeeds, then is disputed: fraud", disputed=DisputeReason.FRAUDULENT
    ),
    Card(
        "4000000000002685",
        "succeeds, then is disputed: not received",
        disputed=DisputeReason.PRODUCT_NOT_RECEIVED,
    ),
    Card(
        "4000000000001976",
        "succeeds, then the bank inquires",
        disputed=DisputeReason.FRAUDULENT,
        inquiry=True,
    ),
    Card("5555555555554444", "succeeds", brand="mastercard"),
    Card("378282246310005", "succeeds", brand="amex"),
    Card("4000000000000077", "succeeds; its money is there at once"),
    Card("4000000000003220", "asks for 3‑D Secure 2", authenticates=True, asks_each_time=True),
)
_BY_NUMBER = {card.number: card for card in CARDS}
