"""Recorded results may be published again only while they are still true of the files."""

from __future__ import annotations

from dataclasses import replace

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.register.model import Register
from evidence.engine.run import sealed
from evidence.engine.run.model import Run
from evidence.engine.run.record import read_run
from evidence.engine.run.tree import read_tree

_NEXT = "run the gates again: `python build_evidence.py`."


def still_true_run(project: Project, register: Register) -> Run:
    """The last recorded run, whole and over the files as they are now; people's pages may differ.

    Pages that differ from the recorded commit make it dirty. Raises CannotRun otherwise.
    """
    run, now = read_run(project), read_tree(project)
    if run.changed:
        raise CannotRun(f"{run.changed[0]}: changed during the run; {_NEXT}")
    if run.tree.fingerprint != now.fingerprint:
        raise CannotRun(
            f"recorded run: its results are of commit {run.tree.commit[:12]}"
            f"{' with changes' if run.tree.dirty else ''}, and files changed since; {_NEXT}"
        )
    lacking = [gate.id for gate in register.gates if run.gate(gate.id) is None]
    if lacking:
        raise CannotRun(
            f"recorded run: made with --only, it holds nothing of {', '.join(lacking)}; {_NEXT}"
        )
    _refuse_edited(project)
    is_dirty = run.tree.dirty or now.dirty or now.commit != run.tree.commit
    return replace(run, tree=replace(run.tree, dirty=is_dirty))


def _refuse_edited(project: Project) -> None:
    """Results that somebody edited since are no results, whatever digests they carry."""
    try:
        sealed.check_unedited(project, sealed.results_seal(project))
    except sealed.Refused as why:
        raise CannotRun(f"recorded run: {why}; {_NEXT}") from why
