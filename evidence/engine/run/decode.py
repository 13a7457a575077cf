"""Bytes of unknown encoding, in chunks cut anywhere, to text.

UTF-8 unless a byte order mark or the pattern of NUL bytes at the start says UTF-16.
"""

from __future__ import annotations

import codecs

_MARK = "\udcff"  # One for each bad byte; no valid text decodes to a lone surrogate.
_ENOUGH = 64  # Bytes that settle the encoding when no line has ended before.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 (big endian)"),
)


class Decoder:
    """Incremental; `bad_bytes` counts the bytes that were no text, each replaced by U+FFFD."""

    def __init__(self) -> None:
        self.bad_bytes = 0
        self.encoding = "UTF-8"
        self._head = b""
        self._codec: codecs.IncrementalDecoder | None = None

    def feed(self, data: bytes) -> str:
        """The text that `data` completes; empty while the encoding is still unknown."""
        if self._codec is not None:
            return self._decode(self._codec, data)
        self._head += data
        if len(self._head) < _ENOUGH and (len(self._head) < 4 or b"\n" not in self._head):
            return ""
        return self._begin()

    def finish(self) -> str:
        """What was held back at the end of the stream."""
        text = "" if self._codec is not None else self._begin()
        assert self._codec is not None  # noqa: S101 - _begin has just set it
        return text + self._decode(self._codec, b"", final=True)

    def _begin(self) -> str:
        first_line = max(4, self._head.find(b"\n") + 1)
        telling = self._head[: first_line if b"\n" in self._head[:_ENOUGH] else _ENOUGH]
        codec, self.encoding, skip = _recognise(telling)
        self._codec = codecs.getincrementaldecoder(codec)(errors="evidence.mark")
        data, self._head = self._head[skip:], b""
        return self._decode(self._codec, data)

    def _decode(self, codec: codecs.IncrementalDecoder, data: bytes, final: bool = False) -> str:
        text = codec.decode(data, final)
        if bad := text.count(_MARK):
            self.bad_bytes += bad
            text = text.replace(_MARK, "\ufffd")
        return text


def _recognise(head: bytes) -> tuple[str, str, int]:
    """The codec, its name for people and how many bytes of mark to skip."""
    for bom, codec, name in _BOMS:
        if head.startswith(bom):
            return codec, name, len(bom)
    if len(head) >= 4:
        even, odd = _share_of_nul(head[0::2]), _share_of_nul(head[1::2])
        if odd >= 0.6 and even <= 0.1:
            return "utf-16-le", "UTF-16 (little endian, no mark)", 0
        if even >= 0.6 and odd <= 0.1:
            return "utf-16-be", "UTF-16 (big endian, no mark)", 0
    return "utf-8", "UTF-8", 0


def _share_of_nul(data: bytes) -> float:
    return data.count(0) / len(data)


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _MARK * (error.end - error.start), error.end


codecs.register_error("evidence.mark", _mark_bad)
