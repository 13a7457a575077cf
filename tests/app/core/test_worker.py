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
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            said.append("ended its jobs")

    monkeypatch.setattr(worker, "_run", run)
    monkeypatch.setattr(worker, "FIRST_WAIT_S", 0.0)
    return said


def test_it_connects_again_after_a_lost_database_and_ends_its_jobs_when_told(
    runs: list[str], caplog: Any
) -> None:
    out = StringIO()
    call_command("work", "--threads", "3", stdout=out)
    assert runs == ["begun with 3", "begun with 3", "begun with 3", "ended its jobs"]
    assert [record.message for record in caplog.records] == [
        "worker: stopped (ConnectionError: server closed the connection); again in 0.0 s",
        "worker: stopped (a part of it ended); again in 0.0 s",
    ]
    assert out.getvalue().splitlines() == [
        "worker  waiting for work; TERM or Ctrl-C stops",
        "worker  stopped",
    ]
