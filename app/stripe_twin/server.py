"""The running twin: an HTTP server on loopback, with its two background threads."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from stripe_twin import billing, control_api, hosted_page, idempotency, payments, refunds, sessions
from stripe_twin.account import Account
from stripe_twin.api import (
    catalogue,
    charges,
    checkout_sessions,
    customers,
    disputes,
    endpoint,
    events,
    invoices,
    payment_intents,
    payment_methods,
    payment_pages,
    records,
    subscription_items,
    subscriptions,
    webhook_endpoints,
)
from stripe_twin.api import refunds as refunds_api
from stripe_twin.asked import KEY, Asked
from stripe_twin.control import Control
from stripe_twin.errors import StripeError
from stripe_twin.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
log = logging.getLogger(__name__)


class CannotListen(OSError):
    """The port is taken, or may not be used; the message says what to do."""


@dataclass(frozen=True)
class Running:
    """A twin that answers at `address`; `control` is the same as its /_twin/ verbs."""

    address: str
    control: Control
    account: Account


@contextmanager
def running(settings: Settings | None = None, *, port: int = 0) -> Iterator[Running]:
    """A twin for as long as the block lasts. Port 0 takes any free one.

    Raises CannotListen, and store.Unreadable for a state file that is not the twin's.
    """
    with closing(Twin(settings)) as twin, twin.serving(port=port) as served:
        yield served


class Twin:
    """A twin that is ready to serve, once or again and again; no thread runs in between.

    Raises store.Unreadable.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._account = Account(settings or Settings())
        self._stopping = threading.Event()
        make_ready(self._account)
        self._asked = Asked(self._account, Control(self._account), self._stopping)

    @contextmanager
    def serving(self, *, port: int = 0) -> Iterator[Running]:
        """It answers for as long as the block lasts. Raises CannotListen."""
        account = self._account
        listener = _listen(port)
        self._stopping.clear()
        server = make_server(
            HOST,
            0,
            self._answer,
            threaded=True,
            request_handler=_QuietHandler,
            fd=listener.fileno(),
        )
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        account.serve_at(address)
        account.start()
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="twin", daemon=True
        )
        thread.start()
        try:
            yield Running(address=address, control=self._asked.control, account=account)
        finally:
            self._stopping.set()
            _stop(server, thread)
            listener.close()
            account.stop()

    def close(self) -> None:
        """Let go of the state file, if there is one."""
        self._account.close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI application over this twin's account."""
        return _APPLICATION({**environ, KEY: self._asked}, start_response)


def make_ready(account: Account) -> None:
    """What an account needs before its first request."""
    idempotency.forget_unfinished(account)
    payments.register(account)
    sessions.register(account)
    refunds.register(account)
    billing.register(account)


def _application() -> Flask:
    """One for all twins: each request says whose it is."""
    app = Flask("stripe_twin", static_folder=None)
    app.register_blueprint(endpoint.blueprint(_endpoints()))
    app.register_blueprint(control_api.blueprint())
    app.register_blueprint(hosted_page.blueprint())
    app.register_error_handler(404, _unknown_address)
    app.register_error_handler(405, _unknown_address)
    app.register_error_handler(500, _bug)
    app.after_request(_forbid_other_hosts)
    return app


def _endpoints() -> list[endpoint.Endpoint]:
    return [
        *checkout_sessions.endpoints(),
        *payment_intents.endpoints(),
        *records.endpoints(),
        *refunds_api.endpoints(),
        *customers.endpoints(),
        *disputes.endpoints(),
        *charges.endpoints(),
        *payment_methods.endpoints(),
        *payment_pages.endpoints(),
        *events.endpoints(),
        *webhook_endpoints.endpoints(),
        *catalogue.endpoints(),
        *subscriptions.endpoints(),
        *subscription_items.endpoints(),
        *invoices.endpoints(),
    ]


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as mistake:
        listener.close()
        raise CannotListen(
            f"port {port}: {mistake.strerror}; give another, or 0 for any free one"
        ) from mistake
    return listener


def _stop(server: BaseWSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


def _unknown_address(error: HTTPException) -> Response:
    return endpoint.answer_with(
        StripeError(
            f"Unrecognized request URL ({request.method}: {request.path}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/.",
            status=404,
        )
    )


def _bug(error: Exception) -> Response:
    # Flask has logged what happened.
    return endpoint.answer_with(
        StripeError("The twin has a bug; its log tells more.", status=500, kind="api_error")
    )


def _forbid_other_hosts(response: Any) -> Any:
    """Pages may load nothing from anywhere, nor be framed."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


_APPLICATION = _application()


class _QuietHandler(WSGIRequestHandler):
    """Requests go to the log, one short line each; a cut connection is no news."""

    def log(self, type: str, message: str, *args: Any) -> None:
        log.info(message, *args)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        log.info("%s %s %s", self.command, self.path, code)


def log_to_stderr(level: int = logging.INFO) -> None:
    """One line an event on standard error."""
    logging.basicConfig(stream=sys.stderr, level=level, format="stripe twin: %(message)s")
