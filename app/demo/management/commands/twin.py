"""`manage.py twin`: the demo's local Stripe as a service of its own, for Docker Compose."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo import production
from demo.doorway import LOOPBACK, open_door, own_address
from demo.subscribing import HISTORY
from demo.twin import options


class Command(BaseCommand):
    """Run the twin on loopback, with a door for the container's own address, until told to stop."""

    help = "Run the local Stripe until TERM; a seeded shop's (SEED_DEMO=1) begins in the past."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=12111, help="on loopback and outside")
        parser.add_argument("--state", type=Path, help="SQLite file that outlives a restart")

    def handle(self, *args: Any, port: int, state: Path | None, **_: Any) -> None:
        production.refuse("twin")
        code = asyncio.run(_until_told(_command(port=port, state=state), port=port))
        if code:
            raise CommandError(f"twin: ended with code {code}; its own words stand above.")


def _command(*, port: int, state: Path | None) -> list[str]:
    # Only a fresh twin can begin in the past; one that knows something is where the seed left it.
    fresh = state is None or not state.exists()
    to_be_seeded = os.environ.get("SEED_DEMO") == "1" and fresh
    words = options(
        key=settings.STRIPE_API_KEY,
        secrets=settings.STRIPE_WEBHOOK_SECRETS,
        shop=settings.SHOP_ADDRESS,
        behind=HISTORY if to_be_seeded else timedelta(),
    )
    kept = ["--state", str(state)] if state else []
    # It stops when its standard input closes, so it cannot outlive this process.
    return [sys.executable, *words, "--port", str(port), *kept, "--until-stdin-closes"]


async def _until_told(command: list[str], *, port: int) -> int:
    """The twin's exit code; 0 when it was told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    twin = await asyncio.create_subprocess_exec(
        *command, cwd=settings.APP_DIR, stdin=subprocess.PIPE, start_new_session=True
    )
    own = own_address()
    # Without an address of its own there is nothing between outside and loopback.
    door = await open_door(host=own, port=port, to_port=port) if own != LOOPBACK else None
    told, ended = asyncio.create_task(stop.wait()), asyncio.create_task(twin.wait())
    await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
    if door:
        door.close()
    if not ended.done():
        twin.terminate()
        await ended
        return 0
    told.cancel()
    return ended.result()
