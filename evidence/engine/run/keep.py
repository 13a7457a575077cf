"""The first and the last part of a long output, with the exact size of what lies between."""

from __future__ import annotations


class Kept:
    """Holds at most about three times `half_bytes`; cuts at line ends where there are any."""

    def __init__(self, half_bytes: int) -> None:
        self.dropped_bytes = 0
        self.dropped_lines = 0
        self._half = half_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._head_full = False
        self._dropped_end = b"\n"

    @property
    def mid_line(self) -> bool:
        """True when what was added last did not end a line."""
        newest = self._tail or self._head
        return bool(newest) and not newest.endswith(b"\n")

    def add(self, data: bytes) -> None:
        if self._head_full:
            self._tail += data
        else:
            self._head += data
            if len(self._head) > 2 * self._half:
                self._close_head()
        if len(self._tail) > 2 * self._half:
            self._drop(len(self._tail) - self._half)

    def joined(self) -> bytes:
        """Everything kept; the line between names what is missing. Call once, at the end."""
        if len(self._head) + len(self._tail) <= 2 * self._half and not self.dropped_bytes:
            return bytes(self._head + self._tail)
        if not self._head_full:
            self._close_head()
        surplus = len(self._tail) - self._half
        at_line_start = self._tail[surplus - 1 : surplus] if surplus else self._dropped_end
        if at_line_start != b"\n":
            surplus = _next_start(self._tail, surplus)
        self._drop(surplus)
        if not self._dropped_end.endswith(b"\n"):
            self.dropped_lines += 1
        return bytes(self._head) + self._between() + bytes(self._tail)

    def _between(self) -> bytes:
        newline = "" if self._head.endswith(b"\n") else "\n"
        lines = "line" if self.dropped_lines == 1 else "lines"
        sentence = f"… {self.dropped_bytes:,} bytes in {self.dropped_lines:,} {lines} left out …"
        return f"{newline}{sentence}\n".encode()

    def _close_head(self) -> None:
        cut = self._head.rfind(b"\n", 0, self._half) + 1 or _character(self._head, self._half)
        self._tail = self._head[cut:] + self._tail
        del self._head[cut:]
        self._head_full = True

    def _drop(self, count: int) -> None:
        if count <= 0:
            return
        dropped = self._tail[:count]
        self.dropped_bytes += count
        self.dropped_lines += dropped.count(b"\n")
        self._dropped_end = bytes(dropped[-1:])
        del self._tail[:count]


def _next_start(data: bytearray, at: int) -> int:
    """The first line start after `at`, or a character's start when the line never ends."""
    newline = data.find(b"\n", at)
    return newline + 1 if 0 <= newline < len(data) - 1 else _character(data, at)


def _character(data: bytearray, at: int) -> int:
    """`at`, or a little more, so that no UTF-8 character is cut."""
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at += 1
    return at
