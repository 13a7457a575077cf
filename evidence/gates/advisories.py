"""A list of known vulnerabilities on this machine, which answers as the OSV database does.

It stands in for the lists on the internet, so that it can be seen what their answers would do.
Source of the shapes: the OSV schema, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# By package: what is known against any version of it. All of it is invented.
KNOWN: Mapping[str, str] = {
    "a-package-that-nobody-locks": "INVENTED-1",
}


@contextmanager
def advisories(known: Mapping[str, str] = KNOWN) -> Iterator[str]:
    """The address to ask, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(str(asked["package"]["name"]), known)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(name: str, known: Mapping[str, str]) -> dict[str, Any]:
    """Empty when nothing is known, as OSV says it."""
    if name not in known:
        return {}
    package = {"name": name, "ecosystem": "PyPI"}
    mended = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}
    affected = {"package": package, "ranges": [mended]}
    return {"vulns": [{"id": known[name], "summary": "Invented.", "affected": [affected]}]}
