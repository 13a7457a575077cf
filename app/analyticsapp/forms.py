from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from analyticsapp.days import Days, days, yesterday
from core.refusal import Refused

USUAL_DAYS = 30
# As many as still make a page that a person reads.
MOST_SHOWN = 366


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": f"{label}: not a date; write it like 2026-03-31."},
    )


class RangeForm(forms.Form):
    """Which days to look at, both among them; what is left out is the month that ended yesterday.
    Cleaned, it holds them as `days`."""

    first = _day("From")
    last = _day("To")

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data)
        self._now = now

    def clean(self) -> None:
        if self.errors:
            return
        found = self.cleaned_data
        last = found["last"] or yesterday(now=self._now)
        first = found["first"] or last - min(timedelta(days=USUAL_DAYS - 1), last - type(last).min)
        try:
            found["days"] = self._readable(days(first=first, last=last, now=self._now))
        except Refused as no:
            self.add_error(None, str(no))

    def _readable(self, chosen: Days) -> Days:
        if chosen.count > MOST_SHOWN:
            raise forms.ValidationError(
                f"Days: found {chosen.count:,} of them, expected at most {MOST_SHOWN} on one page; "
                "choose fewer."
            )
        return chosen
