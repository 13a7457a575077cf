"""A gate's bytes to a log that is safe to publish, as they come, in flat memory.

decode, strip escape sequences, collapse overwritten lines, show hidden characters, redact,
name the machine's folders, keep the first and the last part. The result does not depend on how
the bytes were cut into chunks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence.engine.run.decode import Decoder
from evidence.engine.run.keep import Kept
from evidence.engine.run.places import Places
from evidence.engine.run.secrets import REDACTED, Redactor
from evidence.engine.run.terminal import EscapeStripper, collapse_returns, show_hidden
from evidence.engine.run.varying import Varying

KEPT_BYTES = 2 * 1024 * 1024
_WINDOW = 64 * 1024  # New characters of a line that are looked at together.


@dataclass(frozen=True)
class Cleaner:
    """Text to text: what may be shown of a finished piece."""

    redactor: Redactor
    places: Places
    varying: Varying = field(default_factory=Varying)

    def clean(self, text: str) -> str:
        """For short pieces such as an argv or a message."""
        stripper = EscapeStripper()
        text = stripper.feed(text) + stripper.finish()
        return self.finish(collapse_returns(text))[0]

    def finish(self, text: str) -> tuple[str, int]:
        """The last steps, for text without escape sequences; the number of redactions with it."""
        text, redactions = self.redactor.redact(show_hidden(text))
        return self.varying.replace(self.places.replace(text)), redactions

    def cut_before(self, text: str, at: int) -> int:
        """The last place up to `at` where a long line can be cut without hiding anything."""
        while True:
            cut = self.redactor.cut_before(text, self.places.cut_before(text, at))
            if cut == at:
                return cut
            at = cut


@dataclass(frozen=True)
class Captured:
    """What is kept of an output: `body` is UTF-8 with LF; sizes are in bytes."""

    body: bytes
    encoding: str
    received_bytes: int
    bad_bytes: int
    redactions: int
    left_out_bytes: int
    left_out_lines: int

    @property
    def last_line(self) -> str:
        """The last line that says something."""
        lines = self.body.decode("utf-8").rstrip().rsplit("\n", 1)
        return lines[-1].strip()

    def last_lines(self, count: int) -> tuple[str, ...]:
        return tuple(self.body.decode("utf-8").rstrip("\n").split("\n")[-count:])


class Capture:
    """Feed it bytes, finish it once. `last_line` is the newest finished line, for progress."""

    def __init__(self, cleaner: Cleaner, kept_bytes: int = KEPT_BYTES) -> None:
        self.last_line = ""
        self._cleaner = cleaner
        self._decoder = Decoder()
        self._stripper = EscapeStripper()
        self._kept = Kept(kept_bytes // 2)
        self._pending = ""
        self._blind = False
        self._received = self._redactions = 0
        self._overlap = cleaner.redactor.reach
        self._window = _WINDOW + self._overlap

    def feed(self, data: bytes) -> None:
        self._received += len(data)
        self._take(self._stripper.feed(self._decoder.feed(data)))

    def note(self, sentence: str) -> None:
        """A line of the engine's own, set apart from the output."""
        self._kept.add(f"[evidence] {self._cleaner.clean(sentence)}\n".encode())

    def finish(self, *notes: str) -> Captured:
        """Ends the stream and adds the engine's own notes below it."""
        self._take(self._stripper.feed(self._decoder.finish()) + self._stripper.finish())
        if self._pending or self._kept.mid_line:
            self._take("\n")
        for sentence in notes:
            self.note(sentence)
        return Captured(
            body=self._kept.joined(),
            encoding=self._decoder.encoding,
            received_bytes=self._received,
            bad_bytes=self._decoder.bad_bytes,
            redactions=self._redactions,
            left_out_bytes=self._kept.dropped_bytes,
            left_out_lines=self._kept.dropped_lines,
        )

    def _take(self, text: str) -> None:
        ended, newline, rest = (self._pending + text).rpartition("\n")
        if newline:
            # Together, which is many times faster, unless one of them may be too long to wait for.
            pieces = [ended] if len(ended) <= self._window else ended.split("\n")
            for piece in pieces:
                self._emit_lines(self._let_go(piece) + "\n")
        self._pending = self._let_go(rest)

    def _let_go(self, line: str) -> str:
        """Emits the front of a line that is too long to wait for its end; gives the rest."""
        while len(line) > self._window:
            window, line = line[: self._window], line[self._window :]
            overwritten = window.rstrip("\r").rfind("\r") + 1
            rest = window[overwritten:] if overwritten else self._show_front(window)
            line = rest + line
        return line

    def _show_front(self, window: str) -> str:
        """Emits as much of it as ends in no half of a secret; gives the rest."""
        if self._blind:
            return ""
        window = show_hidden(window)
        cut = self._cleaner.cut_before(window, len(window) - self._overlap)
        if not cut:  # One secret fills it and its end is unknown: no more of this line is shown.
            self._blind = True
            self._redactions += 1
            self._emit(REDACTED)
            return ""
        self._emit(self._counted(window[:cut].replace("\r", "")))
        return window[cut:]

    def _emit_lines(self, text: str) -> None:
        if self._blind:
            self._blind = False
            text = text[text.index("\n") :]
        cleaned = self._counted(collapse_returns(text))
        self._emit(cleaned)
        self.last_line = cleaned.rstrip().rpartition("\n")[2].strip()[:200] or self.last_line

    def _counted(self, text: str) -> str:
        cleaned, redactions = self._cleaner.finish(text)
        self._redactions += redactions
        return cleaned

    def _emit(self, text: str) -> None:
        self._kept.add(text.encode("utf-8", "replace"))
