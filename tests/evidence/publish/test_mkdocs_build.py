from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from evidence.engine.publish import mkdocs_build
from evidence.engine.publish.mkdocs_build import merged

DEFAULT: dict[str, Any] = yaml.safe_load(
    Path(mkdocs_build.__file__).with_name("mkdocs.yml").read_text(encoding="utf-8")
)


def test_projects_entries_follow_the_engines() -> None:
    own = {
        "extra_css": ["own.css", "assets/evidence.css"],
        "plugins": {"search": {"lang": "de"}, "tags": None},
    }
    options = merged(DEFAULT, own)
    assert options["extra_css"] == ["assets/evidence.css", "own.css"]
    assert options["plugins"] == ["search", "offline", {"tags": {}}]


def test_engines_markdown_settings_hold() -> None:
    own = {"markdown_extensions": [{"toc": {"permalink": False}}, "abbr"]}
    extensions = merged(DEFAULT, own)["markdown_extensions"]
    assert "abbr" in extensions
    assert [entry for entry in extensions if "toc" in entry] == [
        {"toc": {"permalink": True, "toc_depth": 3}}
    ]


def test_no_font_comes_from_another_host_whatever_a_project_says() -> None:
    own = {"theme": {"name": "material", "font": {"text": "Lato"}, "logo": "logo.svg"}}
    theme = merged(DEFAULT, own)["theme"]
    assert (theme["font"], theme["logo"]) == (False, "logo.svg")


def test_other_themes_settings_are_left_aside() -> None:
    theme = merged(DEFAULT, {"theme": {"name": "readthedocs", "custom_dir": "x"}})["theme"]
    assert theme == {**DEFAULT["theme"], "font": False}
