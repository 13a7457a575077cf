"""Gate: Stripe's own command line triggers events on the twin, and each arrives, signed.

Words on the command line are the events to trigger, instead of all. Needs the official CLI: where
STRIPE_CLI says, or else npm brings the pinned one into `.local/`.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evidence.gates import stripe_cli_install
from evidence.gates.twin import fresh_twin

CANNOT_HERE = 77
_KEY, _SECRET = "sk_test_twin_of_the_gate", "whsec_twin_of_the_gate"
_TRIGGER_TIMEOUT_S, _ARRIVAL_TIMEOUT_S = 60, 20
EVENTS = (
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "coupon.created",
    "coupon.deleted",
    "coupon.updated",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.deleted",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.sent",
    "invoice.updated",
    "invoice.voided",
    "invoiceitem.created",
    "invoiceitem.deleted",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "price.created",
    "price.updated",
    "product.created",
    "product.deleted",
    "product.updated",
)


@dataclass
class Inbox:
    """What the twin sent; `arrived` wakes whoever waits for an event."""

    url: str = ""
    types: list[str] = field(default_factory=list)
    forged: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes, signature: str) -> None:
        parts = dict(part.split("=", 1) for part in signature.split(","))
        signed = f"{parts['t']}.".encode() + body
        mark = hmac.new(_SECRET.encode(), signed, hashlib.sha256).hexdigest()
        with self.arrived:
            if hmac.compare_digest(mark, parts["v1"]):
                self.types.append(json.loads(body)["type"])
            else:
                self.forged += 1
            self.arrived.notify_all()

    def await_type(self, kind: str) -> bool:
        with self.arrived:
            return self.arrived.wait_for(lambda: kind in self.types, _ARRIVAL_TIMEOUT_S)


def main() -> int:
    """0 when every event arrived, 1 when one did not, 77 without the CLI."""
    try:
        cli = stripe_cli_install.find()
    except stripe_cli_install.NotHere as why:
        _say(f"not run: {why}")
        return CANNOT_HERE
    if "--version" in sys.argv:
        return subprocess.run([cli, "--version"], check=False, stdin=subprocess.DEVNULL).returncode
    wanted = sys.argv[1:] or EVENTS
    missed = []
    with _receiving() as inbox, fresh_twin(*_options(inbox.url)) as address:
        for kind in wanted:
            failure = _trigger(cli, address, inbox, kind)
            _say(f"{kind:45} {failure or 'arrived'}")
            missed += [kind] if failure else []
    if inbox.forged:
        _say(f"{inbox.forged} webhooks were signed with another secret")
    _say(f"stripe trigger: {len(wanted) - len(missed)} of {len(wanted)} events arrived")
    return int(bool(missed or inbox.forged))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _trigger(cli: str, address: str, inbox: Inbox, kind: str) -> str:
    """Empty when the event arrived, else what went wrong in a line."""
    _forget(address, inbox)
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [cli, "trigger", kind, "--api-base", address, "--api-key", _KEY],
            capture_output=True,
            text=True,
            timeout=_TRIGGER_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env={
                "PATH": os.environ["PATH"],
                "HOME": home,
                "XDG_CONFIG_HOME": home,
                "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            },
        )
    if done.returncode:
        return f"the CLI exited with {done.returncode}: {' '.join(done.stderr.split())[-300:]}"
    return "" if inbox.await_type(kind) else "triggered, but it never arrived"


def _forget(address: str, inbox: Inbox) -> None:
    """Empty twin and inbox, so that no earlier trigger's event passes for this one's."""
    link = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    for verb in ("wait_idle", "reset"):
        link.request("POST", f"/_twin/{verb}", "{}", {"Content-Type": "application/json"})
        link.getresponse().read()
    link.close()
    with inbox.arrived:
        inbox.types.clear()


@contextmanager
def _receiving() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.take(body, self.headers["Stripe-Signature"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    try:
        yield inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _options(webhook_url: str) -> tuple[str, ...]:
    """Of a twin that decides slow payments by itself."""
    return (
        *("--webhook-url", webhook_url, "--webhook-secret", _SECRET),
        *("--secret-key", _KEY, "--settle-after", "0.1"),
    )


if __name__ == "__main__":
    sys.exit(main())
