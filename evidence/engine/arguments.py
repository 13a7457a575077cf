"""What can be asked of the engine on its command line, and the help that says so."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.engine import __version__

_ABOUT = """\
Proves what a project says about itself: runs its gates, judges every claim of its register by
what they found, and builds the site that shows it.
"""

_MORE = """\
examples:
  python build_evidence.py                 everything: check, run the gates, judge, publish
  python build_evidence.py check           only the register, in under a second
  python build_evidence.py --only tests    one gate while you work on it; publishes nothing
  python build_evidence.py site            publish the recorded run again, after editing pages
  python build_evidence.py serve           look at it
  python build_evidence.py bundle          pack it for somebody who does not trust you
  python build_evidence.py deploy v1.0.0   publish it as version 1.0.0 beside the others
  python build_evidence.py mutants REF-02  the ways to break the code that this claim cites
  python build_evidence.py --no-cache      everything anew, although nothing changed
  python build_evidence.py sabotage REF-02 break what this claim promises, see red, see green again
  python build_evidence.py --release       everything, and anything short of Met fails

where things land:
  build/site/index.html        the site: open it, no server needed
  build/site/evidence.json     every verdict as data, with its schema beside it
  build/site/proof/            one log for each gate
  .local/evidence/results      what the last run recorded

exit codes:
  0    no gate failed and no claim is Not met
  1    a gate failed or a claim is Not met; with --release also a claim that is not Met, or
       changes that are not committed
  2    could not run: a mistake in the register or settings, or something this machine lacks
  130  stopped by Ctrl-C; the last whole build stays as it was
"""

_COMMANDS = {
    "all": "check, run, judge and publish: the same as no command",
    "check": "read the register and follow every link of it; run nothing",
    "mutants": "list the small edits that would break the code of claims; --run tries them",
    "sabotage": "break promises in a copy, one at a time, and show who notices",
    "lies": "tell four lies about a small project, and show what gives each away",
    "run": "run the gates and judge; record the results, publish nothing",
    "site": "judge the recorded run again and publish it, if no file changed but pages",
    "bundle": "pack the last build into one ZIP that a buyer can verify",
    "deploy": "publish the last build as one version among others, on the branch for a host",
    "serve": "show the last build in a browser on this machine",
    "doctor": "say what this machine can and cannot prove, and how to change that",
}
_BUILDING = ("all", "run", "site")
_RUNNING = ("all", "run")
_PORT = 8400
_REMOTE, _BRANCH = "origin", "gh-pages"


@dataclass(frozen=True)
class Order:
    """What was asked for. `project` is where to look for it; `only` is empty for all gates."""

    command: str
    project: Path
    only: frozenset[str]
    release: bool
    color: bool
    wait: bool
    cores: int
    port: int
    claims: tuple[str, ...] = ()
    is_list: bool = False
    out: Path | None = None
    tag: str = ""
    remote: str = _REMOTE
    branch: str = _BRANCH
    cache: bool = True
    falsify: bool = True
    all_mutants: bool = False
    is_live: bool = False


def read_order(arguments: Sequence[str] | None = None) -> Order:
    """The order; prints help or usage and raises SystemExit when that was asked or is due."""
    given = _parser().parse_args(arguments)
    return Order(
        command=given.command or "all",
        project=getattr(given, "project", Path()),
        only=frozenset(getattr(given, "only", None) or ()),
        release=getattr(given, "release", False),
        color=getattr(given, "color", True),
        wait=getattr(given, "wait", True),
        cores=getattr(given, "cores", 0),
        port=getattr(given, "port", 0),
        claims=tuple(getattr(given, "claims", ())),
        is_list=getattr(given, "list", False),
        out=getattr(given, "out", None),
        tag=getattr(given, "tag", None) or "",
        remote=getattr(given, "remote", _REMOTE),
        branch=getattr(given, "branch", _BRANCH),
        cache=getattr(given, "cache", True) and not getattr(given, "release", False),
        falsify=getattr(given, "falsify", True),
        all_mutants=getattr(given, "all_mutants", False) or getattr(given, "release", False),
        is_live=getattr(given, "is_live", False),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build_evidence.py",
        usage="build_evidence.py [command] [options]",
        # Options are written in full, so that a new one never changes what a script means.
        allow_abbrev=False,
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_everywhere(), _running(), _building()],
    )
    parser.add_argument("--version", action="version", version=f"evidence engine {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="command", title="commands", prog="build_evidence.py"
    )
    for name, says in _COMMANDS.items():
        parents = [_everywhere()]
        parents += [_running()] if name in _RUNNING else []
        parents += [_building()] if name in _BUILDING else []
        command = commands.add_parser(
            name, help=says, description=says, parents=parents, allow_abbrev=False
        )
        if name == "bundle":
            command.add_argument(
                "--out",
                type=Path,
                metavar="FILE",
                help="default: NAME_evidence.zip in the folder of builds, .build",
            )
        if name == "deploy":
            command.add_argument(
                "tag", nargs="?", metavar="TAG", help="default: the only tag at the build's commit"
            )
            command.add_argument(
                "--remote",
                default=_REMOTE,
                metavar="NAME",
                help=f"a remote's name, a path or an address; default: {_REMOTE}",
            )
            command.add_argument(
                "--branch", default=_BRANCH, metavar="NAME", help=f"default: {_BRANCH}"
            )
        if name == "serve":
            command.add_argument(
                "--port", type=_port, default=_PORT, help=f"default {_PORT}; 0 takes any free one"
            )
        if name == "sabotage":
            command.add_argument(
                "claims", nargs="*", metavar="NAME", help="of claims, of gates, or of patches"
            )
            command.add_argument(
                "--list", action="store_true", help="say what would be broken; break nothing"
            )
        if name == "mutants":
            command.add_argument(
                "claims",
                nargs="*",
                metavar="CLAIM",
                help="show each edit of these claims; without one, only count those of every claim",
            )
            command.add_argument(
                "--run",
                dest="is_live",
                action="store_true",
                help="try each of these claims' mutants now, on the files as they are, after "
                "one run of the tests that they cite; nothing is recorded or published",
            )
    return parser


def _everywhere() -> argparse.ArgumentParser:
    """Options of every command; they can stand before or after it, hence no default."""
    options = _options()
    options.add_argument(
        "--project",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the project's folder; default: this one, or the nearest above it with a register",
    )
    options.add_argument(
        "--no-color",
        dest="color",
        action="store_false",
        default=argparse.SUPPRESS,
        help="no colours and no moving lines",
    )
    return options


def _running() -> argparse.ArgumentParser:
    options = _options()
    options.add_argument(
        "--only",
        action="append",
        metavar="GATE",
        default=argparse.SUPPRESS,
        help="run this gate alone (repeatable): its result is printed and nothing is published, "
        "for claims that rest on other gates would be unproven; exit 1 only if it failed",
    )
    options.add_argument(
        "--no-falsify",
        dest="falsify",
        action="store_false",
        default=argparse.SUPPRESS,
        help="break nothing on purpose: quicker, and no claim gets the rung Falsified",
    )
    options.add_argument(
        "--all-mutants",
        action="store_true",
        default=argparse.SUPPRESS,
        help="try every mutant of every claim, where [tool.evidence] mutants_per_claim says that "
        "a sample will do; --release does so too",
    )
    options.add_argument(
        "--cores",
        type=_cores,
        metavar="N",
        default=argparse.SUPPRESS,
        help="use so many cores; default: all this process may use",
    )
    return options


def _building() -> argparse.ArgumentParser:
    options = _options()
    options.add_argument(
        "--release",
        action="store_true",
        default=argparse.SUPPRESS,
        help="exit 1 also if a claim in scope is not Met, or changes are not committed; tries "
        "every mutant and reuses nothing",
    )
    options.add_argument(
        "--no-wait",
        dest="wait",
        action="store_false",
        default=argparse.SUPPRESS,
        help="give up when another build of this project is under way, instead of waiting",
    )
    options.add_argument(
        "--no-cache",
        dest="cache",
        action="store_false",
        default=argparse.SUPPRESS,
        help="run everything, even what is known because nothing changed; --release does so too",
    )
    return options


def _options() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(add_help=False, allow_abbrev=False)


def _cores(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1 up expected")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: a port from 0 to 65535 expected")
    return int(text)
