"""`python -m core.probe web|worker|twin`: is that part of the shop well? For a container's health
check: it says one sentence and exits 0 or 1. It starts no Django, since it runs every few seconds.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys

import psycopg

TIMEOUT_S = 4
# Procrastinate's workers tell the database every ten seconds that they live.
SILENT_S = 30
PATHS = {"web": "/readyz", "twin": "/_twin/state"}


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when well."""
    parser = argparse.ArgumentParser(prog="python -m core.probe", description=__doc__)
    parser.add_argument("part", choices=["web", "worker", "twin"])
    parser.add_argument("--port", type=int, default=8000, help="where web or twin listens")
    asked = parser.parse_args(argv)
    wrong = _worker() if asked.part == "worker" else _answers(PATHS[asked.part], asked.port)
    sys.stdout.write(f"{asked.part}: {wrong or 'well'}\n")
    return int(bool(wrong))


def _answers(path: str, port: int) -> str:
    """Empty when this machine's `port` answers a GET with 200, else what it did instead."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        said = answer.read(200).decode("utf-8", errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer at port {port} ({type(error).__name__})"
    finally:
        link.close()
    return "" if answer.status == http.HTTPStatus.OK else f"answered {answer.status}: {said}"


def _worker() -> str:
    """Empty when a worker has told the database lately that it lives."""
    url = os.environ.get("DATABASE_URL", "")
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT_S) as connection:
            found = connection.execute(
                "SELECT 1 FROM procrastinate_workers"
                " WHERE last_heartbeat > now() - make_interval(secs => %s) LIMIT 1",
                [SILENT_S],
            ).fetchone()
    except psycopg.Error as error:
        # Its text may hold the address, and with it a password.
        return f"no answer from the database ({type(error).__name__})"
    return "" if found else f"none has told the database for {SILENT_S} s that it lives"


if __name__ == "__main__":
    sys.exit(main())
