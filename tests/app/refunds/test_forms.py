"""refunds.forms: what staff write becomes whole minor units."""

from __future__ import annotations

import uuid

import pytest

from refunds.forms import RefundForm


@pytest.mark.parametrize(
    ("written", "currency", "pennies"),
    [("0.01", "GBP", 1), ("12.50", "GBP", 1250), ("1", "JPY", 1)],
)
def test_amounts_from_the_smallest_on_are_read(written: str, currency: str, pennies: int) -> None:
    sent = {"amount": written, "reason": "chipped", "form_key": str(uuid.uuid4())}
    form = RefundForm(sent, currency=currency)
    assert form.errors == {}
    assert form.cleaned_data["amount"] == pennies
