"""The whole shop on this machine: database, twin, web server and worker, until told to stop."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from core.databases import sweep, temporary_database
from demo.children import Child, ChildEnded, Children
from demo.ports import HOST
from demo.running import noted
from demo.subscribing import HISTORY
from demo.twin import options as twin_options

READY_TIMEOUT_S = 60.0
PREFIX = "demo"


@dataclass(frozen=True)
class Shop:
    """A shop that answers. `check` raises ChildEnded once a part of it has ended."""

    address: str
    logs: Path
    check: Callable[[], None]


@contextmanager
def open_shop(door: socket.socket, *, say: Callable[[str], None]) -> Iterator[Shop]:
    """Start everything on a fresh database and tear everything down afterwards.

    `door` is the listening socket of the web server; `say` hears each stage. Raises NoServer or
    ChildEnded with a sentence.
    """
    port = door.getsockname()[1]
    logs = settings.LOCAL_FOLDER / "demo" / str(port)
    server = os.environ["DATABASE_URL"]
    sweep(server, prefix=PREFIX)
    with temporary_database(server, prefix=PREFIX) as url, Children(logs) as children:
        start = _Start(children, _environment(url, f"http://{HOST}:{port}"))
        say("Stripe's twin, database")
        twin = start.twin()
        start.manage("migrate")
        address = start.address_of(twin)
        say("people, products and orders")
        start.web(door)
        start.manage("seed_demo", "--twin", address)
        say("worker and web server")
        start.worker()
        start.wait_until_ready(port)
        with noted(logs, start.environment):
            yield Shop(f"http://{HOST}:{port}", logs, children.check)


class _Start:
    """How each part is started; the environment gains the twin's address on the way."""

    def __init__(self, children: Children, env: dict[str, str]) -> None:
        self._children = children
        self._env = env

    @property
    def environment(self) -> Mapping[str, str]:
        return self._env

    def twin(self) -> Child:
        """On any free port; see `address_of`."""
        return self._run(
            "twin",
            twin_options(
                key=self._env["STRIPE_API_KEY"],
                secrets=[self._env["STRIPE_WEBHOOK_SECRETS"]],
                shop=self._env["SHOP_ADDRESS"],
                behind=HISTORY,
            ),
        )

    def address_of(self, twin: Child) -> str:
        """The first line that the twin prints; what is started from now on talks to it."""
        address = self._wait_for(lambda: _address_in(twin))
        self._env["STRIPE_API_BASE"] = address
        return address

    def web(self, door: socket.socket) -> None:
        """Two processes of four threads behind the socket that is open already: requests wait
        in it until the server is ready."""
        self._run(
            "web",
            [
                *["-m", "gunicorn", "config.wsgi", "--bind", f"fd://{door.fileno()}"],
                *["--workers", "2", "--threads", "4", "--graceful-timeout", "3"],
                *["--preload", "--no-control-socket", "--access-logfile", "-"],
            ],
            keep_open=door,
        )

    def worker(self) -> None:
        self._run("worker", ["manage.py", "work", "--skip-checks"])

    def manage(self, command: str, *options: str) -> None:
        child = self._run(command, ["manage.py", command, "--skip-checks", *options])
        self._children.finish(child)

    def wait_until_ready(self, port: int) -> None:
        self._wait_for(lambda: _answers(port) or None)

    def _run(self, name: str, argv: list[str], keep_open: socket.socket | None = None) -> Child:
        return self._children.start(
            name,
            [sys.executable, "-u", *argv],
            env=self._env,
            cwd=settings.APP_DIR,
            keep_open=[keep_open.fileno()] if keep_open else [],
        )

    def _wait_for(self, look: Callable[[], str | bool | None]) -> str:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            self._children.check()
            found = look()
            if found:
                return str(found)
            if time.monotonic() > deadline:
                raise ChildEnded(f"Demo: not ready after {READY_TIMEOUT_S:.0f} s; see the logs.")
            time.sleep(0.05)


def _environment(database_url: str, address: str) -> dict[str, str]:
    """The children's environment: this shop, the twin, and keys that live as long as the demo."""
    inherited: Mapping[str, str] = os.environ
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "PYTHONPATH": str(settings.APP_DIR),
        "DATABASE_URL": database_url,
        "SHOP_ADDRESS": address,
        "STRIPE_API_KEY": f"sk_test_{secrets.token_hex(12)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
    }


def _address_in(twin: Child) -> str | None:
    first, newline, _ = twin.log.read_text("utf-8", errors="replace").partition("\n")
    if not newline or not first.startswith("{"):
        return None
    return str(json.loads(first)["address"])


def _answers(port: int) -> bool:
    link = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        link.request("GET", "/sign-in/")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
