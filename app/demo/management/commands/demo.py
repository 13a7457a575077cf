"""`manage.py demo`, which `make demo` runs: the whole shop on loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.refusal import Refused
from demo import production
from demo.children import ChildEnded
from demo.people import PASSWORD, PEOPLE
from demo.ports import listen
from demo.shop import Shop, open_shop

POLL_S = 0.3
USUAL_PORT = 8000


class _Told(Exception):
    """Somebody pressed Ctrl-C or sent TERM."""


class Command(BaseCommand):
    """Start everything on a fresh database, say where it is, stop everything when told."""

    help = "Open the demo shop on this machine. Every start is fresh; Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            help=f"exactly this port; otherwise {USUAL_PORT} or the next free one",
        )

    def handle(self, *args: Any, port: int | None, **options: Any) -> None:
        production.refuse("demo")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _told)
        try:
            with (
                listen(port=port or USUAL_PORT, exactly=port is not None) as door,
                open_shop(door, say=self._say) as shop,
            ):
                self._welcome(shop)
                while True:
                    shop.check()
                    time.sleep(POLL_S)
        except _Told:
            self.stdout.write("Stopped. Nothing is left running.")
        except (Refused, ChildEnded) as error:
            raise CommandError(str(error)) from error

    def _say(self, stage: str) -> None:
        self.stdout.write(f"  starting  {stage}")
        self.stdout.flush()

    def _welcome(self, shop: Shop) -> None:
        rows = [
            f"  {person.username:<14} {person.role.value:<9} {PASSWORD:<14} {person.can}"
            for person in PEOPLE
        ]
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"The shop is open: {shop.address}   (test payments: no real money moves)",
                    "",
                    f"  {'sign in as':<14} {'role':<9} {'password':<14} who",
                    *rows,
                    "",
                    "Try: buy as cara_customer with card 4242 4242 4242 4242, then sign in as",
                    "olly_ops in a private window and refund part of it.",
                    "",
                    f"Logs: {shop.logs}",
                    "Ctrl-C stops everything and forgets it.",
                ]
            )
        )
        self.stdout.flush()


def _told(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: a second Ctrl-C must not interrupt the stopping.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise _Told
