"""The demo's steps as pages show them: followable by hand, with what the browser saw."""

from __future__ import annotations

import re

from markupsafe import Markup

from evidence.engine.judge.demonstrated import PASSED
from evidence.engine.judge.model import Judgement
from evidence.engine.publish import links
from evidence.engine.publish.shapes import LinkView, StepView
from evidence.engine.publish.templating import environment
from evidence.engine.publish.text import escape
from evidence.engine.publish.words import Word
from evidence.engine.register.model import DemoStep

_CODE = re.compile(r"`([^`]+)`")


def step_view(
    step: DemoStep, number: int, judgement: Judgement, claims: tuple[LinkView, ...]
) -> StepView:
    """One step, with how it went in this run."""
    shown = judgement.shown.get(step.id)
    has_passed = shown is not None and shown.status == PASSED
    gate_id = shown.screenshot.partition("/")[0] if shown else ""
    return StepView(
        number=number,
        anchor=links.demo_step("", step.id).partition("#")[2],
        title=step.title,
        who=step.who,
        minutes=_minutes(step.minutes),
        does=step.does,
        sees=step.sees,
        word=_word(has_passed=has_passed, has_run=shown is not None),
        why=shown.why if shown else "",
        picture=links.artifact(gate_id, shown.screenshot) if shown and shown.screenshot else "",
        claims=claims,
    )


def demo_steps(steps: tuple[StepView, ...], up: str) -> Markup:
    """All steps as Markdown for a person's page; `up` leads from it to the site's root."""
    text = environment().get_template("demo_steps.md").render(steps=steps, base=up, code=_code)
    return Markup(text.strip() + "\n")  # noqa: S704 (the template escapes what it prints)


def _code(text: str) -> Markup:
    """A sentence with its `code` marked up."""
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(escape(part)) if number % 2 else _spaced(part)
        for number, part in enumerate(parts)
    )


def _spaced(text: str) -> Markup:
    """Escaped, with the spaces at both ends that `escape` takes off."""
    inner = escape(text)
    before = " " if text[:1].isspace() and inner else ""
    after = " " if text[-1:].isspace() else ""
    return Markup(before) + inner + Markup(after)  # noqa: S704 (spaces)


def _word(*, has_passed: bool, has_run: bool) -> Word:
    if not has_run:
        return Word("not run", "partly")
    return Word("seen in a browser", "met") if has_passed else Word("failed", "not")


def _minutes(minutes: float) -> str:
    return "half a minute" if minutes <= 0.5 else f"{minutes:g} min"
