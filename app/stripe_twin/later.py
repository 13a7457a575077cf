"""Things that end by themselves after a while: slow payments, old sessions, billing periods."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from stripe_twin.ids import new_id
from stripe_twin.store import Json

if TYPE_CHECKING:
    from stripe_twin.account import Account

log = logging.getLogger(__name__)


class Ending(StrEnum):
    """How a slow thing ends."""

    PAYMENT_SUCCEEDS = "payment_succeeds"
    PAYMENT_FAILS = "payment_fails"
    REFUND_SUCCEEDS = "refund_succeeds"
    REFUND_FAILS = "refund_fails"
    SESSION_EXPIRES = "session_expires"
    SUBSCRIPTION_MOVES = "subscription_moves"
    INVOICE_MOVES = "invoice_moves"


class Later:
    """One thread that brings each ending about when its time has come."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stopping = False
        self._endings: dict[Ending, Callable[[Account, str], None]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="later", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._account.store.change():
            self._stopping = True
        if self._thread:
            self._thread.join(timeout=5)

    def handles(self, ending: Ending, act: Callable[[Account, str], None]) -> None:
        """Tell what brings this ending about; `act` finds out for itself if it still applies."""
        self._endings[ending] = act

    def plan(self, ending: Ending, object_id: str, *, after_s: float | None) -> None:
        """Bring it about after so many seconds; None leaves it to somebody who asks."""
        if after_s is not None:
            self.plan_at(ending, object_id, self._account.clock.exact() + after_s)

    def plan_at(self, ending: Ending, object_id: str, moment: float) -> None:
        """Bring it about at that very moment of the twin's time."""
        job = {"id": new_id("job"), "ending": ending, "object": object_id, "due": moment}
        self._account.store.put("later", job)

    def move_clock(self, moment: float) -> None:
        """Move the twin's time to `moment`, with everything that ends on the way at its own time,
        so that three months bring three renewals, each on its day."""
        store, clock = self._account.store, self._account.clock
        with store.change():
            while (first := self._first()) and first["due"] <= moment:
                clock.move_to(first["due"])
                self._do(first)
            clock.move_to(moment)

    def _first(self) -> Json | None:
        """The job that is due first."""
        jobs = self._account.store.all("later")
        return min(jobs, key=lambda job: float(job["due"]), default=None)

    def _run(self) -> None:
        changed = self._account.store.changed
        with changed:
            while not self._stopping:
                now = self._account.clock.exact()
                first = self._first()
                if first and first["due"] <= now:
                    self._do(first)
                else:
                    changed.wait(timeout=first["due"] - now if first else None)

    def _do(self, job: Json) -> None:
        with self._account.store.change():
            self._account.store.remove("later", job["id"])
            self._endings[Ending(job["ending"])](self._account, job["object"])
