from __future__ import annotations

from typing import Any

from django import forms

from catalog.models import Product
from catalog.prices import LONGEST_REASON
from core.money import NotMoney, decimals, parse


class PriceForm(forms.Form):
    """The new price and why. `seen` is what the product cost when the form was shown."""

    price = forms.CharField(
        max_length=30, error_messages={"required": "Price: nothing written; say how much."}
    )
    why = forms.CharField(
        label="Why",
        max_length=LONGEST_REASON,
        widget=forms.TextInput(),
        help_text="For the record. No personal data, please.",
        error_messages={"required": "Why: nothing written; say why, such as: costs went up."},
    )
    seen = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), "The form was damaged on its way; open it again."
        ),
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = product.price_pennies
        self._currency = product.currency
        example = "12.50" if decimals(product.currency) else "1250"
        self.fields["price"].label = f"New price in {product.currency}"
        self.fields["price"].help_text = f"Written like {example}."
        self.fields["price"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_price(self) -> int:
        """Whole minor units."""
        try:
            return parse(self.cleaned_data["price"], self._currency)
        except NotMoney as no:
            raise forms.ValidationError(str(no)) from no
