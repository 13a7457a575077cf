"""The one account the twin keeps: its settings, time, objects, rules and outgoing events."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace

from stripe_twin import objects, webhook_endpoints
from stripe_twin.clock import Clock
from stripe_twin.later import Later
from stripe_twin.misbehave import Rules
from stripe_twin.settings import Settings, require_loopback
from stripe_twin.store import Json, Store
from stripe_twin.webhooks import Outbox

NO_REQUEST: Json = {"id": None, "idempotency_key": None}
current_request: ContextVar[Json] = ContextVar("current_request", default=NO_REQUEST)


class Account:
    """Shared by every part of one running twin."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._is_address_given = bool(settings.public_url)
        self.clock = Clock(behind_s=settings.behind_s)
        self.store = Store(settings.state)
        self.rules = Rules()
        self.outbox = Outbox(self)
        self.later = Later(self)
        self._listeners: dict[str, list[Callable[[Account, Json], None]]] = {}
        with self.store.change():
            webhook_endpoints.keep_own(self)

    def announce(self, kind: str, about: Json, *, previous: Json | None = None) -> Json:
        """Record an event and queue its webhook. The caller holds the store."""
        event = objects.event(
            kind=kind,
            about=about,
            previous=previous,
            api_version=self.settings.api_version,
            request=dict(current_request.get()),
            now=self.clock.now(),
        )
        self.store.put("event", event)
        self.outbox.post(event)
        for listener in self._listeners.get(kind, []):
            listener(self, about)
        return event

    def hears(self, kind: str, act: Callable[[Account, Json], None]) -> None:
        """Do `act` with the object of each event of this kind, right after it is announced."""
        self._listeners.setdefault(kind, []).append(act)

    def point_webhooks(self, *, url: str, secrets: tuple[str, ...] = ()) -> None:
        """Send webhooks to `url` from now on; raises NotLoopback for another machine's."""
        if url:
            require_loopback(url, what="webhook URL")
        self.settings = replace(
            self.settings,
            webhook_url=url,
            webhook_secrets=secrets or self.settings.webhook_secrets,
        )
        with self.store.change():
            webhook_endpoints.keep_own(self)

    def serve_at(self, address: str) -> None:
        """Learn the address people reach the twin at, unless one was given."""
        if not self._is_address_given:
            self.settings = replace(self.settings, public_url=address)

    def reset(self) -> None:
        """Forget everything but the settings and the endpoint that they name."""
        with self.store.change():
            self.rules.clear()
            self.store.clear()
            webhook_endpoints.keep_own(self)

    def start(self) -> None:
        self.outbox.start()
        self.later.start()

    def stop(self) -> None:
        self.outbox.stop()
        self.later.stop()

    def close(self) -> None:
        """Let go of the state file, if there is one."""
        self.store.close()
