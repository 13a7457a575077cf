"""Work side by side over the cores there are, long work first."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_WAKE_S = 0.2


@dataclass(frozen=True)
class Job:
    """`work` runs in a thread of its own and takes `cores` of what there is."""

    name: str
    cores: float
    expected_s: float
    work: Callable[[], None]


def run_side_by_side(jobs: Sequence[Job], *, cores: int, stop: threading.Event) -> None:
    """Returns when all are done. After an error or an interrupt, sets `stop` and waits for the
    running ones to end before it raises; what has not begun never does."""
    waiting = sorted(jobs, key=lambda job: -job.expected_s)
    ended: queue.SimpleQueue[tuple[Job, BaseException | None]] = queue.SimpleQueue()
    running: dict[str, threading.Thread] = {}
    free: float = cores
    try:
        while waiting or running:
            for job in [*waiting]:
                if min(job.cores, cores) <= free:
                    free -= min(job.cores, cores)
                    waiting.remove(job)
                    running[job.name] = _begin(job, ended)
            if (answer := _next(ended)) is not None:
                job, error = answer
                running.pop(job.name).join()
                free += min(job.cores, cores)
                if error is not None:
                    raise error
    finally:
        if running:
            stop.set()
        for thread in running.values():
            thread.join()


def usable_cores(wanted: int = 0) -> int:
    """How many this process may use: its affinity and its control group's quota, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        there = len(os.sched_getaffinity(0))
    else:
        there = os.cpu_count() or 1
    there = min(there, _quota(Path("/sys/fs/cgroup/cpu.max")) or there)
    return max(1, min(wanted, there) if wanted else there)


def _begin(
    job: Job, ended: queue.SimpleQueue[tuple[Job, BaseException | None]]
) -> threading.Thread:
    def work() -> None:
        try:
            job.work()
        except BaseException as error:  # Raised again where the run waits.
            ended.put((job, error))
        else:
            ended.put((job, None))

    thread = threading.Thread(target=work, name=job.name)
    thread.start()
    return thread


def _next(
    ended: queue.SimpleQueue[tuple[Job, BaseException | None]],
) -> tuple[Job, BaseException | None] | None:
    """Wakes up often, so that signals are heard."""
    try:
        return ended.get(timeout=_WAKE_S)
    except queue.Empty:
        return None


def _quota(path: Path) -> int:
    """Whole cores of a container's quota (`cpu.max`: microseconds, period); 0 when unlimited."""
    try:
        quota, period = path.read_text("ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return 0
