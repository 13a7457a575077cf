"""Signed webhooks, posted in order from one background thread and tried again when refused."""

from __future__ import annotations

import copy
import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stripe_twin import webhook_endpoints
from stripe_twin.ids import new_id
from stripe_twin.misbehave import Fault, Rule
from stripe_twin.settings import require_loopback
from stripe_twin.store import Json
from stripe_twin.versions import as_of

if TYPE_CHECKING:
    from stripe_twin.account import Account

log = logging.getLogger(__name__)


class Delivery(StrEnum):
    """Where one webhook stands."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"


def sign(payload: bytes, *, secrets: tuple[str, ...], at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 of `t.payload`, one v1 for each secret."""
    signed = f"{at}.".encode() + payload
    marks = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


class Outbox:
    """Deliveries live in the store, so those still waiting survive a restart.

    Kind `delivery` holds the unsent ones in order of sending, `delivery_done` the rest.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._account.store.change():
            self._stopping = True
        if self._thread:
            self._thread.join(timeout=2)  # a shop that hangs must not hold up the end

    def post(self, event: Json) -> None:
        """Queue the event, or do to it what a rule says. The caller holds the store."""
        reached = webhook_endpoints.reached(self._account, event_type=event["type"])
        if not reached:
            return
        rule = self._account.rules.for_webhook(event_type=event["type"])
        for endpoint in reached:
            self._post_to(endpoint["id"], event["id"], rule)

    def _post_to(self, endpoint_id: str, event_id: str, rule: Rule | None) -> None:
        fault = rule.fault if rule else None
        copies = rule.copies if rule and fault is Fault.DUPLICATE else 1
        for _ in range(copies):
            delivery = self._queue(event_id, endpoint_id)
            if fault is Fault.DROP:
                self._finish(delivery, Delivery.DROPPED)
            elif fault in (Fault.HOLD, Fault.REORDER):
                delivery["state"] = Delivery.HELD
            elif rule and fault is Fault.DELAY:
                delivery["due"] = self._account.clock.exact() + rule.seconds
            elif fault is Fault.BAD_SIGNATURE:
                delivery["forged"] = True
            if rule and fault is Fault.REORDER:
                self._hold_for_reorder(rule, delivery)

    def deliver(self, *, event_ids: list[str] | None = None, backwards: bool = False) -> int:
        """Send what is held, or the named events once more; how many were queued."""
        store = self._account.store
        with store.change():
            if event_ids is not None:
                wanted = [
                    {"id": "", "event": event_id, "endpoint": endpoint["id"]}
                    for event_id in event_ids
                    for endpoint in webhook_endpoints.reached(self._account)
                ]
            else:
                wanted = [d for d in store.all("delivery") if d["state"] == Delivery.HELD]
            self._release(wanted[::-1] if backwards else wanted)
            return len(wanted)

    def wait_idle(self, *, timeout_s: float) -> bool:
        """True once nothing waits to be sent (held ones do not count), False on timeout."""
        changed = self._account.store.changed
        with changed:
            return changed.wait_for(lambda: not self._waiting(), timeout=timeout_s)

    def wait_first_tries(self, *, timeout_s: float) -> None:
        """Wait until every webhook that is due was tried once, or time ran out."""
        changed = self._account.store.changed
        with changed:
            now = self._account.clock.exact()
            changed.wait_for(
                lambda: all(d["attempts"] or d["due"] > now for d in self._waiting()), timeout_s
            )

    def pending(self, event_id: str) -> int:
        """`pending_webhooks` of one event: how many endpoints have not got it yet."""
        rows = self._account.store.all("delivery")
        return len({d["endpoint"] for d in rows if d["event"] == event_id})

    def delivered(self, event_id: str) -> bool:
        """Every endpoint that should have got the event did."""
        done = self._account.store.all("delivery_done")
        lost = [d for d in done if d["event"] == event_id and d["state"] != Delivery.DELIVERED]
        return not lost and not self.pending(event_id)

    def _queue(self, event_id: str, endpoint_id: str) -> Json:
        delivery = {
            "id": new_id("wd"),
            "event": event_id,
            "endpoint": endpoint_id,
            "state": Delivery.WAITING,
            "due": self._account.clock.exact(),
            "attempts": 0,
        }
        return self._account.store.put("delivery", delivery)

    def _hold_for_reorder(self, rule: Rule, delivery: Json) -> None:
        rule.held.append(delivery["id"])
        if rule.times == 0:
            held = [self._account.store.get("delivery", wanted) for wanted in rule.held]
            self._release([d for d in reversed(held) if d])

    def _release(self, deliveries: list[Json]) -> None:
        # Queued anew, so that the order of release is the order of sending.
        for delivery in deliveries:
            self._account.store.remove("delivery", delivery["id"])
            self._queue(delivery["event"], delivery["endpoint"])

    def _waiting(self) -> list[Json]:
        rows = self._account.store.all("delivery")
        return [d for d in rows if d["state"] == Delivery.WAITING]

    def _run(self) -> None:
        while True:
            delivery = self._next()
            if delivery is None:
                return
            self._attempt(delivery)

    def _next(self) -> Json | None:
        """Wait for a delivery that is due; None when the twin stops."""
        changed = self._account.store.changed
        with changed:
            while not self._stopping:
                waiting = self._waiting()
                now = self._account.clock.exact()
                due = next((d for d in waiting if d["due"] <= now), None)
                if due:
                    return due
                soonest = min((d["due"] - now for d in waiting), default=None)
                changed.wait(timeout=soonest)
        return None

    def _attempt(self, delivery: Json) -> None:
        store = self._account.store
        with store.change():
            event = store.get("event", delivery["event"]) or {}
            endpoint = webhook_endpoints.still_reached(self._account, delivery["endpoint"])
            if endpoint is None:
                self._finish(delivery, Delivery.DROPPED)
                return
            pending = {"pending_webhooks": self.pending(delivery["event"])}
            version = str(endpoint["api_version"] or event.get("api_version"))
            told = copy.deepcopy(event) | pending | {"api_version": version}
            payload = json.dumps(as_of(self._account, told, version), indent=2).encode()
            secrets = tuple(endpoint["_secrets"])
        forged = delivery.get("forged", False)
        accepted = self._send(
            payload, url=endpoint["url"], secrets=("whsec_forged",) if forged else secrets
        )
        with store.change():
            if store.get("delivery", delivery["id"]) is not delivery:
                return  # forgotten by a reset meanwhile
            self._record(delivery, accepted=accepted)

    def _record(self, delivery: Json, *, accepted: bool) -> None:
        delivery["attempts"] += 1
        delays = self._account.settings.retry_delays_s
        if accepted:
            self._finish(delivery, Delivery.DELIVERED)
        elif delivery["attempts"] > len(delays):
            self._finish(delivery, Delivery.GIVEN_UP)
        else:
            delivery["due"] = self._account.clock.exact() + delays[delivery["attempts"] - 1]
            self._account.store.put("delivery", delivery)

    def _finish(self, delivery: Json, state: Delivery) -> None:
        # Kept apart from the unsent ones, which are looked through often.
        self._account.store.remove("delivery", delivery["id"])
        self._account.store.put("delivery_done", delivery | {"state": state})

    def _send(self, payload: bytes, *, url: str, secrets: tuple[str, ...]) -> bool:
        require_loopback(url, what="webhook URL")
        parts = urlsplit(url)
        # Signed with the machine's time, however far a test moved the twin's.
        signature = sign(payload, secrets=secrets, at=int(time.time()))
        host = "127.0.0.1" if parts.hostname == "localhost" else str(parts.hostname)
        timeout_s = self._account.settings.webhook_timeout_s
        link = http.client.HTTPConnection(host, parts.port or 80, timeout=timeout_s)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            link.request("POST", path, body=payload, headers=_headers(parts.netloc, signature))
            status = link.getresponse().status
        except (OSError, http.client.HTTPException) as mistake:
            log.info("webhook not delivered: %s", mistake)
            return False
        finally:
            link.close()
        if not 200 <= status < 300:
            log.info("webhook answered %s", status)
        return 200 <= status < 300


def _headers(host: str, signature: str) -> dict[str, str]:
    return {
        "Host": host,
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
