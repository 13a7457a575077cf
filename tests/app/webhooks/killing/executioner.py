"""Stands between a worker and PostgreSQL, counts what they say, and kills at a chosen moment.

The product knows nothing of it: a worker finds it under DATABASE_URL. Two kinds of moments:
`asked`, the worker is gone before its n-th message reaches the server; `answered`, the server has
done what it was asked and the worker is gone before the n-th answer reaches it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from collections import Counter
from contextlib import suppress
from typing import Any

ENDS = b"X"
ANSWERED = b"Z"
PASSWORD = b"p"


class Executioner:
    """One worker at a time: `victim` is its process, `moment` when it dies, if at all."""

    def __init__(self, server: dict[str, Any]) -> None:
        self.server = server
        self.victim = 0
        self.moment: tuple[str, int] | None = None
        self.counts: Counter[str] = Counter()
        self.killed = False
        self._open: set[StreamWriter] = set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection of the worker's."""
        there, out = await self._connect()
        self._open |= {writer, out}
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await asyncio.gather(self._ask(reader, out), self._answer(there, writer))
        for one in (writer, out):
            one.close()
            self._open.discard(one)

    def begin(self, victim: int, moment: tuple[str, int] | None) -> None:
        self.victim, self.moment, self.killed = victim, moment, False
        self.counts.clear()

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        host, port = self.server["host"], self.server["port"]
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _ask(self, worker: StreamReader, server: StreamWriter) -> None:
        # The first message of a connection has no type.
        length = await worker.readexactly(4)
        server.write(length + await worker.readexactly(int.from_bytes(length) - 4))
        try:
            while True:
                kind, message = await _message(worker)
                if kind not in ENDS + PASSWORD and self._is_due("asked"):
                    return
                server.write(message)
        except asyncio.IncompleteReadError:
            server.close()

    async def _answer(self, server: StreamReader, worker: StreamWriter) -> None:
        while True:
            kind, message = await _message(server)
            if kind == ANSWERED and self._is_due("answered"):
                return
            worker.write(message)

    def _is_due(self, what: str) -> bool:
        """Count it; kill when this is the moment. Nothing more gets through afterwards."""
        self.counts[what] += 1
        if self.moment == (what, self.counts[what]):
            os.kill(self.victim, signal.SIGKILL)
            self.killed = True
            for one in self._open:
                one.close()
        return self.killed


async def _message(reader: StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4)


async def main() -> None:
    executioner = Executioner(json.loads(os.environ["KILLING_SERVER"]))
    listening = await asyncio.start_server(executioner.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    url = os.environ["DATABASE_URL"].replace("PORT", str(port))
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.app.webhooks.killing.nursery"),
        env={**os.environ, "DATABASE_URL": url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert nursery.stdin
    assert nursery.stdout
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    while line := await orders.readline():
        order = json.loads(line)
        nursery.stdin.write(f"{order['queues']}\n".encode())
        victim = int(await nursery.stdout.readline())
        executioner.begin(victim, tuple(order["moment"]) if order["moment"] else None)
        nursery.stdin.write(b"begin\n")
        code = int(await nursery.stdout.readline())
        said = {"code": code, "killed": executioner.killed, **executioner.counts}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    nursery.stdin.close()
    await nursery.wait()
    listening.close()


if __name__ == "__main__":
    asyncio.run(main())
