"""The repository's own mkdocs.yml: strict, its own fonts only, no hooks, few plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mkdocs.utils.yaml import yaml_load

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    with (REPOSITORY / "mkdocs.yml").open(encoding="utf-8") as file:
        return dict(yaml_load(file))


def test_build_is_strict_and_reads_the_published_docs(config: dict[str, Any]) -> None:
    assert config["strict"] is True
    assert (config["docs_dir"], config["site_dir"]) == ("build/docs", "build/site")


def test_site_opens_from_a_folder(config: dict[str, Any]) -> None:
    assert config["use_directory_urls"] is False
    assert "offline" in config["plugins"]


def test_nothing_comes_from_another_host(config: dict[str, Any]) -> None:
    assert config["theme"]["font"] is False
    loaded = [*config["extra_css"], *config["extra_javascript"], *config["extra"]["polyfills"]]
    assets = REPOSITORY / "evidence/engine/publish"
    assert all((assets / path).is_file() for path in loaded)


def test_sources_stay_plain(config: dict[str, Any]) -> None:
    assert "hooks" not in config
    assert config["plugins"] == ["search", "offline"]


def test_palette_follows_the_system(config: dict[str, Any]) -> None:
    media = [palette["media"] for palette in config["theme"]["palette"]]
    assert media == [
        "(prefers-color-scheme)",
        "(prefers-color-scheme: light)",
        "(prefers-color-scheme: dark)",
    ]
