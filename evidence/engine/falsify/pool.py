"""Fork servers side by side, one a core, each in a copy of its own, and work handed out to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import TypeVar

from evidence.engine.falsify.copies import Copy, make_copy
from evidence.engine.falsify.inside.opened import Opened
from evidence.engine.falsify.server import Server, ServerDied, Stopped
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.register.model import Gate
from evidence.engine.run.bench import Bench
from evidence.engine.run.schedule import Job, run_side_by_side
from evidence.engine.run.services import Services
from evidence.engine.run.tree import read_files

_Work = TypeVar("_Work")
_LIVES = 3  # Servers that one worker may use up before the whole stage is given up.


class Worker:
    """A place in which servers for one gate's tests are started, one after the other. `shared` is
    what they went through before they forked."""

    def __init__(
        self,
        gate: Gate,
        tests: Sequence[str],
        *,
        copy: Copy,
        bench: Bench,
        services: Services,
        name: str,
        warm: Sequence[str],
    ) -> None:
        self.copy = copy
        self.died: list[str] = []
        self.shared = Shared()
        self._gate, self._tests, self._warm = gate, tests, warm
        self._numbers = count(1)
        self._bench, self._services, self._name = bench, services, name
        self._stack = ExitStack()
        self._server: Server | None = None

    def fresh(self, tests: Sequence[str]) -> Server:
        """A server in the same copy that runs these tests in its own process, once; not entered."""
        return Server(
            self._gate,
            tests,
            name=f"{self._name}-fresh-{next(self._numbers)}",
            copy=self.copy,
            bench=self._bench,
            services=self._services,
            here=True,
        )

    @property
    def server(self) -> Server:
        """The living server, started if need be. Raises ServerDied when too many have died."""
        if self._server is None:
            if len(self.died) >= _LIVES:
                raise ServerDied(self.died[-1])
            fresh = Server(
                self._gate,
                self._tests,
                name=f"{self._name}-{next(self._numbers)}",
                copy=self.copy,
                bench=self._bench,
                services=self._services,
                # What is run to warm up may be what killed the one before.
                warm=() if self.died else self._warm,
            )
            try:
                # It may be wanted in the middle of a mutant: whatever it loads has to be whole.
                with self.copy.mended():
                    self._server = self._stack.enter_context(fresh)
                self.shared |= self._server.ready.shared
            except ServerDied as error:
                self.died.append(str(error))
                raise
        return self._server

    @property
    def is_last_life(self) -> bool:
        """True when no server may follow this one."""
        return len(self.died) >= _LIVES - 1

    def renew(self) -> None:
        """The next server starts afresh, in a database of its own say; nobody is to blame."""
        self.close()

    def bury(self, why: str) -> None:
        """This server died or cannot be trusted, which counts against the worker."""
        self.died.append(why)
        self.close()

    def close(self) -> None:
        self._stack.close()
        self._server = None


@contextmanager
def pool(
    gate: Gate,
    tests: Sequence[str],
    *,
    warm: Sequence[str],
    bench: Bench,
    services: Services,
) -> Iterator[tuple[Worker, ...]]:
    """As many workers as cores may be used. Their servers run the `warm` tests before they fork,
    and end with the block. Raises ServiceFailed."""
    with ExitStack() as stack:
        workers = []
        for number in range(bench.cores):
            copy = make_copy(bench, f"_copy-{gate.id}-{number}")
            stack.callback(copy.opened.close)
            worker = Worker(
                gate,
                tests,
                copy=copy,
                bench=bench,
                services=services,
                name=f"_forks-{gate.id}-{number}",
                warm=warm,
            )
            stack.callback(worker.close)
            workers.append(worker)
        workers[0].shared |= started(gate, bench, services)
        yield tuple(workers)


def started(gate: Gate, bench: Bench, services: Services) -> Shared:
    """The gate's services, which run where the project stands: what they load until they are ready
    shows in all trials. Raises ServiceFailed."""
    if not gate.services:
        return Shared()
    with closing(Opened(bench.project.root, read_files(bench.project))) as opened:
        services.environment(gate.services)
        found = opened.told()
    return Shared(None if found is None else Trace(files=found))


def hand_out(
    work: Iterable[_Work],
    workers: Sequence[Worker],
    do: Callable[[_Work, Worker], None],
    *,
    bench: Bench,
) -> None:
    """Each piece once, to whichever worker is free. One that kills its server is told to `do` no
    more: the worker's `died` says why, and what was not done is the caller's to notice."""
    pieces, lock = iter(work), threading.Lock()

    def all_of(worker: Worker) -> None:
        while not bench.stop.is_set():
            with lock:
                piece = next(pieces, None)
            if piece is None:
                return
            try:
                do(piece, worker)
            except Stopped:
                return
            except ServerDied as error:
                worker.bury(str(error))
                if len(worker.died) >= _LIVES:
                    return

    jobs = [
        Job(name=f"worker {number}", cores=1, expected_s=1.0, work=lambda each=each: all_of(each))  # type: ignore[misc]
        for number, each in enumerate(workers)
    ]
    run_side_by_side(jobs, cores=len(workers), stop=bench.stop)
