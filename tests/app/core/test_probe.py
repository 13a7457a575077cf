"""core.probe: what a container's health check finds out."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest
from django.db import connection

from core import probe


@pytest.fixture
def web() -> Iterator[Callable[[int, str], int]]:
    """The port of a server that answers every GET as it was told."""
    servers = []

    def answering(status: int, words: str) -> int:
        class Handler(BaseHTTPRequestHandler):
            # As web does, it keeps the connection until the other side ends it.
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(status if self.path == "/readyz" else 404)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append((server, thread))
        return server.server_port

    yield answering
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def _asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    return probe.main(list(words)), capsys.readouterr().out


def test_web_is_well_once_it_is_ready(
    web: Callable[[int, str], int], capsys: pytest.CaptureFixture[str]
) -> None:
    port = web(200, "ready\n")
    assert _asked(capsys, "web", "--port", str(port)) == (0, "web: well\n")


def test_web_that_is_not_ready_says_why(
    web: Callable[[int, str], int], capsys: pytest.CaptureFixture[str]
) -> None:
    port = web(503, "not ready: migrations are missing\n")
    assert _asked(capsys, "web", "--port", str(port)) == (
        1,
        "web: answered 503: not ready: migrations are missing\n",
    )


def test_what_web_says_is_cut_and_the_connection_ended(
    web: Callable[[int, str], int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    links: list[http.client.HTTPConnection] = []
    connect = http.client.HTTPConnection.connect

    def noted(link: http.client.HTTPConnection) -> None:
        links.append(link)
        connect(link)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", noted)
    port = web(500, "x" * 200 + "y")
    assert _asked(capsys, "web", "--port", str(port)) == (
        1,
        f"web: answered 500: {'x' * 200}\n",
    )
    assert [link.sock for link in links] == [None]


def test_web_and_twin_are_asked_where_they_listen_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probe, "_answers", lambda path, port: f"{path} at {port}")
    assert _asked(capsys, "web") == (1, "web: /readyz at 8000\n")
    assert _asked(capsys, "twin") == (1, "twin: /_twin/state at 8000\n")


def test_nobody_there_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _asked(capsys, "twin", "--port", "1")
    assert (code, said) == (1, "twin: no answer at port 1 (ConnectionRefusedError)\n")


@pytest.fixture
def workers(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Writes down a worker that was last heard of so many seconds ago."""
    told = connection.get_connection_params()
    url = psycopg.conninfo.make_conninfo(
        **{
            name: told[name]
            for name in ("host", "port", "user", "password", "dbname")
            if name in told
        }
    )
    monkeypatch.setenv("DATABASE_URL", url)

    def heard_of(seconds: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - make_interval(secs => %s))",
                [seconds],
            )

    return heard_of


@pytest.mark.slow
def test_worker_is_well_while_one_was_heard_of(
    workers: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    workers(5)
    assert _asked(capsys, "worker") == (0, "worker: well\n")


@pytest.mark.slow
def test_worker_that_fell_silent_is_not_well(
    workers: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    workers(probe.SILENT_S + 15)
    assert _asked(capsys, "worker") == (
        1,
        "worker: none has told the database for 30 s that it lives\n",
    )


def test_lost_database_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hush@127.0.0.1:1/shop")
    code, said = _asked(capsys, "worker")
    assert (code, said) == (1, "worker: no answer from the database (OperationalError)\n")
