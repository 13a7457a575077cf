"""The command line: which command was asked for, and how its end is told.

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
from evidence.engine.build import load, reporter_for, run
from evidence.engine.console import (
    COULD_NOT_RUN,
    INTERRUPTED,
    OK,
    UNPROVEN,
    complain,
    count,
    say,
    tell,
)
from evidence.engine.mistakes import CannotRun, Mistakes

if TYPE_CHECKING:
    from pathlib import Path

    from evidence.engine.project import Project
    from evidence.engine.register.model import Register
    from evidence.engine.run.model import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; returns the exit code. Only bugs raise."""
    _speak_plainly()
    order = read_order(arguments)
    try:
        with _heeding_signals():
            return _COMMANDS.get(order.command, run)(order)
    except Mistakes as error:
        complain(str(error))
        complain(f"{count(len(error.found), 'mistake')}; nothing was published.")
        _show_start(order)
        return COULD_NOT_RUN
    except CannotRun as error:
        complain(str(error))
        return COULD_NOT_RUN
    except ModuleNotFoundError as error:
        complain(_not_installed(error))
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        complain("\nStopped. The last whole build is as it was.")
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; flushing at exit would complain once again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_RUN
    except OSError as error:
        complain(_machine_refused(error))
        return COULD_NOT_RUN


def _check(order: Order) -> int:
    from evidence.engine.falsify.waivers import lapsed

    project, register, dead = load(order)
    over = lapsed(project, register)
    tell((*dead, *over))
    say(
        f"{project.name}: {count(len(register.claims), 'claim')} in "
        f"{count(len(register.areas), 'area')}, {count(len(register.gates), 'gate')}, "
        f"{count(len(register.requirements), 'requirement')}; "
        + (f"{count(len(dead), 'dead link')}." if dead else "every link is alive.")
        + (f" {count(len(over), 'waiver')} lapsed." if over else "")
    )
    return UNPROVEN if dead or over else OK


def _mutants(order: Order) -> int:
    from evidence.engine.falsify.listing import breakable, chosen, source_of

    project, register, dead = load(order)
    tell(dead)
    if order.is_live:
        return _try_mutants(order, project, register)
    total: set[str] = set()
    for claim in chosen(register, order.claims):
        found = breakable(project, claim).mutants
        total.update(mutant.id for mutant in found)
        say(f"{claim.id:<8} {count(len(found), 'mutant'):>12}  {claim.says}")
        for mutant in found if order.claims else ():
            say(f"  {mutant.path}:{mutant.line}  {mutant.operator}  {mutant.id}")
            for line in mutant.diff(source_of(project, mutant.path)):
                say(f"    {line}")
    say(f"{count(len(total), 'mutant')} in all; none was run.")
    return UNPROVEN if dead else OK


def _sabotage(order: Order) -> int:
    """Breakages in front of a reviewer; nothing is recorded or published."""
    from evidence.engine.falsify.sabotage.live import Stage, chosen_patches, listed, show
    from evidence.engine.falsify.sabotage.stage import opened_ground
    from evidence.engine.lock import alone
    from evidence.engine.run.model import unrecorded
    from evidence.engine.run.tree import read_tree

    project, register, dead = load(order)
    tell(dead)
    patches = chosen_patches(register, order.claims)
    if order.is_list or not order.claims:
        for line in listed(register, patches):
            say(line)
        say(f"{count(len(patches), 'patch', 'patches')}; none was applied.")
        return OK
    with reporter_for(order) as reporter, alone(project.work, wait=True, tell=reporter.stage):
        before = unrecorded(read_tree(project))
        with opened_ground(project, register, before, reporter) as ground:
            stage = Stage(ground, reporter.note, reporter)
            caught = sum(show(patch, stage) for patch in patches)
    say(f"{caught} of {count(len(patches), 'broken promise')} caught, and whole again.")
    return OK if caught == len(patches) else UNPROVEN


def _lies(order: Order) -> int:
    from evidence.engine.lies.replay import replay

    return OK if replay(say) else UNPROVEN


def _try_mutants(order: Order, project: Project, register: Register) -> int:
    """Some claims' mutants in front of a reviewer, and tests that they cite without need; nothing
    is recorded or published."""
    from evidence.engine.falsify.listing import chosen
    from evidence.engine.falsify.mutation import try_live
    from evidence.engine.falsify.told import cited_by, of_claim, summary
    from evidence.engine.judge.verdict import not_executed
    from evidence.engine.lock import alone

    claims = chosen(register, order.claims)
    idle: list[str] = []

    def look(run: Run, results: Path) -> None:
        idle.extend(not_executed(project, register, claims, run, results))

    with reporter_for(order) as reporter, alone(project.work, wait=order.wait, tell=reporter.stage):
        broken = try_live(project, register, claims, reporter, look=look)
    for claim in claims:
        for line in of_claim(claim, broken.record):
            say(line)
    for line in (*summary(broken, claims), *idle, *broken.record.complaints):
        say(line)
    found = broken.record
    lives = [m for c in claims for m in found.of(c.id) if not m.kill(cited_by(c))]
    return UNPROVEN if lives or idle or found.complaints else OK


def _serve(order: Order) -> int:
    from evidence.engine.project import find_root, load_project
    from evidence.engine.serve import serve

    project = load_project(find_root(order.project))
    serve(project.build, port=order.port, tell=say)
    return OK


def _bundle(order: Order) -> int:
    from evidence.engine.project import find_root, load_project
    from evidence.engine.publish.bundle import pack

    project = load_project(find_root(order.project))
    path, size = pack(project, order.out)
    say(f"bundle  {path}  {size:,} bytes")
    say(
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
    say(f"deploy  {done.version} {what} on {order.branch}{latest}")
    return OK


def _examine(order: Order) -> int:
    from evidence.engine.doctor import examine
    from evidence.engine.project import find_root, load_project
    from evidence.engine.register.reading import survey_register

    project = load_project(find_root(order.project))
    findings = examine(project, survey_register(project).register)
    marks = {True: "ok", None: "note", False: "LACKS"}
    for finding in findings:
        say(f"{marks[finding.ok]:<6} {finding.what}: {finding.found}")
        if finding.next_step:
            say(f"       {finding.next_step}")
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


def _show_start(order: Order) -> None:
    """Whoever has settings and no register yet is shown the smallest one that works."""
    from evidence.engine.project import find_root, load_project
    from evidence.engine.starter import starter

    # What cannot be read has been told already.
    with suppress(Mistakes, CannotRun, OSError):
        complain(starter(load_project(find_root(order.project))))


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
