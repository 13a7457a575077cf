"""What a check is: one question to the database, and what to do when the answer is no."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Finding:
    """One mismatch. `subject` names the row (`order:12`) and is unique within its check."""

    subject: str
    expected: str
    actual: str


@dataclass(frozen=True)
class Check:
    """A question with a name for the command line, a title for people, the next step for
    whoever is on duty, and the one query that answers it at a moment."""

    name: str
    title: str
    what_to_do: str
    find: Callable[[datetime], list[Finding]]
    # False for what the run of the checks finds about itself.
    is_asked: bool = True

    @property
    def means(self) -> str:
        """What it is that the check finds: how the docstring of its question begins."""
        said = (inspect.getdoc(self.find) or "").partition("\n\n")[0]
        return " ".join(said.split())

    @property
    def command(self) -> str:
        """How to see it on the command line."""
        only = f" --only {self.name}" if self.is_asked else ""
        return f"manage.py run_checks{only}"


def rows(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Everything that one set-based query returns."""
    with connection.cursor() as cursor:
        cursor.execute(query, dict(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
