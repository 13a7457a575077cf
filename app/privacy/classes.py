"""The words of the inventory: what a column can be, and what has to be said of each table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Class(StrEnum):
    """`personal`: says who somebody is, or is about them in their own words. `pseudonymous`: leads
    to a person by way of another table, or of Stripe. `none`: neither."""

    PERSONAL = "personal"
    PSEUDONYMOUS = "pseudonymous"
    NONE = "none"


@dataclass(frozen=True)
class Holding:
    """One table: what it is for, how long its rows are kept, and the class of each column. The
    columns stand in texts with blanks between them, by the names that Django gives them."""

    model: str
    purpose: str
    kept: str
    personal: str = ""
    pseudonymous: str = ""
    none: str = ""

    def classes(self) -> Iterator[tuple[str, Class]]:
        """Every column with its class; one that was named twice comes twice."""
        for columns, found in (
            (self.personal, Class.PERSONAL),
            (self.pseudonymous, Class.PSEUDONYMOUS),
            (self.none, Class.NONE),
        ):
            for column in columns.split():
                yield column, found
