"""What the code has is documented, and what the documents name is in the code."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from core.environment import VARIABLES
from demo.facts import facts
from tests.repo.planted import ROOT

PAGES = sorted((ROOT / "site_src").glob("*.md"))
# Read by the engine, the tests or Django itself, and by nothing of the shop's own.
OTHER_VARIABLES = {
    "STRIPE_EXAMPLES",
    "DJANGO_SETTINGS_MODULE",
    "EVIDENCE_SIGNING_KEY",
    "PURELAKA_POSTGRES",
    "SOURCE_DATE_EPOCH",
}


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


def test_every_variable_that_a_page_names_exists() -> None:
    named = set(re.findall(r"`([A-Z][A-Z]+_[A-Z_]+)`", text()))
    known = {variable.name for variable in VARIABLES} | OTHER_VARIABLES | _of_compose()
    assert named - known == set()


def _of_compose() -> set[str]:
    """What Docker Compose reads, as its files have it."""
    files = ("docker-compose.yml", "docker-compose.override.yml", ".env.example")
    told = "\n".join((ROOT / name).read_text("utf-8") for name in files)
    return set(re.findall(r"(?:\$\{|^#?)([A-Z_]+)[:=}-]", told, re.MULTILINE))


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
