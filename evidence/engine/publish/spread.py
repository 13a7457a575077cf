"""Many jobs over the processors, in forks of this process: they have all that it worked out so far.

A pipe of tickets says which job is next to whoever reads it, so nobody waits while work is left.
When this process is killed, each fork ends by itself once all tickets are taken.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

_Result = TypeVar("_Result")

# Fewer jobs than these take no longer than a fork and its answer.
_WORTH_A_FORK = 50
_TICKET_BYTES = 4
# All are written before any is read, and a pipe holds 64 KiB.
_TICKETS = 8_192


def spread(
    jobs: Sequence[Callable[[], _Result]], processes: int, *, worth: int = _WORTH_A_FORK
) -> list[_Result]:
    """What the jobs return, in their order; what a fork's return is pickled on its way.

    At most one process for each `worth` jobs. Raises what a job raised, and ChildProcessError when
    a fork ended without an answer; the other forks are ended then.
    """
    with ExitStack() as ends:
        tickets = ends.enter_context(_tickets(min(len(jobs), _TICKETS)))
        forks = [
            ends.enter_context(_fork(jobs, tickets))
            for _ in range(1, min(processes, len(jobs) // worth))
        ]
        found = _work(jobs, tickets)
        for fork in forks:
            found |= fork.answer()
    return [found[number] for number in range(len(jobs))]


@dataclass(frozen=True)
class _Fork(Generic[_Result]):
    """A process at work, and where it will say what it found."""

    pid: int
    reading: int

    def answer(self) -> dict[int, _Result]:
        with os.fdopen(self.reading, "rb", closefd=False) as pipe:
            told = pipe.read()
        if not told:
            raise ChildProcessError("a fork of this process ended without an answer; run again")
        found = pickle.loads(told)  # noqa: S301 (a fork of this very process wrote it)
        if isinstance(found, BaseException):
            raise found
        return dict(found)

    def end(self) -> None:
        os.close(self.reading)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@contextmanager
def _tickets(many: int) -> Iterator[int]:
    """A pipe to read the numbers below `many` from, each once, whoever reads."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(n.to_bytes(_TICKET_BYTES, "big") for n in range(many)))
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


def _work(jobs: Sequence[Callable[[], _Result]], tickets: int) -> dict[int, _Result]:
    """By its number, what each job returned whose ticket this process drew."""
    found = {}
    while ticket := os.read(tickets, _TICKET_BYTES):
        for number in range(int.from_bytes(ticket, "big"), len(jobs), _TICKETS):
            found[number] = jobs[number]()
    return found


@contextmanager
def _fork(jobs: Sequence[Callable[[], _Result]], tickets: int) -> Iterator[_Fork[_Result]]:
    """A fork at work, ended with the block at the latest."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _be_a_fork(jobs, tickets, writing)
    os.close(writing)
    fork: _Fork[_Result] = _Fork(child, reading)
    try:
        yield fork
    finally:
        fork.end()


def _be_a_fork(jobs: Sequence[Callable[[], object]], tickets: int, writing: int) -> NoReturn:
    """Nothing of the parent's is cleaned up or written twice here, whatever happens."""
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_answer(jobs, tickets))
    finally:
        os._exit(0)


def _answer(jobs: Sequence[Callable[[], object]], tickets: int) -> bytes:
    try:
        return pickle.dumps(_work(jobs, tickets))
    except BaseException as error:  # The parent raises it.
        return _pickled(error)


def _pickled(error: BaseException) -> bytes:
    """The error, or what it says where it cannot be made again from its pickle."""
    try:
        told = pickle.dumps(error)
        pickle.loads(told)  # noqa: S301 (just made)
    except Exception:  # Whatever an error's own constructor may raise.
        return pickle.dumps(ChildProcessError(f"{type(error).__name__}: {error}"))
    return told
