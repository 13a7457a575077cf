from __future__ import annotations

from django import forms


class CodeForm(forms.Form):
    """A code of the phone, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": "Code: nothing typed; type the six digits of your phone."},
    )
    next = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
