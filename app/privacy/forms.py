from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from core.pages import LARGEST_ID


class PeopleFilters(forms.Form):
    """Whom to look for. `before` continues an earlier page."""

    number = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    name = forms.CharField(label="Sign-in name", required=False, max_length=150)
    email = forms.CharField(label="Whole email address", required=False, max_length=254)
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput
    )

    def condition(self) -> Q:
        """The cleaned choices as a condition on people."""
        chosen: dict[str, Any] = self.cleaned_data
        wanted = Q()
        if chosen["number"]:
            wanted &= Q(pk=chosen["number"])
        if chosen["name"]:
            wanted &= Q(username__icontains=chosen["name"])
        if chosen["email"]:
            wanted &= Q(email__iexact=chosen["email"])
        return wanted


class EraseForm(forms.Form):
    """Why somebody is erased."""

    why = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.TextInput(),
        help_text="For the record, which stays. No personal data, please.",
        error_messages={"required": "Why: nothing written; say why, such as: asked on 3 March."},
    )
