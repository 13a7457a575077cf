"""What a terminal would have acted on, taken out of text: escape sequences, overwritten lines,
control and bidirectional characters."""

from __future__ import annotations

import re

_LONGEST = 4096  # Characters of one sequence; anything longer is shown, not stripped.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    rf"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]{{0,{_LONGEST}}}(?:\x07|\x1b\\|\x9c)"
    rf"|\x1b[PX^_][^\x1b\x9c\n]{{0,{_LONGEST}}}(?:\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_UNFINISHED = re.compile(
    r"(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*\x1b?"
    r"|\x1b[PX^_][^\x1b\x9c\n]*\x1b?"
    r"|\x1b[ -/]*)\Z"
)
_STARTS = ("\x1b", "\x9b", "\x9d")
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_PLAIN = b"\t\n\r" + bytes(range(0x20, 0x7F))
_RETURNS_AT_END = re.compile(r"\r+(?=\n|\Z)")
_OVERWRITTEN = re.compile(r"[^\n]*\r")
_INTERLEAVED = re.compile(r"\x00?(?:[\x01-\x09\x0b-\x7f]\x00){3,}")


class EscapeStripper:
    """Strips escape sequences from text in chunks; one that is cut by a border is held back."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        self._held = ""
        if not any(start in text for start in _STARTS):
            return text
        unfinished = _UNFINISHED.search(text, max(0, len(text) - _LONGEST))
        if unfinished:
            self._held = text[unfinished.start() :]
            text = text[: unfinished.start()]
        return _SEQUENCE.sub("", text)

    def finish(self) -> str:
        """An unfinished sequence at the very end is dropped as a terminal would."""
        held, self._held = self._held, ""
        return _SEQUENCE.sub("", held) if "\n" in held else ""


def show_hidden(text: str) -> str:
    r"""Control and bidirectional characters as `\x07` and `\u202e`; keeps LF, CR and tab."""
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN):
        return text  # Most text, many times faster than by the pattern.
    return _HIDDEN.sub(_visible, text)


def collapse_returns(text: str) -> str:
    """Each line as its last carriage return left it, ended by LF alone.

    Lines that a child wrote as UTF-16 into a stream of UTF-8 lose their NULs first: these would
    hide where a line ends.
    """
    if "\x00" in text:
        text = _INTERLEAVED.sub(lambda match: match[0].replace("\x00", ""), text)
    if "\r" not in text:
        return text
    return _OVERWRITTEN.sub("", _RETURNS_AT_END.sub("", text))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
