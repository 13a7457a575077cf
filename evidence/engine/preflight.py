"""What is wrong in people's pages, found before the gates run and not minutes later."""

from __future__ import annotations

from evidence.engine.judge.verdict import judge
from evidence.engine.mistakes import Mistakes
from evidence.engine.project import Project
from evidence.engine.publish.people import render_people
from evidence.engine.publish.publication import resolve_citation
from evidence.engine.publish.views import Views
from evidence.engine.register.model import Register
from evidence.engine.run.model import Run, Tree

# Facts come from a run, and so does all that an expression makes of them.
_ONLY_A_RUN_KNOWS = ("fact ", "Jinja: ")
_NO_TREE = Tree(commit="", dirty=False, committed_at=0, fingerprint="")
_NO_RUN = Run(tree=_NO_TREE, gates=(), facts={}, started_at="", elapsed_s=0.0, host={})


def check_pages(project: Project, register: Register) -> None:
    """Raises Mistakes with every unknown claim, gate, source and include of all pages.

    Unknown facts are found when the pages are published.
    """
    if project.pages is None:
        return
    views = Views(project, register, _NO_RUN, judge(project, register, _NO_RUN))
    try:
        render_people(views, lambda text: resolve_citation(project, text))
    except Mistakes as error:
        found = [each for each in error.found if not each.text.startswith(_ONLY_A_RUN_KNOWS)]
        if found:
            raise Mistakes(found) from error
