from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts

from accounts.roles import Role


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


class OwnPasswordForm(PasswordChangeForm):
    """Django's own form; what a password must be is told in sentences."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_messages = {
            **self.error_messages,
            "password_incorrect": "Present password: not the one you have; type it again.",
        }
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = "So that a slip of the finger locks nobody out."


class RoleForm(forms.Form):
    """Which role somebody gets, and why."""

    role = forms.ChoiceField(
        choices=[(role.value, role.value.capitalize()) for role in Role],
        error_messages={
            "required": "Role: none chosen; choose one from the list.",
            "invalid_choice": "Role: found %(value)s, which is none; choose one from the list.",
        },
    )
    why = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.TextInput(),
        help_text="For the record. No personal data, please.",
        error_messages={"required": "Why: nothing written; say why, such as: joins operations."},
    )


class ResetFactorForm(forms.Form):
    """Why somebody's second factor is reset."""

    why = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.TextInput(),
        help_text="For the record. No personal data, please.",
        error_messages={"required": "Why: nothing written; say why, such as: phone lost."},
    )


class DeactivationForm(forms.Form):
    """Why somebody is deactivated, or comes back."""

    why = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.TextInput(),
        help_text="For the record. No personal data, please.",
        error_messages={
            "required": "Why: nothing written; say why, such as: left the team, or came back."
        },
    )
