"""A whole build: load, check, run gates, falsify, judge, publish.

Imports stand inside the functions that need them, so that a call with nothing to do ends at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.engine.arguments import Order
from evidence.engine.console import OK, UNPROVEN, count, say, tell
from evidence.engine.mistakes import CannotRun, Mistake
from evidence.engine.proving import is_falsified, new_or_same_run, recorded_run

if TYPE_CHECKING:
    from evidence.engine.judge.model import Judgement
    from evidence.engine.project import Project
    from evidence.engine.register.model import Register
    from evidence.engine.report import Reporter
    from evidence.engine.reuse import Reuse
    from evidence.engine.run.model import Run

_FRONT_PAGE = "site/index.html"


def run(order: Order) -> int:
    """Load, check, run the gates, judge, publish; `run` and `site` leave one of these out."""
    again = _same_again(order)
    return _anew(order) if again is None else again


def _anew(order: Order) -> int:
    from evidence.engine.judge.verdict import judge
    from evidence.engine.lock import alone
    from evidence.engine.publish.publication import publish
    from evidence.engine.publish.sealing import signed_by, signing_key
    from evidence.engine.report import summary_lines

    seen = _read(order)
    is_published = order.command != "run" and not order.only
    if is_published:
        _prepare_publishing(seen.project)
    with (
        reporter_for(order) as reporter,
        alone(seen.project.work, wait=order.wait, tell=reporter.stage),
    ):
        # Who waited for another build proves what stands there by now.
        project, register, reuse = _as_it_stands(order, seen)
        recorded = recorded_run if order.command == "site" else new_or_same_run
        found = recorded(order, project, register, reporter, reuse)
        judgement = judge(project, register, found)
        where = sealed = ""
        if is_published:
            if not _stands_already(order, reuse, reporter):
                publish(project, register, found, judgement, reporter)
            where = str(project.build / _FRONT_PAGE)
            sealed = signed_by(signing_key(project))
            said = summary_lines(register, found, judgement, where, sealed)
            reuse.keep_build(said, _exit_code(found, judgement))
    return _conclude(order, register, found, judgement, reporter, where, sealed)


def load(order: Order) -> tuple[Project, Register, tuple[Mistake, ...]]:
    from evidence.engine.source.check import check_register

    project = _project_of(order)
    register, dead = check_register(project)
    return project, register, dead


def _project_of(order: Order) -> Project:
    from dataclasses import replace

    from evidence.engine.project import find_root, load_project

    project = load_project(find_root(order.project))
    return replace(project, cores=order.cores or project.cores)


def reporter_for(order: Order) -> Reporter:
    from evidence.engine.report import Reporter

    if order.color:
        return Reporter()
    os.environ["NO_COLOR"] = "1"
    return Reporter(live=False)


def _same_again(order: Order) -> int | None:
    """What the last call said, and its exit code, when nothing at all has changed since."""
    from evidence.engine.lock import alone
    from evidence.engine.reuse import same_again
    from evidence.engine.run.sealed import Refused

    if order.command != "all" or order.only or not order.cache:
        return None
    project = _project_of(order)
    if not project.build.exists():
        return None
    with alone(project.work, wait=order.wait, tell=say):
        try:
            again = same_again(project)
        except Refused:
            return None  # What follows says why.
    if not is_falsified(order, project, again.broken):
        return None
    say(f"reused  the run of {again.started_at} and its site: nothing has changed since")
    say("        --no-cache runs everything again")
    for line in again.said:
        say(line)
    return again.exit_code


@dataclass(frozen=True)
class _Seen:
    """A register, and the files as they were before it was read."""

    project: Project
    register: Register
    files: Mapping[str, str]


def _read(order: Order) -> _Seen:
    from evidence.engine.run.tree import read_files

    files = read_files(_project_of(order))
    project, register, dead = load(order)
    _check_files(order, project, files)
    _check(order, project, register, dead)
    return _Seen(project, register, files)


def _as_it_stands(order: Order, seen: _Seen) -> tuple[Project, Register, Reuse]:
    """What was seen, read again for as long as a file has changed since."""
    from evidence.engine.reuse import reuse_of

    reuse = reuse_of(seen.project, seen.register)
    while reuse.files != seen.files:
        seen = _read(order)
        reuse = reuse_of(seen.project, seen.register)
    return seen.project, seen.register, reuse


def _check_files(order: Order, project: Project, files: Mapping[str, str]) -> None:
    """Says which files keep this from being a build of the commit though git calls them unchanged,
    and raises CannotRun where there is what no copy can be made of."""
    from evidence.engine.run.tree import overlooked, repositories_within

    for path in overlooked(project):
        say(
            f"{path}: git was told to pass over it, so this counts as a build over changes; end "
            f"that by `git update-index --no-assume-unchanged --no-skip-worktree {path}`"
        )
    if order.falsify and order.command != "site" and (within := repositories_within(files)):
        raise CannotRun(
            f"{within[0]}: is a repository within this one, which no copy to break can be made of; "
            "let git ignore it, or track its files here, or prove all but that with --no-falsify"
        )


def _check(order: Order, project: Project, register: Register, dead: tuple[Mistake, ...]) -> None:
    """Dead links are told before anything runs; the build goes on and their claims are Not met."""
    from evidence.engine.falsify.waivers import lapsed
    from evidence.engine.preflight import check_pages

    tell(lapsed(project, register))
    if not order.only:
        check_pages(project, register)
    if dead:
        tell(dead)
        say(f"{count(len(dead), 'dead link')}; the claims that hold them are Not met.")


def _prepare_publishing(project: Project) -> None:
    """What would stop the publishing is said before the gates run and not minutes later."""
    from evidence.engine.outputs import make_output_folder
    from evidence.engine.publish.atomic import check_place
    from evidence.engine.publish.sealing import signing_key

    check_place(project.build)
    signing_key(project)
    make_output_folder(project.store, key="build")


def _stands_already(order: Order, reuse: Reuse, reporter: Reporter) -> bool:
    """True when the published build shows these very results, and is unchanged."""
    from evidence.engine.run.sealed import Refused, Tampered

    if not order.cache:
        return False
    try:
        reuse.check_build()
    except Tampered as error:
        reporter.problem(f"{error}; the site is built again.")
        return False
    except Refused:
        return False
    reporter.note("reused  the published site: it came from these very results")
    return True


def _conclude(
    order: Order,
    register: Register,
    found: Run,
    judgement: Judgement,
    reporter: Reporter,
    where: str,
    sealed: str,
) -> int:
    """The summary, and the exit code that says the same."""
    from evidence.engine.judge.model import Status

    if order.only:
        say(f"{', '.join(sorted(order.only))} ran alone, so no claim was judged or published.")
        return UNPROVEN if _has_failed(found) else OK
    reporter.summary(register, found, judgement, where, sealed)
    counts = judgement.counts()
    held_back = [
        (counts[Status.NOT] + counts[Status.PARTLY], "not every claim in scope is Met"),
        (found.tree.dirty, "changes are not committed"),
    ]
    for complaint in judgement.complaints:
        reporter.problem(f"The harness that breaks code cannot be trusted: {complaint}")
    for said in judgement.says_too_much:
        reporter.problem(
            f"{said.public.place}  {said.public.where} says more than is proved: "
            f"{', '.join(said.unborne_by)} not Met; prove it, or say less."
        )
    missing = [why for is_so, why in held_back if is_so] if order.release else []
    if missing:
        reporter.problem(f"No release: {' and '.join(missing)}.")
    return UNPROVEN if missing else _exit_code(found, judgement)


def _exit_code(found: Run, judgement: Judgement) -> int:
    from evidence.engine.judge.model import Status

    has_failed = _has_failed(found) or bool(judgement.complaints or judgement.says_too_much)
    return UNPROVEN if has_failed or judgement.counts()[Status.NOT] else OK


def _has_failed(found: Run) -> bool:
    from evidence.engine.run.model import GateStatus

    return any(gate.status is GateStatus.FAILED for gate in found.gates)
