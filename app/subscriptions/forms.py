from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from core.pages import LARGEST_ID
from subscriptions.models import STATUSES


class SubscriptionFilters(forms.Form):
    """What the staff list shows. `before` continues an earlier page."""

    number = forms.IntegerField(
        label="Subscription number", required=False, min_value=1, max_value=LARGEST_ID
    )
    customer = forms.CharField(label="Customer's name", required=False, max_length=150)
    status = forms.ChoiceField(
        choices=[("", "All"), *((value, words.capitalize()) for value, words in STATUSES)],
        required=False,
        error_messages={
            "invalid_choice": "Status: found %(value)s, which is none; choose one from the list."
        },
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput
    )

    def condition(self) -> Q:
        """The cleaned choices as a condition on subscriptions."""
        chosen: dict[str, Any] = self.cleaned_data
        wanted = Q()
        if chosen["number"]:
            wanted &= Q(pk=chosen["number"])
        if chosen["customer"]:
            wanted &= Q(customer__username__icontains=chosen["customer"])
        if chosen["status"]:
            wanted &= Q(status=chosen["status"])
        return wanted
