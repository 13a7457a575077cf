"""A listening socket for the web server, taken before it starts so that nobody else can."""

from __future__ import annotations

import socket

from core.refusal import Refused

HOST = "127.0.0.1"
TRIED = 20
BACKLOG = 128


class PortTaken(Refused):
    """The port that was asked for, or every one that was tried, is in use."""


def listen(*, port: int, exactly: bool) -> socket.socket:
    """A socket on loopback at `port`, or unless `exactly` the next free one. Raises PortTaken."""
    for candidate in range(port, port + (1 if exactly else TRIED)):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, candidate))
        except (OSError, OverflowError):
            found.close()
            continue
        found.listen(BACKLOG)
        found.set_inheritable(True)
        return found
    tried = f"port {port}" if exactly else f"ports {port} to {port + TRIED - 1}"
    raise PortTaken(f"Demo: {tried} in use on {HOST}; name a free one with --port.")
