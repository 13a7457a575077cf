"""What the code has is documented, and what the documents name is in the code."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from demo.facts import facts
from tests.repo.planted import ROOT

PAGES = sorted((ROOT / "site_src").glob("*.md"))


@lru_cache(maxsize=1)
def text() -> str:
    return "\n".join(page.read_text("utf-8") for page in (*PAGES, ROOT / "README.md"))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return facts()


def test_every_command_of_the_shop_is_documented(told: dict[str, Any]) -> None:
    listed = {command["name"] for command in told["commands"]}
    assert 'fact("commands")' in (ROOT / "site_src/deployment.md").read_text("utf-8")
    assert listed >= {"work", "run_checks", "backup", "restore_drill", "reconcile_stripe"}
    assert all(command["help"].strip() for command in told["commands"])


def test_every_command_that_a_page_names_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", text()))
    known = set(get_commands())
    assert len(named) > 15
    assert named - known == set()


def test_every_file_that_a_page_names_exists() -> None:
    paths = re.findall(
        r"`((?:app|evidence|site_src|tests|requirements|benchmarks)/[\w./-]*)`", text()
    )
    assert len(paths) > 5
    # Written with the first mutant that somebody waives; until then there is none.
    missing = {path for path in paths if not (ROOT / path).exists()} - {"evidence/waivers.yml"}
    assert missing == set()


@pytest.mark.parametrize(
    "fact",
    [
        "checks",
        "commands",
        "jobs.schedule",
        "orders.transitions",
        "orders.statuses",
        "statuses",
        "roles.table",
        "roles.addresses",
        "security.variables",
        "privacy.inventory",
        "webhooks.event_types",
        "stripe.key_permissions",
    ],
)
def test_tables_of_the_code_stand_on_a_page(told: dict[str, Any], fact: str) -> None:
    assert told[fact]
    assert f'fact("{fact}")' in text()


def test_every_address_is_on_the_page_of_roles(told: dict[str, Any]) -> None:
    listed = {row["name"] for row in told["roles.addresses"]}
    names = {
        f"{namespace}:{name}"
        for namespace, (_, resolver) in get_resolver().namespace_dict.items()
        for name in resolver.reverse_dict
        if isinstance(name, str)
    }
    assert listed == names
