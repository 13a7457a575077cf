"""The pages on security and data governance: each claim of their areas stands on them, and figures
are quoted from the code, not typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from demo.facts import facts

ROOT = Path(__file__).resolve().parents[2]
# Of each page its area, and the columns of the tables that it prints.
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "security.md": (
        "security.yml",
        {"security.limits": "name most seconds by", "security.variables": "name what default"},
    ),
    "data_governance.md": (
        "privacy.yml",
        {
            "privacy.inventory": "table purpose personal pseudonymous kept",
            "privacy.retention": "what days",
        },
    ),
}


@dataclass(frozen=True)
class Rendered:
    text: str
    cited: set[str]


def _rendered(page: str, known: dict[str, Any]) -> Rendered:
    """The page as the site gets it from these facts."""
    cited: set[str] = set()
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(  # noqa: S701 (Markdown)
        (ROOT / "site_src" / page).read_text("utf-8")
    )
    text = template.render(fact=known.__getitem__, claim=lambda name: cited.add(name) or name)
    return Rendered(text, cited)


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_of_the_area_is_cited_on_its_page(page: str) -> None:
    area = yaml.safe_load((ROOT / "evidence/claims" / PAGES[page][0]).read_text("utf-8"))
    cited = _rendered(page, facts()).cited
    assert {claim["id"] for claim in area["claims"]} - cited == set()


@pytest.mark.parametrize("page", PAGES)
def test_tables_are_printed_from_the_code(page: str) -> None:
    """Were the code another, the page would be: every cell that is marked arrives marked."""
    known = facts()
    marked = {
        key: [
            {column: f"<{key} {number} {column}>{row[column]}" for column in columns.split()}
            for number, row in enumerate(_rows(known, key))
        ]
        for key, columns in PAGES[page][1].items()
    }
    text = _rendered(page, {**known, **marked}).text
    cells = [cell for rows in marked.values() for row in rows for cell in row.values()]
    assert len(cells) > 20
    assert [cell for cell in cells if cell not in text] == []


def _rows(known: dict[str, Any], key: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = known[key]
    return rows
