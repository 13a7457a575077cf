"""Where results come from: gates that run and code that is broken now, or what a run recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evidence.engine.arguments import Order

if TYPE_CHECKING:
    from evidence.engine.falsify.extent import Extent
    from evidence.engine.falsify.known import Before, Known
    from evidence.engine.project import Project
    from evidence.engine.register.model import Register
    from evidence.engine.report import Reporter
    from evidence.engine.reuse import Reuse
    from evidence.engine.run.model import Run


def new_or_same_run(
    order: Order, project: Project, register: Register, reporter: Reporter, reuse: Reuse
) -> Run:
    """The last run when no input changed since; else a new one."""
    from evidence.engine.run.sealed import NothingBefore, Refused, Tampered

    if order.cache and not order.only and is_falsified(order, project, reuse.extent()):
        try:
            found = reuse.recorded_run()
        except Tampered as error:
            reporter.problem(f"{error}; everything is run again.")
        except NothingBefore:
            pass
        except Refused as error:
            reporter.note(f"anew    {error}, so the last run does not count as it is")
        else:
            reporter.note(
                f"reused  all results of the run of {found.started_at}: no input changed since; "
                "--no-cache runs everything again"
            )
            return found
    before = _before(order, reporter, reuse)
    reuse.forget_results()
    found = _run_gates(order, project, register, reporter, reuse, before)
    if not (order.only or found.changed):
        reuse.keep_results()
    return found


def _before(order: Order, reporter: Reporter, reuse: Reuse) -> Before:
    """What the run before broke on purpose and may count again."""
    from evidence.engine.falsify.known import NOTHING
    from evidence.engine.run.sealed import Tampered

    if not order.cache or order.only:
        return NOTHING
    try:
        return reuse.before()
    except Tampered as error:
        reporter.problem(f"{error}; everything is broken again.")
        return NOTHING


def recorded_run(
    order: Order, project: Project, register: Register, reporter: Reporter, reuse: Reuse
) -> Run:
    from evidence.engine.stale import still_true_run

    return still_true_run(project, register)


def is_falsified(order: Order, project: Project, extent: Extent) -> bool:
    """True when as much was broken on purpose as this call asks for."""
    return not order.falsify or extent.is_enough(
        all_mutants=order.all_mutants, mutants_on_demand=project.mutants_on_demand
    )


def _run_gates(
    order: Order,
    project: Project,
    register: Register,
    reporter: Reporter,
    reuse: Reuse,
    before: Before,
) -> Run:
    from evidence.engine.run.session import run_gates

    reporter.stage("gates")
    found = run_gates(project, register, order.only or None, reporter)
    if not order.only and order.falsify:
        known = known_of(project, register, found.tree.commit, reuse, before)
        if known.refused:
            reporter.note(f"anew    {known.refused}, so everything is broken again")
        if order.all_mutants or not project.mutants_on_demand:
            _break_code(order, project, register, found, reporter, known)
        _break_promises(project, register, found, reporter, known)
        if known.mutants_again or known.patches_again:
            reporter.note(
                f"reused  {known.mutants_again:,} mutants and {known.patches_again:,} patches of "
                "the run before, for nothing that they hang on changed; --no-cache tries all again"
            )
        found = _with_changes(found, project, reuse)
    if found.changed:
        reporter.problem(
            f"{', '.join(found.changed)}: changed meanwhile, so this run counts as one over "
            "changes that are not committed; run again."
        )
    return found


def _with_changes(found: Run, project: Project, reuse: Reuse) -> Run:
    """The run, recorded as one over changes if files changed before all was broken on purpose: what
    is broken are copies, made as the work goes on."""
    from evidence.engine.run.record import results_folder, write_run
    from evidence.engine.run.tree import changed_files, read_files

    changed = changed_files(dict(reuse.files), read_files(project))
    if not changed:
        return found
    dirty = replace(found.tree, dirty=True)
    found = replace(found, tree=dirty, changed=tuple(sorted({*found.changed, *changed})))
    write_run(results_folder(project), found)
    return found


def known_of(
    project: Project, register: Register, commit: str, reuse: Reuse, before: Before
) -> Known:
    """What the results of breaking things hang on now."""
    from evidence.engine.falsify.depends import Dependencies
    from evidence.engine.falsify.known import Known
    from evidence.engine.run.inputs import digest_of

    # The engine itself reads these where the project stands, so no trial is seen to open them.
    gates = [(gate.id, gate.pytest, gate.env, gate.services) for gate in register.gates]
    told = repr((gates, project.services, project.share, project.env))
    # What a trial said is recorded without them.
    hidden = (*project.secret_names, *project.secret_patterns)
    now = Dependencies(
        project.root,
        reuse.files,
        digest_of([reuse.outside, told, commit if "{commit}" in told else "", *hidden]),
        commit=commit,
        tests={link.text for claim in register.claims for link in claim.tests},
    )
    return Known(now, reuse.files, commit, before)


def _break_code(
    order: Order,
    project: Project,
    register: Register,
    found: Run,
    reporter: Reporter,
    known: Known,
) -> None:
    from evidence.engine.falsify.mutation import mutate
    from evidence.engine.falsify.told import summary

    reporter.stage("mutants")
    per_claim = 0 if order.all_mutants else project.mutants_per_claim
    broken = mutate(project, register, found, reporter, per_claim=per_claim, known=known)
    for line in summary(broken, register.claims):
        reporter.note(line)
    for complaint in broken.record.complaints:
        reporter.problem(complaint)


def _break_promises(
    project: Project, register: Register, found: Run, reporter: Reporter, known: Known
) -> None:
    from evidence.engine.falsify.sabotage.stage import sabotage
    from evidence.engine.falsify.sabotage.words import caught

    if register.patches:
        reporter.stage("sabotage")
    broken = sabotage(project, register, found, reporter, known)
    for line in caught(broken.runs) if broken.runs else ():
        reporter.note(line)
    for complaint in broken.complaints:
        reporter.problem(complaint)
