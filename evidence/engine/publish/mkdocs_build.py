"""The process that runs MkDocs: `python -m evidence.engine.publish.mkdocs_build < order.json`.

A process of its own, because MkDocs reads SOURCE_DATE_EPOCH and keeps state when imported. The
project's own mkdocs.yml stays where it is, so that its relative paths hold; what the engine's
pages need is added to it here. Exit code 1 and one line a problem when the build is not clean.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import BuildError, ConfigurationError
from mkdocs.utils.yaml import yaml_load

from evidence.engine.publish.shortcuts import skim_search

_BLOCKS = "evidence.engine.publish.shortcuts:Blocks"


def main() -> int:
    """Build the site that the order on standard input describes."""
    order: dict[str, Any] = json.load(sys.stdin)
    notes = logging.StreamHandler(sys.stderr)
    notes.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger("mkdocs").addHandler(notes)
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    try:
        options = {**merged(_read(order["default"]), _read(order["config"])), **order["options"]}
        if order["shortcuts"]:
            skim_search()
            options["markdown_extensions"] = [*options["markdown_extensions"], _BLOCKS]
        build(load_config(order["config"], **options))
    except (BuildError, ConfigurationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SystemExit as stop:  # how MkDocs ends a strict build that is not clean
        return 1 if stop.code else 0
    return 0


def merged(default: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The options that must hold whatever a project's own mkdocs.yml says.

    Lists become the engine's entries and then the project's others; of the theme and `extra` the
    project keeps what it set, except that no font comes from another host.
    """
    lists = ("markdown_extensions", "plugins", "extra_css", "extra_javascript")
    return {
        **{key: _union(default[key], own.get(key) or []) for key in lists},
        "theme": {**default["theme"], **_theme(own), "name": "material", "font": False},
        "extra": {**(own.get("extra") or {}), **default["extra"]},
        "validation": default["validation"],
        "strict": True,
        "use_directory_urls": False,
    }


def _theme(own: dict[str, Any]) -> dict[str, Any]:
    theme = own.get("theme")
    return theme if isinstance(theme, dict) and theme.get("name") == "material" else {}


def _union(first: list[Any], more: list[Any] | dict[str, Any]) -> list[Any]:
    others = (
        [{name: value or {}} for name, value in more.items()] if isinstance(more, dict) else more
    )
    known = {_name(entry) for entry in first}
    return [*first, *(entry for entry in others if _name(entry) not in known)]


def _name(entry: Any) -> str:
    return str(next(iter(entry))) if isinstance(entry, dict) else str(entry)


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (yaml_load wants a named file)
        return dict(yaml_load(file))


if __name__ == "__main__":
    sys.exit(main())
