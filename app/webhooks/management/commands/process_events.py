"""`manage.py process_events`: the webhook worker, once or for ever."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from refunds import services as refunds
from webhooks import worker

POLL_S = 0.5
FOLLOW_UP_EVERY_S = 60.0


class Command(BaseCommand):
    """Work on Stripe's events and ask after refunds whose outcome is unknown."""

    help = "Work on the events in the inbox; with --forever until TERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help=f"poll every {POLL_S} s")
        parser.add_argument("--limit", type=int, help="stop after so many events")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forever"]:
            self._for_ever()
            return
        done = worker.process_all(now=timezone.now(), limit=options["limit"])
        followed = refunds.follow_up_due(now=timezone.now())
        self.stdout.write(f"events  {done} worked on; refunds  {followed} followed up")

    def _for_ever(self) -> None:
        """Finish the event at hand on TERM or INT, then return."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("events  waiting for work; TERM or Ctrl-C stops")
        self.stdout.flush()
        follow_up_at = time.monotonic()
        while not stop.is_set():
            close_old_connections()
            if worker.process_one(now=timezone.now()):
                continue
            if time.monotonic() >= follow_up_at:
                refunds.follow_up_due(now=timezone.now())
                follow_up_at = time.monotonic() + FOLLOW_UP_EVERY_S
            stop.wait(POLL_S)
        self.stdout.write("events  stopped")
