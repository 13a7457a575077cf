"""What a person sees while the engine works: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from evidence.engine.judge.model import Judgement, Status
from evidence.engine.mistakes import Mistake
from evidence.engine.publish.ids import compact
from evidence.engine.publish.reasons import Held, not_measured, problems
from evidence.engine.register.model import Gate, Register
from evidence.engine.run.model import GateRun, GateStatus, Run

_HEARTBEAT_S = 30.0
_COLOURS = {GateStatus.PASSED: "green", GateStatus.FAILED: "red", GateStatus.NOT_RUN: "yellow"}
_WORDS = {Status.NOT: "not met", Status.PARTLY: "partly met"}
_HUNG = 4
_TOLD = 40  # Reasons told; a broken set-up can give each claim one of its own.
_RECALLED = 6  # Last lines of each failed gate, told again where a long build's reader looks.


class Reporter:
    """Hears a run (`Listener`) and tells it. Use it as a context manager around the work.

    On a terminal each running gate has a line with its time and newest output; elsewhere, or when
    CI is set, a line is printed when something ends and, every 30 s, one that names what runs.
    """

    def __init__(self, stream: TextIO | None = None, *, live: bool | None = None) -> None:
        stream = stream or sys.stdout
        self.live = (stream.isatty() and not os.environ.get("CI")) if live is None else live
        self.console = Console(
            file=stream,
            force_terminal=self.live,
            no_color=True if os.environ.get("NO_COLOR") else None,
            width=None if self.live else 10_000,
            highlight=False,
            soft_wrap=not self.live,
        )
        self._running: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._live = Live(console=self.console, get_renderable=self._draw, refresh_per_second=8)
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Reporter:
        if self.live:
            self._live.start()
        else:
            self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._running.clear()
        self._done.set()
        if self.live:
            self._live.stop()

    def stage(self, text: str) -> None:
        self._print(f"[bold]{escape(text)}[/]")

    def note(self, text: str) -> None:
        """A plain line."""
        self._print(escape(text))

    def gate_started(self, gate: Gate) -> None:
        with self._lock:
            self._running[gate.id] = _Line(gate.id)

    def gate_progress(self, gate: Gate, line: str) -> None:
        with self._lock:
            if gate.id in self._running:
                self._running[gate.id].newest = line

    def gate_ended(self, gate: Gate, run: GateRun) -> None:
        with self._lock:
            self._running.pop(gate.id, None)
        word = f"[{_COLOURS[run.status]}]{run.status:<7}[/]"
        why = f"  {escape(run.why)}" if run.why else ""
        self._print(f"{word}  {escape(gate.id)}  [dim]{run.elapsed_s:.1f} s[/]{why}")
        for line in run.failures:
            self._print(f"         {escape(line)}")

    def progress(self, what: str, done: int, of: int) -> None:
        with self._lock:
            line = self._running.setdefault(what, _Line(what))
            line.newest = line.counted = f"{done:,} of {of:,}"
            if done >= of:
                self._running.pop(what)

    def mistakes(self, found: Iterable[Mistake]) -> None:
        """All of them, in file order, and how many."""
        listed = sorted(found)
        for mistake in listed:
            self._print(f"[bold]{mistake.place}[/]  {escape(mistake.text)}")
        self._print(f"{len(listed)} {'mistake' if len(listed) == 1 else 'mistakes'}")

    def problem(self, text: str) -> None:
        """A sentence about why something could not be done."""
        self._print(f"[red]{escape(text)}[/]")

    def summary(
        self,
        register: Register,
        run: Run,
        judgement: Judgement,
        where: str = "",
        sealed: str = "",
    ) -> None:
        """The last lines: gates, requirements, claims, and every claim that needs a look."""
        for line in summary_lines(register, run, judgement, where, sealed):
            self._print(escape(self._hung(line)))

    def _hung(self, line: str) -> str:
        """On a terminal, what wraps stays indented below its first words."""
        if not self.live:
            return line
        indent = " " * (len(line) - len(line.lstrip()) + _HUNG)
        return "\n".join(
            textwrap.wrap(
                line,
                self.console.width,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def _print(self, markup: str) -> None:
        self.console.print(markup)

    def _draw(self) -> RenderableType:
        with self._lock:
            lines = list(self._running.values())
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        for line in lines:
            elapsed = f"{time.monotonic() - line.began:.0f} s"
            table.add_row(line.spinner, escape(line.name), elapsed, escape(line.newest))
        return Group(table)

    def _beat(self) -> None:
        while not self._done.wait(_HEARTBEAT_S):
            with self._lock:
                now = time.monotonic()
                names = [line.told(now) for line in self._running.values()]
            if names:
                self._print(f"running  {escape(', '.join(names))}")


def summary_lines(
    register: Register, run: Run, judgement: Judgement, where: str = "", sealed: str = ""
) -> list[str]:
    """Plain text: the counts, then why. Real problems come first, each reason is said once."""
    statuses = [gate.status for gate in run.gates]
    held = [
        *problems(judgement, Status.NOT),
        *problems(judgement, Status.PARTLY),
        *not_measured(judgement),
    ]
    lines = [
        _counted("gates", [(statuses.count(status), str(status)) for status in GateStatus]),
        _counted(
            "asked", _requirements(judgement), of=f"{len(judgement.requirements)} requirements: "
        ),
        _counted("claims", _claims(register, judgement)),
        *(line for each in held[:_TOLD] for line in _told(each, judgement)),
    ]
    if len(held) > _TOLD:
        lines.append(f"  … and {len(held) - _TOLD} more reasons, each on the site")
    lines += _unserved(judgement)
    lines += [line for gate in run.gates for line in _failed(gate)]
    lines += [f"site    {where}"] if where else []
    return [*lines, f"seal    {sealed}"] if sealed else lines


class _Line:
    """A running gate as shown."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.newest = self.counted = ""
        self.began = time.monotonic()
        self.spinner = Spinner("dots")

    def told(self, now: float) -> str:
        counted = f" {self.counted}" if self.counted else ""
        return f"{self.name}{counted} ({now - self.began:.0f} s)"


def _told(held: Held, judgement: Judgement) -> list[str]:
    """One line; a second one names the claims when they are some of many."""
    why = f"{_WORDS[held.status]}: {' '.join(held.reasons)}"
    if len(held.claims) == 1:
        return [f"  {held.claims[0]} {why}"]
    if len(held.claims) == len(judgement.verdicts):
        return [f"  all {len(held.claims):,} claims {why}"]
    return [f"  {len(held.claims):,} claims {why}", f"    {compact(held.claims)}"]


def _failed(gate: GateRun) -> list[str]:
    """What a failed gate said last: it was told when the gate ended, far above by now."""
    if gate.status is not GateStatus.FAILED:
        return []
    said = [line.rstrip() for line in gate.failures if line.strip()][-_RECALLED:]
    return [f"failed  {gate.id}: {gate.why}", *(f"        {line}" for line in said)]


def _unserved(judgement: Judgement) -> list[str]:
    served = {link.text for verdict in judgement.verdicts for link in verdict.claim.requirements}
    ids = [each for each in judgement.requirements if each not in served]
    return [f"  requirements that no claim serves: {compact(ids)}"] if ids else []


def _claims(register: Register, judgement: Judgement) -> list[tuple[int, str]]:
    counts = judgement.counts()
    return [
        (counts[Status.MET], "met"),
        (counts[Status.PARTLY], "partly"),
        (counts[Status.NOT], "not met"),
        (len(register.out_of_scope), "out of scope"),
    ]


def _requirements(judgement: Judgement) -> list[tuple[int, str]]:
    statuses = list(judgement.requirements.values())
    return [
        (statuses.count(Status.MET), "met"),
        (statuses.count(Status.PARTLY), "partly"),
        (statuses.count(Status.NOT), "not met"),
    ]


def _counted(name: str, counts: list[tuple[int, str]], *, of: str = "") -> str:
    """`claims  41 met, 1 partly`: what there is none of is left out."""
    told = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{name:<6}  {of if told else ''}{told or 'none'}"
