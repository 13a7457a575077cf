"""demo.doorway: what comes in at one address goes on to loopback, and back."""

from __future__ import annotations

import asyncio

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


def test_visitor_is_let_go_while_nobody_listens_inside() -> None:
    async def story() -> bytes:
        door = await open_door(host=LOOPBACK, port=0, to_port=1)
        async with door:
            return await _through(door.sockets[0].getsockname()[1], b"anybody?")

    assert asyncio.run(story()) == b""


def test_machine_without_a_name_among_others_has_its_loopback() -> None:
    assert own_address().count(".") == 3
