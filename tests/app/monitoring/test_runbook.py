"""The runbook has one entry for each check, in the site and in the shop, and none that is stale."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from jinja2 import Environment, StrictUndefined

from demo.facts import facts
from monitoring.checks import CHECKS, FAILED, chosen

RUNBOOK = Path(__file__).parents[3] / "site_src" / "runbook.md"
EVERY = [*CHECKS, FAILED]


def rendered() -> str:
    """The page as the site gets it, claims left out."""
    known = facts()
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 (Markdown)
    template = environment.from_string(RUNBOOK.read_text("utf-8"))
    return template.render(
        fact=lambda name: known[name], claim=lambda name: name, gate=lambda name: name
    )


@pytest.fixture(scope="module")
def page() -> str:
    return rendered()


def entries(page: str) -> dict[str, str]:
    """The text below each heading that has an anchor of its own name, by that name."""
    parts = re.split(r"^### (\S+) \{ #\1 \}$", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_each_check_has_exactly_one_entry_and_no_entry_is_stale() -> None:
    page = rendered()
    names = re.findall(r"\{ #(\S+) \}", page)
    assert names == [check.name for check in EVERY]
    assert list(entries(page)) == names


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.name)
def test_an_entry_says_what_it_means_how_to_see_it_and_what_to_do(page: str, check: Any) -> None:
    entry = entries(page)[check.name]
    assert check.means.endswith("."), "say what the check finds in the docstring of its question"
    for words in (check.title, check.means, check.what_to_do, f"`{check.command}`"):
        assert words in entry
        assert "|" not in words, "it would end the cell of a table"


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.name)
def test_the_command_of_an_entry_runs_that_check(check: Any) -> None:
    _, _, name = check.command.partition(" --only ")
    assert name == (check.name if check in CHECKS else "")
    assert chosen([name] if name else None) == ([check] if name else list(CHECKS))


def test_links_within_the_page_lead_somewhere(page: str) -> None:
    headings = re.findall(r"^#+ (.+?)(?: \{.*\})?$", page, flags=re.M)
    targets = {re.sub(r"[^\w]+", "-", words.lower()).strip("-") for words in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= targets


@pytest.mark.django_db
def test_the_shop_says_the_same_about_each(olly_ops: Any) -> None:
    client = Client()
    client.force_login(olly_ops)
    shown = unescape(client.get(reverse("monitoring:runbook")).text)
    assert re.findall(r'<section class="sheet entry" id="([^"]+)"', shown) == [
        check.name for check in EVERY
    ]
    for check in EVERY:
        for words in (check.title, check.means, check.what_to_do, check.command):
            assert words in shown
