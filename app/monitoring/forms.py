from __future__ import annotations

from datetime import UTC, datetime, time

from django import forms

from audit.actions import Action
from core.pages import LARGEST_ID
from monitoring.models import IssueStatus
from monitoring.services import LONGEST_ACKNOWLEDGEMENT_DAYS


class IssueFilters(forms.Form):
    """What the issues list shows: those that are not resolved, unless asked otherwise."""

    status = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Not resolved"),
            *((status.value, status.name.capitalize()) for status in IssueStatus),
        ],
        error_messages={
            "invalid_choice": "Status: found %(value)s, which is none; choose one from the list."
        },
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput
    )


class AcknowledgeForm(forms.Form):
    """Why an issue can wait, and until when."""

    why = forms.CharField(
        max_length=300,
        error_messages={"required": "Why: nothing written; say why it can wait."},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is known, and what happens meanwhile. No personal data, please.",
    )
    until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=dict.fromkeys(
            ("required", "invalid"), "Until: expected a day; write it like 2026-03-31."
        ),
        help_text="If it is still there then, it counts as open again. At most "
        f"{LONGEST_ACKNOWLEDGEMENT_DAYS} days from now.",
    )

    def clean_until(self) -> datetime:
        """The end of that day, UTC."""
        day = self.cleaned_data["until"]
        return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


class AuditFilters(forms.Form):
    """What the audit list shows."""

    action = forms.ChoiceField(
        required=False,
        choices=[("", "All"), *((a.value, a.value.replace("-", " ").capitalize()) for a in Action)],
        error_messages={
            "invalid_choice": "Action: found %(value)s, which is none; choose one from the list."
        },
    )
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput
    )
