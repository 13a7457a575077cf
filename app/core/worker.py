"""Runs Procrastinate's worker for as long as it is wanted, whatever happens to the database."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

log = logging.getLogger(__name__)
THREADS = 4
POLL_S = 1.0
# Longer than one event can take: three calls to Stripe of at most 20 s.
LAST_JOB_S = 75.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
HEALTHY_S = 60.0
# Many more than the longest wait takes, and far fewer than a float can bear.
MOST_DOUBLINGS = 10


async def work(*, stop: asyncio.Event, threads: int = THREADS) -> None:
    """Work on jobs, and defer those that the schedule names, until `stop` is set; then end the
    jobs at hand. When the database goes away, connect again with growing pauses."""
    failures = 0
    stopped = asyncio.create_task(stop.wait())
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        running = asyncio.create_task(_run(threads))
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()  # Told to stop; one that has ended by itself takes no notice.
        error = await _outcome(running)
        if stop.is_set():
            break
        lasted_s = asyncio.get_running_loop().time() - began
        failures = 1 if lasted_s > HEALTHY_S else failures + 1
        pause_s = pause(failures=failures, uniform=random.uniform)
        log.warning("worker: stopped (%s); again in %.1f s", error, pause_s)
        await asyncio.wait({stopped}, timeout=pause_s)


def pause(*, failures: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after so many failures in a row, up to half a minute."""
    full_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, MOST_DOUBLINGS))
    return full_s * uniform(0.5, 1.0)


async def _run(threads: int) -> None:
    connector = app.connector
    assert isinstance(connector, DjangoConnector), "one worker in a process"  # noqa: S101
    with app.replace_connector(connector.get_worker_connector()) as working:
        async with working.open_async():
            await working.run_worker_async(
                concurrency=threads,
                fetch_job_polling_interval=POLL_S,
                shutdown_graceful_timeout=LAST_JOB_S,
                install_signal_handlers=False,
            )


async def _outcome(running: asyncio.Task[None]) -> str:
    # Whatever it was, the worker's only answer is to start afresh; the log says what.
    (error,) = await asyncio.gather(running, return_exceptions=True)
    if error is None:
        return "a part of it ended"
    return f"{type(error).__name__}: {error}".splitlines()[0]
