"""A real twin, a real `stripe` client and a real webhook receiver, all on loopback."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from stripe_twin import intents
from stripe_twin.account import Account
from stripe_twin.server import Running, running
from stripe_twin.settings import Settings
from stripe_twin.store import Store

SECRET = "whsec_receiver"


@dataclass
class Receiver:
    """What arrived, in order; `answers` are the statuses to give first, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    events: list[stripe.Event] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    forged: int = 0

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def take(self, body: bytes, signature: str) -> int:
        self.signatures.append(signature)
        self.bodies.append(body)
        try:
            event = stripe.Webhook.construct_event(body, signature, SECRET, tolerance=300)
        except stripe.SignatureVerificationError:
            self.forged += 1
            return 200
        if self.answers:
            status = self.answers.pop(0)
            if status != 200:
                self.refused.append(status)
                return status
        self.events.append(event)
        return 200


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(box.take(body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    box.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(receiver: Receiver) -> Settings:
    return Settings(
        webhook_url=receiver.url,
        webhook_secrets=(SECRET,),
        webhook_timeout_s=2,
        retry_delays_s=(0.01, 0.02, 0.05),
    )


@pytest.fixture
def twin(settings: Settings) -> Iterator[Running]:
    with running(settings) as started:
        yield started


class Desk:
    """A twin's account by itself: no server, nobody to tell. Its file holds what its memory does
    after everything it does."""

    def __init__(self, file: Path) -> None:
        self.account = Account(Settings(state=file, public_url="http://127.0.0.1:9"))
        self.file = file
        self._heard = 0

    def does(self, act: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """What one request does with the store, and holds the file against the memory."""
        try:
            with self.account.store.change():
                return act(self.account, *args, **options)
        finally:
            kept = Store(self.file)
            held = json.loads(json.dumps(self.account.store._kinds))
            assert {kind: rows for kind, rows in held.items() if rows} == kept._kinds
            kept.close()

    def heard(self) -> list[str]:
        """The types of the events since it was asked last."""
        events = self.account.store.all("event")
        before, self._heard = self._heard, len(events)
        return [event["type"] for event in events[before:]]

    def intent(self, *, paid: bool = True, **changes: Any) -> Any:
        """Of £25.00, to be paid by card."""
        params = {"payment_method_types": ["card", "bacs_debit"], **changes}
        made = self.does(intents.create, amount=2500, currency="gbp", params=params)
        if paid:
            self.does(intents.confirm, made, intents.Confirming(method="pm_card_visa"))
        self.heard()
        return made

    def charge(self, **changes: Any) -> Any:
        """Of £25.00, that succeeded."""
        return self.account.store.get("charge", self.intent(**changes)["latest_charge"])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "twin.sqlite3")
    yield made
    made.account.close()


def client_of(twin: Running, **options: Any) -> stripe.StripeClient:
    options = {"max_network_retries": 0} | options
    return stripe.StripeClient("sk_test_twin", base_addresses={"api": twin.address}, **options)


@pytest.fixture
def client(request: pytest.FixtureRequest) -> stripe.StripeClient:
    """Of the twin; of Stripe's test mode for marked tests when the gate stripe-test-mode asks."""
    marked = request.node.get_closest_marker("stripe_test_mode")
    if marked and os.environ.get("CONFORMANCE_KEY"):
        return stripe.StripeClient(
            os.environ["CONFORMANCE_KEY"],
            base_addresses={"api": os.environ["CONFORMANCE_BASE"]},
            max_network_retries=2,
        )
    return client_of(request.getfixturevalue("twin"))


def cart(**more: Any) -> dict[str, Any]:
    """£12.50 twice."""
    return {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": 1250,
                    "product_data": {"name": "Lavender soap"},
                },
                "quantity": 2,
            }
        ],
        "success_url": "http://127.0.0.1:9/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/basket",
        **more,
    }


@pytest.fixture
def session(client: stripe.StripeClient) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.create(params=cart())


@pytest.fixture
def paid(
    twin: Running, client: stripe.StripeClient, session: stripe.checkout.Session
) -> stripe.PaymentIntent:
    """A payment intent of £25.00 that succeeded."""
    twin.control.pay(session=session.id)
    done = client.v1.checkout.sessions.retrieve(session.id)
    return client.v1.payment_intents.retrieve(str(done.payment_intent))


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]


Raw = Callable[..., Reply]


@pytest.fixture
def raw(twin: Running) -> Raw:
    """One HTTP request with any bytes, following no redirect."""

    def send(
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        key: str = "sk_test_twin",
        form: bool = True,
        **headers: str,
    ) -> Reply:
        link = http.client.HTTPConnection("127.0.0.1", urlsplit(twin.address).port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        if form and body:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        try:
            link.request(method, path, body=body or None, headers=sent)
            answer = link.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            link.close()

    return send
