"""demo.doorway: what comes in at one address goes on to loopback, and back."""

from __future__ import annotations

import asyncio
import errno
import gc
from typing import Any

import pytest

from demo import doorway
from demo.doorway import LOOPBACK, open_door, own_address


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write((await reader.read()).upper())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _through(port: int, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(words)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def test_bytes_go_to_loopback_and_the_answer_comes_back() -> None:
    async def story() -> list[bytes]:
        inner = await asyncio.start_server(_echo, LOOPBACK, 0)
        to_port = inner.sockets[0].getsockname()[1]
        door = await open_door(host=LOOPBACK, port=0, to_port=to_port)
        port = door.sockets[0].getsockname()[1]
        async with inner, door:
            return await asyncio.gather(*(_through(port, word * 50_000) for word in (b"ab", b"c")))

    assert asyncio.run(story()) == [b"AB" * 50_000, b"C" * 50_000]


def test_visitor_is_let_go_while_nobody_listens_inside(caplog: pytest.LogCaptureFixture) -> None:
    broken: list[dict[str, Any]] = []

    async def story() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: broken.append(what))
        door = await open_door(host=LOOPBACK, port=0, to_port=1)
        async with door:
            return await _through(door.sockets[0].getsockname()[1], b"anybody?")

    assert asyncio.run(story()) == b""
    gc.collect()
    assert broken == []
    assert "nobody answers on port 1 inside: " in caplog.text


class _Visitor:
    """A visitor's connection; it counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_connection_is_closed_at_once_when_nobody_listens_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visits: list[Any] = []

    async def start_server(visit: Any, host: str, port: int) -> None:
        visits.append(visit)

    monkeypatch.setattr(asyncio, "start_server", start_server)
    visitor: Any = _Visitor()

    async def story() -> None:
        await open_door(host=LOOPBACK, port=0, to_port=1)
        await visits[0](asyncio.StreamReader(), visitor)

    asyncio.run(story())
    assert visitor.closed == 1


class _Receiver:
    """Notes what a writer is told; when gone, it cannot even be told that the sender ended."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.told: list[str] = []
        self._is_gone = is_gone

    def write(self, piece: bytes) -> None:
        self.told.append(piece.decode())

    async def drain(self) -> None:
        self.told.append("drained")

    def write_eof(self) -> None:
        self.told.append("end")
        if self._is_gone:
            raise OSError(errno.ENOTCONN, "not connected")


def _told(receiver: Any, *, is_cut: bool = False) -> list[str]:
    async def story() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"words")
        reader.feed_eof()
        if is_cut:
            reader.set_exception(ConnectionResetError())
        await doorway._pass(reader, receiver)

    asyncio.run(story())
    told: list[str] = receiver.told
    return told


def test_receiver_sets_the_pace_and_is_told_of_the_end() -> None:
    assert _told(_Receiver()) == ["words", "drained", "end"]


def test_cut_connection_is_an_end_like_any_other() -> None:
    assert _told(_Receiver(), is_cut=True) == ["end"]


def test_receiver_that_is_gone_is_no_news() -> None:
    assert _told(_Receiver(is_gone=True)) == ["words", "drained", "end"]


def test_machine_without_a_name_among_others_has_its_loopback() -> None:
    assert own_address().count(".") == 3
