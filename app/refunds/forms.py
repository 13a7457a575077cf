from __future__ import annotations

from typing import Any

from django import forms

from core.money import NotMoney, decimals, parse
from refunds.policy import LONGEST_REASON


class RefundForm(forms.Form):
    """How much and why. `form_key` is new for each form shown, so that sending one twice, even
    at the same moment, refunds once."""

    amount = forms.CharField(
        max_length=30, error_messages={"required": "Amount: nothing written; say how much."}
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        error_messages={"required": "Reason: nothing written; say why."},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the record; the customer does not see it. No personal data, please.",
    )
    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), "The form was damaged on its way; open it again."
        ),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        example = "12.50" if decimals(currency) else "1250"
        self.fields["amount"].label = f"Amount in {currency}"
        self.fields["amount"].help_text = f"Written like {example}."
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_amount(self) -> int:
        """Whole minor units."""
        try:
            pennies = parse(self.cleaned_data["amount"], self._currency)
        except NotMoney as no:
            raise forms.ValidationError(str(no)) from no
        if pennies <= 0:
            raise forms.ValidationError(
                f"Amount: found {self.cleaned_data['amount']}, expected more than nothing."
            )
        return pennies
