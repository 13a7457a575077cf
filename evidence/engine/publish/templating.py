"""The engine's own templates: all they print is escaped, and nothing they name is unknown."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evidence.engine.publish.code import whole_file
from evidence.engine.publish.text import anchor, escape, fence, front_matter, unbroken

_TEMPLATES = Path(__file__).with_name("templates")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """One for all pages, so that each template is compiled once."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=escape,
        trim_blocks=False,
    )
    made.globals.update(
        fence=fence,
        front_matter=front_matter,
        anchor=anchor,
        verbatim=Markup,
        whole_file=whole_file,
    )
    made.filters["unbroken"] = unbroken
    return made
