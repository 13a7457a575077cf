"""`manage.py work`: the worker; any number of them, on any number of machines."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.worker import THREADS, work


class Command(BaseCommand):
    """Work on jobs as they come and on the schedule, until TERM or Ctrl-C."""

    help = "Work on jobs and the schedule until TERM or Ctrl-C; survives a lost database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, default=THREADS, help="jobs at once")

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        self.stdout.write("worker  waiting for work; TERM or Ctrl-C stops")
        self.stdout.flush()
        asyncio.run(_until_told(threads))
        self.stdout.write("worker  stopped")


async def _until_told(threads: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(stop=stop, threads=threads)
