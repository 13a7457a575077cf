"""Sends signed events to a shop on this machine, from a process of its own, over connections that
are kept open: `python load.py PORT EVENTS CONNECTIONS`. So many at most, and for a bounded time.
Prints JSON: how many a second, and how long one took.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time

HOST = "127.0.0.1"
LONGEST_S = 15.0
SECRET = b"whsec_of_the_benchmark"
API_VERSION = "2026-10-28.endive"


def requests(count: int, *, at: int) -> list[bytes]:
    """Whole HTTP requests, each with an event of its own of about 2 KB, signed."""
    return [_request(number, at) for number in range(count)]


def _request(number: int, at: int) -> bytes:
    body = json.dumps(
        {
            "id": f"evt_load_{at}_{number}",
            "object": "event",
            "api_version": API_VERSION,
            "created": at,
            "livemode": False,
            "type": "checkout.session.completed",
            "data": {"object": {"id": f"cs_load_{number}", "object": "checkout.session", **FILLED}},
        }
    ).encode()
    mark = hmac.new(SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/stripe HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.9\r\n"
        "X-Forwarded-Proto: https\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: t={at},v1={mark}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


FILLED = {f"field_{number}": "of about the length of Stripe's own" for number in range(36)}


async def _send(port: int, queue: list[bytes], took: list[float], until: float) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    while queue and time.perf_counter() < until:
        request = queue.pop()
        began = time.perf_counter()
        writer.write(request)
        status = await reader.readline()
        if b" 200 " not in status:
            raise SystemExit(f"the shop answered {status!r}")
        length, keeps = await _head(reader)
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
        if not keeps:
            writer.close()
            reader, writer = await asyncio.open_connection(HOST, port)
    writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """How long the body is, and whether the connection stays open."""
    length, keeps = 0, True
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
        elif name.lower() == "connection":
            keeps = value.strip().lower() != "close"
    return length, keeps


async def run(port: int, count: int, connections: int) -> dict[str, float]:
    queue = requests(count, at=int(time.time()))
    took: list[float] = []
    began = time.perf_counter()
    senders = (_send(port, queue, took, began + LONGEST_S) for _ in range(connections))
    await asyncio.wait_for(asyncio.gather(*senders), 4 * LONGEST_S)
    elapsed_s = time.perf_counter() - began
    took.sort()
    return {
        "events": len(took),
        "elapsed_s": elapsed_s,
        "a_second": len(took) / elapsed_s,
        "median_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(*map(int, sys.argv[1:4])))))
