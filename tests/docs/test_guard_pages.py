"""The pages on security and data governance: each claim of their areas stands on them, and figures
are quoted from the code, not typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "security.md": ("security.yml", ["security.limits", "security.variables"]),
    "data_governance.md": ("privacy.yml", ["privacy.inventory", "privacy.retention"]),
}


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_of_the_area_is_cited_on_its_page(page: str) -> None:
    area = yaml.safe_load((ROOT / "evidence/claims" / PAGES[page][0]).read_text("utf-8"))
    cited = set(
        re.findall(r'claim\("([A-Z]+-\d+)"\)', (ROOT / "site_src" / page).read_text("utf-8"))
    )
    assert {claim["id"] for claim in area["claims"]} - cited == set()


@pytest.mark.parametrize("page", PAGES)
def test_tables_are_printed_from_the_code(page: str) -> None:
    text = (ROOT / "site_src" / page).read_text("utf-8")
    for key in PAGES[page][1]:
        assert f'fact("{key}")' in text
