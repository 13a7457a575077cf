"""core.worker: it goes on until it is told to stop, whatever happens to the database."""

from __future__ import annotations

import asyncio
import os
import signal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from core import worker

# Nobody waits for so long unless the worker is broken.
LONG_S = 5.0


@pytest.fixture
def runs(monkeypatch: Any) -> list[str]:
    """What became of each run of Procrastinate's worker. The database goes away twice, once with
    an error and once without a word; after that the worker works until it is told to stop."""
    said: list[str] = []

    async def run(threads: int) -> None:
        said.append(f"begun with {threads}")
        if len(said) == 1:
            raise ConnectionError("server closed the connection\nunexpectedly")
        if len(said) == 2:
            return
        assert len(said) == 3
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.Event().wait(), LONG_S)
        finally:
            said.append("ended its jobs")

    monkeypatch.setattr(worker, "_run", run)
    monkeypatch.setattr(worker, "FIRST_WAIT_S", 0.0)
    return said


class Story:
    """A worker two of whose runs end, one in an error and one without a word; while the third is
    under way it is told to stop. No time passes by the clock that it looks at."""

    def __init__(self, *, healthy_s: float) -> None:
        self.threads: list[int] = []
        self.failures: list[int] = []
        self.last_was_told = False
        self.stops_in_pause = False
        self._healthy_s = healthy_s

    def happen(self) -> None:
        asyncio.run(self._happen())

    async def _happen(self) -> None:
        self._stop = asyncio.Event()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.get_running_loop(), "time", lambda: 1000.0)
            patch.setattr(worker, "_run", self._run)
            patch.setattr(worker, "pause", self._pause)
            patch.setattr(worker, "HEALTHY_S", self._healthy_s)
            await worker.work(stop=self._stop, threads=3)

    async def _run(self, threads: int) -> None:
        self.threads.append(threads)
        match len(self.threads):
            case 1:
                raise ConnectionError("server closed the connection\nunexpectedly")
            case 3:
                self._stop.set()
                self.last_was_told = True
                for _ in range(5):
                    await asyncio.sleep(0)
                self.last_was_told = False
            case 4:
                raise SystemExit("it began again after it was told to stop")

    def _pause(self, *, failures: int, uniform: Any) -> float:
        self.failures.append(failures)
        if len(self.failures) > 2:
            raise SystemExit("it waited more often than it failed")
        if self.stops_in_pause:
            asyncio.get_running_loop().call_soon(self._stop.set)
        return LONG_S if self.stops_in_pause else 0.0


def test_it_counts_failures_in_a_row_and_ends_what_is_at_hand_when_told(caplog: Any) -> None:
    story = Story(healthy_s=0.0)
    story.happen()
    assert (story.threads, story.failures, story.last_was_told) == ([3, 3, 3], [1, 2], True)
    assert [record.message for record in caplog.records] == [
        "worker: stopped (ConnectionError: server closed the connection); again in 0.0 s",
        "worker: stopped (a part of it ended); again in 0.0 s",
    ]


def test_a_failure_after_a_healthy_time_is_the_first() -> None:
    story = Story(healthy_s=-1.0)
    story.happen()
    assert story.failures == [1, 1]


def test_told_to_stop_while_it_waits_it_begins_no_more() -> None:
    story = Story(healthy_s=0.0)
    story.stops_in_pause = True
    story.happen()
    assert (story.threads, story.failures) == ([3], [1])


class Flushed(StringIO):
    """What a reader of the log sees at once."""

    flushed = ""

    def flush(self) -> None:
        self.flushed = self.flushed or self.getvalue()
        super().flush()


def test_it_connects_again_after_a_lost_database_and_ends_its_jobs_when_told(
    runs: list[str], caplog: Any
) -> None:
    out = Flushed()
    call_command("work", "--threads", "3", stdout=out)
    assert out.flushed.splitlines() == ["worker  waiting for work; TERM or Ctrl-C stops"]
    assert runs == ["begun with 3", "begun with 3", "begun with 3", "ended its jobs"]
    assert [record.message for record in caplog.records] == [
        "worker: stopped (ConnectionError: server closed the connection); again in 0.0 s",
        "worker: stopped (a part of it ended); again in 0.0 s",
    ]
    assert out.getvalue().splitlines() == [
        "worker  waiting for work; TERM or Ctrl-C stops",
        "worker  stopped",
    ]
