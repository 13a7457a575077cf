"""The command line: load, check, run gates, judge, publish.

Imports stand inside the functions that need them, so that `check` answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from evidence.engine.arguments import Order, read_order
from evidence.engine.mistakes import CannotRun, Mistake, Mistakes

if TYPE_CHECKING:
    from evidence.engine.judge.model import Judgement
    from evidence.engine.project import Project
    from evidence.engine.register.model import Register
    from evidence.engine.report import Reporter
    from evidence.engine.reuse import Reuse
    from evidence.engine.run.model import Run

OK, UNPROVEN, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; returns the exit code. Only bugs raise."""
    _speak_plainly()
    order = read_order(arguments)
    try:
        with _heeding_signals():
            return _COMMANDS.get(order.command, run)(order)
    except Mistakes as error:
        _complain(str(error))
        _complain(f"{_count(len(error.found), 'mistake')}; nothing was published.")
        _show_start(order)
        return COULD_NOT_RUN
    except CannotRun as error:
        _complain(str(error))
        return COULD_NOT_RUN
    except ModuleNotFoundError as error:
        _complain(_not_installed(error))
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        _complain("\nStopped. The last whole build is as it was.")
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; flushing at exit would complain once again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_RUN
    except OSError as error:
        _complain(_machine_refused(error))
        return COULD_NOT_RUN


def run(order: Order) -> int:
    """Load, check, run the gates, judge, publish; `run` and `site` leave one of these out."""
    from evidence.engine.judge.verdict import judge
    from evidence.engine.lock import alone
    from evidence.engine.publish.publication import publish
    from evidence.engine.publish.sealing import signed_by, signing_key
    from evidence.engine.report import summary_lines
    from evidence.engine.reuse import reuse_of

    if (code := _same_again(order)) is not None:
        return code
    project, register = _load_and_check(order)
    is_published = order.command != "run" and not order.only
    if is_published:
        _prepare_publishing(project)
    with _reporter(order) as reporter, alone(project.work, wait=order.wait, tell=reporter.stage):
        reuse = reuse_of(project, register)
        recorded = _recorded_run if order.command == "site" else _new_or_same_run
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


_FRONT_PAGE = "site/index.html"


def _same_again(order: Order) -> int | None:
    """What the last call said, and its exit code, when nothing at all has changed since."""
    from dataclasses import replace

    from evidence.engine.lock import alone
    from evidence.engine.project import find_root, load_project
    from evidence.engine.reuse import same_again
    from evidence.engine.run.sealed import Refused

    if order.command != "all" or order.only or not order.cache:
        return None
    project = load_project(find_root(order.project))
    project = replace(project, cores=order.cores or project.cores)
    if not project.build.exists() or (order.falsify and not _is_falsified(order, project)):
        return None
    with alone(project.work, wait=order.wait, tell=_say):
        try:
            again = same_again(project)
        except Refused:
            return None  # What follows says why.
    _say(f"reused  the run of {again.started_at} and its site: nothing has changed since")
    _say("        --no-cache runs everything again")
    for line in again.said:
        _say(line)
    return again.exit_code


def _check(order: Order) -> int:
    from evidence.engine.falsify.waivers import lapsed

    project, register, dead = _load(order)
    over = lapsed(project, register)
    _tell((*dead, *over))
    _say(
        f"{project.name}: {_count(len(register.claims), 'claim')} in "
        f"{_count(len(register.areas), 'area')}, {_count(len(register.gates), 'gate')}, "
        f"{_count(len(register.requirements), 'requirement')}; "
        + (f"{_count(len(dead), 'dead link')}." if dead else "every link is alive.")
        + (f" {_count(len(over), 'waiver')} lapsed." if over else "")
    )
    return UNPROVEN if dead or over else OK


def _mutants(order: Order) -> int:
    from evidence.engine.falsify.listing import breakable, chosen, source_of

    project, register, dead = _load(order)
    _tell(dead)
    if order.is_live:
        return _try_mutants(order, project, register)
    total: set[str] = set()
    for claim in chosen(register, order.claims):
        found = breakable(project, claim).mutants
        total.update(mutant.id for mutant in found)
        _say(f"{claim.id:<8} {_count(len(found), 'mutant'):>12}  {claim.says}")
        for mutant in found if order.claims else ():
            _say(f"  {mutant.path}:{mutant.line}  {mutant.operator}  {mutant.id}")
            for line in mutant.diff(source_of(project, mutant.path)):
                _say(f"    {line}")
    _say(f"{_count(len(total), 'mutant')} in all; none was run.")
    return UNPROVEN if dead else OK


def _sabotage(order: Order) -> int:
    """Breakages in front of a reviewer; nothing is recorded or published."""
    from evidence.engine.falsify.sabotage.live import Stage, chosen_patches, listed, show
    from evidence.engine.falsify.sabotage.stage import opened_ground
    from evidence.engine.lock import alone
    from evidence.engine.run.model import unrecorded
    from evidence.engine.run.tree import read_tree

    project, register, dead = _load(order)
    _tell(dead)
    patches = chosen_patches(register, order.claims)
    if order.is_list or not order.claims:
        for line in listed(register, patches):
            _say(line)
        _say(f"{_count(len(patches), 'patch', 'patches')}; none was applied.")
        return OK
    with _reporter(order) as reporter, alone(project.work, wait=True, tell=reporter.stage):
        before = unrecorded(read_tree(project))
        with opened_ground(project, register, before, reporter) as ground:
            stage = Stage(ground, reporter.note, reporter)
            caught = sum(show(patch, stage) for patch in patches)
    _say(f"{caught} of {_count(len(patches), 'broken promise')} caught, and whole again.")
    return OK if caught == len(patches) else UNPROVEN


def _lies(order: Order) -> int:
    from evidence.engine.lies.replay import replay

    return OK if replay(_say) else UNPROVEN


def _try_mutants(order: Order, project: Project, register: Register) -> int:
    """Some claims' mutants in front of a reviewer; nothing is recorded or published."""
    from evidence.engine.falsify.listing import chosen
    from evidence.engine.falsify.mutation import try_claims
    from evidence.engine.falsify.told import cited_by, of_claim, summary
    from evidence.engine.lock import alone
    from evidence.engine.stale import still_true_run

    claims = chosen(register, order.claims)
    with _reporter(order) as reporter, alone(project.work, wait=order.wait, tell=reporter.stage):
        run = still_true_run(project, register)
        broken = try_claims(project, register, claims, run, reporter)
    for claim in claims:
        for line in of_claim(claim, broken.record):
            _say(line)
    for line in (*summary(broken, claims), *broken.record.complaints):
        _say(line)
    found = broken.record
    lives = [m for c in claims for m in found.of(c.id) if not m.kill(cited_by(c))]
    return UNPROVEN if lives or found.complaints else OK


def _serve(order: Order) -> int:
    from evidence.engine.project import find_root, load_project
    from evidence.engine.serve import serve

    project = load_project(find_root(order.project))
    serve(project.build, port=order.port, tell=_say)
    return OK


def _bundle(order: Order) -> int:
    from evidence.engine.project import find_root, load_project
    from evidence.engine.publish.bundle import pack

    project = load_project(find_root(order.project))
    path, size = pack(project, order.out)
    _say(f"bundle  {path}  {size:,} bytes")
    _say(
        f"        python3 verify.py {path.name} --signers FILE  tells a buyer whether to believe it"
    )
    return OK


def _deploy(order: Order) -> int:
    from evidence.engine.project import find_root, load_project
    from evidence.engine.publish.deploy import deploy

    project = load_project(find_root(order.project))
    done = deploy(project, tag=order.tag, remote=order.remote, branch=order.branch)
    latest = ", the latest version" if done.is_latest else ""
    what = "published" if done.changed else "was published already, nothing changed"
    _say(f"deploy  {done.version} {what} on {order.branch}{latest}")
    return OK


def _examine(order: Order) -> int:
    from evidence.engine.doctor import examine
    from evidence.engine.project import find_root, load_project
    from evidence.engine.register.reading import survey_register

    project = load_project(find_root(order.project))
    findings = examine(project, survey_register(project).register)
    marks = {True: "ok", None: "note", False: "LACKS"}
    for finding in findings:
        _say(f"{marks[finding.ok]:<6} {finding.what}: {finding.found}")
        if finding.next_step:
            _say(f"       {finding.next_step}")
    return UNPROVEN if any(finding.ok is False for finding in findings) else OK


_COMMANDS = {
    "check": _check,
    "mutants": _mutants,
    "sabotage": _sabotage,
    "lies": _lies,
    "serve": _serve,
    "doctor": _examine,
    "bundle": _bundle,
    "deploy": _deploy,
}


def _load(order: Order) -> tuple[Project, Register, tuple[Mistake, ...]]:
    from dataclasses import replace

    from evidence.engine.project import find_root, load_project
    from evidence.engine.source.check import check_register

    project = load_project(find_root(order.project))
    register, dead = check_register(project)
    return replace(project, cores=order.cores or project.cores), register, dead


def _load_and_check(order: Order) -> tuple[Project, Register]:
    """Dead links are told before anything runs; the build goes on and their claims are Not met."""
    from evidence.engine.falsify.waivers import lapsed
    from evidence.engine.preflight import check_pages

    project, register, dead = _load(order)
    _tell(lapsed(project, register))
    if not order.only:
        check_pages(project, register)
    if dead:
        _tell(dead)
        _say(f"{_count(len(dead), 'dead link')}; the claims that hold them are Not met.")
    return project, register


def _prepare_publishing(project: Project) -> None:
    """What would stop the publishing is said before the gates run and not minutes later."""
    from evidence.engine.outputs import make_output_folder
    from evidence.engine.publish.atomic import check_place
    from evidence.engine.publish.sealing import signing_key

    check_place(project.build)
    signing_key(project)
    make_output_folder(project.store, key="build")


def _new_or_same_run(
    order: Order, project: Project, register: Register, reporter: Reporter, reuse: Reuse
) -> Run:
    """The last run when no input changed since; else a new one."""
    from evidence.engine.run.sealed import Refused, Tampered

    if order.cache and not order.only and (not order.falsify or _is_falsified(order, project)):
        try:
            found = reuse.recorded_run()
        except Tampered as error:
            reporter.problem(f"{error}; everything is run again.")
        except Refused:
            pass
        else:
            reporter.note(
                f"reused  all results of the run of {found.started_at}: no input changed since; "
                "--no-cache runs everything again"
            )
            return found
    reuse.forget_results()
    found = _run_gates(order, project, register, reporter)
    if not (order.only or found.changed):
        reuse.keep_results()
    return found


def _is_falsified(order: Order, project: Project) -> bool:
    """True when the last run broke code on purpose, as much of it as is asked for, by a harness
    that can be trusted."""
    from evidence.engine.falsify.record import read_falsified
    from evidence.engine.run.record import results_folder

    try:
        record = read_falsified(results_folder(project))
    except CannotRun:
        return False
    if record is None or record.claims is None or record.complaints:
        return False
    return not (order.all_mutants and record.left_out)


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


def _run_gates(order: Order, project: Project, register: Register, reporter: Reporter) -> Run:
    from evidence.engine.run.session import run_gates

    reporter.stage("gates")
    found = run_gates(project, register, order.only or None, reporter)
    if not order.only and order.falsify:
        _break_code(order, project, register, found, reporter)
        _break_promises(project, register, found, reporter)
    if found.changed:
        reporter.problem(
            f"{', '.join(found.changed)}: changed while the gates ran, so this run counts as one "
            "over changes that are not committed; run again."
        )
    return found


def _break_code(
    order: Order, project: Project, register: Register, found: Run, reporter: Reporter
) -> None:
    from evidence.engine.falsify.mutation import mutate
    from evidence.engine.falsify.told import summary

    reporter.stage("mutants")
    per_claim = 0 if order.all_mutants else project.mutants_per_claim
    broken = mutate(project, register, found, reporter, per_claim=per_claim)
    for line in summary(broken, register.claims):
        reporter.note(line)
    for complaint in broken.record.complaints:
        reporter.problem(complaint)


def _break_promises(project: Project, register: Register, found: Run, reporter: Reporter) -> None:
    from evidence.engine.falsify.sabotage.stage import sabotage
    from evidence.engine.falsify.sabotage.words import caught

    if register.patches:
        reporter.stage("sabotage")
    patches = sabotage(project, register, found, reporter)
    for line in caught(patches) if patches else ():
        reporter.note(line)


def _recorded_run(
    order: Order, project: Project, register: Register, reporter: Reporter, reuse: Reuse
) -> Run:
    from evidence.engine.stale import still_true_run

    return still_true_run(project, register)


def _reporter(order: Order) -> Reporter:
    from evidence.engine.report import Reporter

    if order.color:
        return Reporter()
    os.environ["NO_COLOR"] = "1"
    return Reporter(live=False)


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
        _say(f"{', '.join(sorted(order.only))} ran alone, so no claim was judged or published.")
        return UNPROVEN if _has_failed(found) else OK
    reporter.summary(register, found, judgement, where, sealed)
    counts = judgement.counts()
    held_back = [
        (counts[Status.NOT] + counts[Status.PARTLY], "not every claim in scope is Met"),
        (found.tree.dirty, "changes are not committed"),
    ]
    for said in judgement.said:
        if said.unborne_by:
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

    says_too_much = any(said.unborne_by for said in judgement.said)
    has_failed = _has_failed(found) or bool(judgement.complaints) or says_too_much
    return UNPROVEN if has_failed or judgement.counts()[Status.NOT] else OK


def _has_failed(found: Run) -> bool:
    from evidence.engine.run.model import GateStatus

    return any(gate.status is GateStatus.FAILED for gate in found.gates)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n" if text else "")


def _show_start(order: Order) -> None:
    """Whoever has settings and no register yet is shown the smallest one that works."""
    from evidence.engine.project import find_root, load_project
    from evidence.engine.starter import starter

    # What cannot be read has been told already.
    with suppress(Mistakes, CannotRun, OSError):
        _complain(starter(load_project(find_root(order.project))))


def _tell(mistakes: Sequence[Mistake]) -> None:
    for mistake in mistakes:
        _say(str(mistake))


def _count(number: int, thing: str, things: str = "") -> str:
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def _not_installed(error: ModuleNotFoundError) -> str:
    """A missing dependency is the caller's to mend; a missing part of the engine is a bug."""
    if not error.name or error.name.startswith("evidence"):
        raise error
    return (
        f"{error.name}: not installed for {sys.executable}; run `make evidence`, or this script by "
        "the Python of the project's .venv."
    )


def _machine_refused(error: OSError) -> str:
    """A full, read-only or closed disk is the caller's to mend; any other refusal is a bug."""
    next_steps = {
        errno.ENOSPC: "free some space",
        errno.EDQUOT: "free some space",
        errno.EROFS: "run where files can be written",
        errno.EACCES: "give yourself permission",
        errno.EPERM: "give yourself permission",
    }
    if error.errno not in next_steps:
        raise error
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}; {next_steps[error.errno]}, then run again."


def _speak_plainly() -> None:
    """A terminal that cannot show a character gets its escape, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _heeding_signals() -> Iterator[None]:
    """TERM and HUP unwind like Ctrl-C does, so that whatever was started is ended too."""

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
