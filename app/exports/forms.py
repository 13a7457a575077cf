from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from exports.statement import Chosen
from exports.tables import Table

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": f"{label}: not a date; write it like 2026-03-01."},
    )


def _status(statuses: tuple[str, ...]) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=[("", "All"), *((one, one.replace("_", " ").capitalize()) for one in statuses)],
        required=False,
        error_messages={
            "invalid_choice": "Status: found %(value)s, which is none; choose one from the list."
        },
    )


def _currency() -> forms.RegexField:
    return forms.RegexField(
        r"\A[A-Za-z]{3}\Z",
        required=False,
        error_messages={"invalid": "Currency: expected three letters; write it like GBP."},
        widget=forms.TextInput(attrs={"maxlength": 3}),
    )


class ExportFilters(forms.Form):
    """Which rows of a table to export. Both days belong to the range, as days in UTC."""

    start = _day("From")
    end = _day("To")

    def __init__(self, data: QueryDict | None = None, *, table: Table) -> None:
        super().__init__(data, auto_id=f"{table.name}-%s")
        if table.status:
            self.fields["status"] = _status(table.statuses)
        if table.currency:
            self.fields["currency"] = _currency()

    def clean(self) -> dict[str, Any]:
        """The days in a range that the calendar and the database know, the first one first."""
        found: dict[str, Any] = super().clean() or {}
        start, end = found.get("start"), found.get("end")
        for name, label in (("start", "From"), ("end", "To")):
            day = found.get(name)
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(
                    name,
                    f"{label}: {day} is out of range; choose a day from {EARLIEST} to {LATEST}.",
                )
        if start and end and end < start:
            self.add_error("end", f"To: {end} is before {start}; choose a later day.")
        return found

    def chosen(self) -> Chosen:
        """The cleaned choices."""
        found = self.cleaned_data
        return Chosen(
            start=found["start"],
            end=found["end"],
            status=found.get("status", ""),
            currency=found.get("currency", "").upper(),
        )
