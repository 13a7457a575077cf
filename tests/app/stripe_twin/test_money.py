from __future__ import annotations

import pytest

from stripe_twin.money import CURRENCIES, THREE_DECIMAL, ZERO_DECIMAL, show


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "gbp", "£12.50"),
        (5, "gbp", "£0.05"),
        (123456789, "usd", "$1,234,567.89"),
        (1250, "jpy", "¥1,250"),
        (1250, "kwd", "1.250 KWD"),
        (500, "ugx", "5.00 UGX"),
        (1250, "chf", "12.50 CHF"),
        (-1250, "eur", "-€12.50"),
        (0, "jpy", "¥0"),
    ],
)
def test_amount_is_written_as_people_write_it(amount: int, currency: str, text: str) -> None:
    assert show(amount, currency) == text


def test_special_currencies_are_currencies() -> None:
    assert CURRENCIES >= ZERO_DECIMAL | THREE_DECIMAL
