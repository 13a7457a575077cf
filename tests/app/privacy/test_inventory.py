"""privacy.inventory: every column of every table is classified, and a new one is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from privacy.classes import Class
from privacy.inventory import INVENTORY, classified, gaps


def _but(model: str, **changed: str) -> list[str]:
    """What is missing when the entry of this table is changed."""
    return gaps(
        [replace(one, **changed) if one.model == model else one for one in INVENTORY]  # type: ignore[arg-type]
    )


def test_every_column_of_every_table_is_classified_and_nothing_else_is() -> None:
    assert gaps() == []


def test_a_table_that_nobody_classified_is_found() -> None:
    assert gaps([one for one in INVENTORY if one.model != "orders.Order"]) == [
        "orders.Order: not in the inventory; say what it is for and classify its columns."
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"purpose": " "}, "auth.Group: what is it for? Say it."),
        ({"kept": ""}, "auth.Group: how long is it kept? Say it."),
    ],
)
def test_a_table_that_says_not_what_it_is_for_or_how_long_it_is_kept_is_found(
    changed: dict[str, str], sentence: str
) -> None:
    assert _but("auth.Group", **changed) == [sentence]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"none": "id"}, "auth.Group.name: personal, pseudonymous or none? Classify it."),
        (
            {"none": "id name colour"},
            "auth.Group.colour: there is no such column any more; take it out.",
        ),
        ({"personal": "name"}, "auth.Group.name: classified twice."),
    ],
)
def test_a_column_that_was_forgotten_is_gone_or_stands_twice_is_found(
    changed: dict[str, str], sentence: str
) -> None:
    assert _but("auth.Group", **changed) == [sentence]


def test_a_table_that_is_gone_or_stands_twice_is_found() -> None:
    assert gaps([*INVENTORY, replace(INVENTORY[0], model="shop.Old")]) == [
        "shop.Old: there is no such table any more; take it out."
    ]
    assert gaps([*INVENTORY, INVENTORY[0]]) == ["accounts.User: in the inventory twice."]


def test_names_and_addresses_stand_in_few_tables() -> None:
    assert set(classified(Class.PERSONAL)) == {
        "accounts.User",
        "axes.AccessAttempt",
        "axes.AccessFailureLog",
        "axes.AccessLog",
        "otp_static.StaticDevice",
        "otp_static.StaticToken",
        "otp_totp.TOTPDevice",
        "payments.Payment",
        "sessions.Session",
        "subscriptions.Start",
        "webhooks.StripeEvent",
    }
