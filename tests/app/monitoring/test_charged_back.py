"""monitoring.checks.money: what banks take back is money that went, and went once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from monitoring import checks
from tests.app.monitoring.mismatches.money import _canceled, _disputed, _lost

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("refunded", "reserved"), [(1, 0), (0, 1)])
def test_whatever_went_back_or_is_on_its_way_makes_a_chargeback_a_mismatch(
    shop: Any, now: datetime, refunded: int, reserved: int
) -> None:
    [check] = checks.chosen(["chargeback-after-refund"])
    _disputed(shop, status="needs_response")
    shop.change(shop.payment, refunded_pennies=refunded, pending_refund_pennies=reserved)
    assert [found.actual for found in check.find(now)] == [
        "£1.00 charged back, £0.01 refunded; needs response"
    ]


def test_what_was_lost_before_hides_nothing_that_banks_take_now(shop: Any, now: datetime) -> None:
    """Of £25.00, £15.00 went back and £25.00 were lost; a second bank takes £10.01 more."""
    [check] = checks.chosen(["refunded-beyond-captured"])
    _lost(shop, 2500)
    shop.change(shop.payment, disputed_pennies=3500)
    assert check.find(now) == []
    shop.change(shop.payment, disputed_pennies=3501)
    assert [found.actual for found in check.find(now)] == ["£25.01"]


def test_late_money_that_a_bank_took_back_is_no_mismatch(shop: Any, now: datetime) -> None:
    """What is left of it is, and too much taken of one payment is not taken from another."""
    [check] = checks.chosen(["money-on-canceled-order"])
    _canceled(shop)
    _lost(shop, 1499)
    assert [found.actual for found in check.find(now)] == ["£0.01 kept"]
    _lost(shop, 1500)
    assert check.find(now) == []
    _lost(shop, 2500)
    shop.pay(amount_pennies=100, captured_pennies=100)
    assert [found.actual for found in check.find(now)] == ["£1.00 kept"]
    _disputed(shop, status="under_review", amount_pennies=2500)
    assert [found.actual for found in check.find(now)] == ["£16.00 kept"]


def test_a_payment_that_a_bank_took_back_is_not_kept(shop: Any, now: datetime) -> None:
    [check] = checks.chosen(["two-payments-kept"])
    shop.pay(amount_pennies=100, captured_pennies=100)
    _lost(shop, 1499)
    assert [found.actual for found in check.find(now)] == ["2 payments kept"]
    _lost(shop, 1500)
    assert check.find(now) == []
