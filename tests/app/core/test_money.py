"""core.money: amounts as people read and type them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.money import NotMoney, decimals, display, parse
from stripe_twin import money as twin

CURRENCIES = st.sampled_from(["GBP", "EUR", "USD", "CHF", "JPY", "KRW", "KWD"])


@pytest.mark.parametrize(
    ("pennies", "currency", "shown"),
    [
        (1250, "GBP", "£12.50"),
        (0, "GBP", "£0.00"),
        (5, "EUR", "€0.05"),
        (-300, "GBP", "-£3.00"),
        (-1, "GBP", "-£0.01"),
        (123456789, "USD", "$1,234,567.89"),
        (1250, "JPY", "¥1,250"),
        (1250, "CHF", "CHF 12.50"),
        (1250, "gbp", "£12.50"),
        (1250, "KWD", "KWD 1.250"),
        (1250, "UGX", "UGX 12.50"),
    ],
)
def test_display_shows_minor_units_as_people_read_them(
    pennies: int, currency: str, shown: str
) -> None:
    assert display(pennies, currency) == shown


@pytest.mark.parametrize(
    ("typed", "currency", "pennies"),
    [
        ("12.50", "GBP", 1250),
        ("12.5", "GBP", 1250),
        (" 12 ", "GBP", 1200),
        (".50", "GBP", 50),
        ("£1,250.00", "GBP", 125000),
        ("12.500", "GBP", 1250),
        ("-3", "GBP", -300),
        ("1250", "JPY", 1250),
        ("¥1,250", "JPY", 1250),
        ("1250.0", "JPY", 1250),
        ("CHF 12.50", "CHF", 1250),
        ("KWD 1.25", "KWD", 1250),
        ("0", "GBP", 0),
        ("00012", "GBP", 1200),
        ("999999999999.99", "GBP", 10**14 - 1),
    ],
)
def test_parse_reads_what_people_type(typed: str, currency: str, pennies: int) -> None:
    assert parse(typed, currency) == pennies


@pytest.mark.parametrize(
    ("typed", "currency", "sentence"),
    [
        ("", "GBP", "Amount: '' is not a number; write it like 12.50."),
        ("ten", "GBP", "Amount: 'ten' is not a number; write it like 12.50."),
        ("1,50", "GBP", "Amount: '1,50' is not a number; write it like 12.50."),
        ("12£50", "GBP", "Amount: '12£50' is not a number; write it like 12.50."),
        ("1e3", "GBP", "Amount: '1e3' is not a number; write it like 12.50."),
        ("NaN", "GBP", "Amount: 'NaN' is not a number; write it like 12.50."),
        ("Infinity", "GBP", "Amount: 'Infinity' is not a number; write it like 12.50."),
        ("٣", "GBP", "Amount: '٣' is not a number; write it like 12.50."),
        ("€5", "GBP", "Amount: '€5' is not a number; write it like 12.50."),
        ("1.005", "GBP", "Amount: '1.005' is finer than GBP can be paid; write it like 12.50."),
        ("12.50", "JPY", "Amount: '12.50' is finer than JPY can be paid; write it like 1250."),
        (
            "1.00000000000000000000000000000000001",
            "GBP",
            "Amount: '1.00000000000000000000000000000000001' is finer than GBP can be paid; "
            "write it like 12.50.",
        ),
        (
            "9" * 5000,
            "GBP",
            f"Amount: '{'9' * 39}…' is out of range; write it like 12.50.",
        ),
        (
            "1000000000000",
            "GBP",
            "Amount: '1000000000000' is out of range; write it like 12.50.",
        ),
    ],
)
def test_parse_refuses_with_a_sentence(typed: str, currency: str, sentence: str) -> None:
    with pytest.raises(NotMoney) as refused:
        parse(typed, currency)
    assert str(refused.value) == sentence


@given(pennies=st.integers(-(10**13), 10**13), currency=CURRENCIES)
@example(pennies=-1, currency="JPY")
@example(pennies=-1, currency="GBP")
@example(pennies=0, currency="GBP")
@example(pennies=1, currency="KWD")
@example(pennies=123456, currency="GBP")
def test_what_is_displayed_parses_back_to_the_same_amount(pennies: int, currency: str) -> None:
    assert parse(display(pennies, currency), currency) == pennies


@given(text=st.text(max_size=30), currency=CURRENCIES)
def test_parse_answers_with_pennies_or_refuses(text: str, currency: str) -> None:
    try:
        pennies = parse(text, currency)
    except NotMoney:
        return
    assert isinstance(pennies, int)


@pytest.mark.parametrize(("currency", "places"), [("GBP", 2), ("jpy", 0), ("JPY", 0), ("KRW", 0)])
def test_zero_decimal_currencies_have_no_minor_unit(currency: str, places: int) -> None:
    assert decimals(currency) == places


def test_point_stands_where_stripe_has_it_in_every_currency() -> None:
    shown = {code: decimals(code) for code in twin.CURRENCIES}
    assert shown == {code: twin.decimals(code) for code in twin.CURRENCIES}
