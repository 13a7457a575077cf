"""A way into a network for what listens on its loopback only.

The local Stripe talks to its own machine and nobody else. In a container that is one thing too
few: a browser comes in by the container's own address. This passes bytes from there to loopback,
so that the twin need not be told to listen to the world.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress

LOOPBACK = "127.0.0.1"
PIECE_BYTES = 64 * 1024
log = logging.getLogger(__name__)


def own_address() -> str:
    """This container's address among the others; loopback where there is none."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return LOOPBACK


async def open_door(*, host: str, port: int, to_port: int) -> asyncio.Server:
    """Listen on `host` and pass each connection on to loopback, until the server is closed."""

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, to_port)
        except OSError as mistake:
            log.warning("nobody answers on port %s inside: %s", to_port, mistake)
            writer.close()
            return
        await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))
        for side in (inner_writer, writer):
            side.close()

    return await asyncio.start_server(visit, host, port)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the sender ends; then the receiver is told so. A cut connection is no news."""
    with suppress(OSError):
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()
