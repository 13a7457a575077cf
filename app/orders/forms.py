from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import F, Q

from core.pages import LARGEST_ID
from orders.basket import MOST_OF_ONE
from orders.lifecycle import OrderStatus

PARTLY_REFUNDED = "partly-refunded"
SHOWN = [
    ("", "All"),
    *((status.value, status.name.capitalize()) for status in OrderStatus),
    (PARTLY_REFUNDED, "Partly refunded"),
]


class QuantityForm(forms.Form):
    """How many of a product; 0 takes it out of the basket."""

    product = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    quantity = forms.IntegerField(min_value=0, max_value=MOST_OF_ONE)


class PlaceForm(forms.Form):
    """`form_key` is new for each basket shown, so that sending one twice, even at the same moment,
    places one order."""

    form_key = forms.UUIDField(
        initial=uuid.uuid4,
        # Some browsers fill in again what stood there before the page was loaded anew.
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )


class OrderFilters(forms.Form):
    """What the staff list shows. `before` continues an earlier page."""

    number = forms.IntegerField(
        label="Order number", required=False, min_value=1, max_value=LARGEST_ID
    )
    status = forms.ChoiceField(
        choices=SHOWN,
        required=False,
        error_messages={
            "invalid_choice": "Status: found %(value)s, which is none; choose one from the list."
        },
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput
    )

    def condition(self) -> Q:
        """The cleaned choices as a condition on orders."""
        chosen: dict[str, Any] = self.cleaned_data
        wanted = Q()
        if chosen["number"]:
            wanted &= Q(pk=chosen["number"])
        if chosen["status"] == PARTLY_REFUNDED:
            wanted &= Q(refunded_pennies__gt=0, refunded_pennies__lt=F("captured_pennies"))
        elif chosen["status"]:
            wanted &= Q(status=chosen["status"])
        return wanted
