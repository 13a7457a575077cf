"""Show the last whole build in a browser on this machine."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evidence.engine.mistakes import CannotRun

HOST = "127.0.0.1"


def serve(build: Path, *, port: int, tell: Callable[[str], None]) -> None:
    """Serve `build`/site until interrupted; `tell` hears the address. Port 0 takes any free one.

    A build published meanwhile is shown at the next click. Raises CannotRun when nothing was
    built yet or the port is taken.
    """
    site = build / "site"
    if not (site / "index.html").is_file():
        raise CannotRun(
            f"{build.name}/site: no build yet, so there is nothing to show; build it with "
            "`python build_evidence.py`."
        )
    with _server(site, port) as server:
        tell(f"http://{HOST}:{server.server_port}/  (Ctrl-C stops)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            tell("Stopped.")


class _Quiet(SimpleHTTPRequestHandler):
    """Says nothing about each request, and has the browser ask for each page afresh."""

    def log_message(self, format: str, *args: object) -> None: ...

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """For a page that is not there, the site's own page that says so and leads back."""
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        text = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


def _server(site: Path, port: int) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Quiet, directory=str(site)))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CannotRun(
            f"port {port}: {'taken' if error.errno == errno.EADDRINUSE else 'not allowed'} on "
            f"{HOST}; choose another with --port."
        ) from error
