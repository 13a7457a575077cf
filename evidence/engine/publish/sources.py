"""The project's files as pages show them: each read once, never from outside the project."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evidence.engine.publish.code import highlighted
from evidence.engine.run.secrets import Redactor

# A cited file longer than this is shown up to here: a page must stay readable in a browser.
_LONGEST = 10_000

_LANGUAGES = {
    ".py": "python", ".pyi": "python", ".html": "html", ".xml": "xml", ".yml": "yaml",
    ".yaml": "yaml", ".toml": "toml", ".json": "json", ".md": "markdown", ".sql": "sql",
    ".sh": "bash", ".js": "javascript", ".ts": "typescript", ".css": "css", ".ini": "ini",
    ".cfg": "ini", ".rs": "rust", ".go": "go", ".c": "c", ".h": "c", ".cpp": "cpp",
    ".java": "java", ".rb": "ruby", ".diff": "diff", ".patch": "diff",
}  # fmt: skip
_NOTHING_SECRET = Redactor.of(())
_NAMES = {"Makefile": "make", "Dockerfile": "docker"}


@dataclass(frozen=True)
class SourceFile:
    """A file's lines (`lines[0]` is line 1), without their ends; none when it is not text.

    `blotted` counts what looked like a secret and is not shown.
    """

    path: str
    lines: tuple[str, ...]
    size_bytes: int
    sha256: str
    is_text: bool
    blotted: int = 0

    @property
    def language(self) -> str:
        """The name under which a highlighter knows this kind of file."""
        file = Path(self.path)
        return _NAMES.get(file.name) or _LANGUAGES.get(file.suffix.lower(), "text")

    @property
    def shown(self) -> tuple[str, ...]:
        return self.lines[:_LONGEST]

    @cached_property
    def html(self) -> tuple[str, ...]:
        """`shown`, highlighted once for this file's page and for every excerpt of it."""
        return highlighted(self.shown, language=self.language)

    def html_of(self, first: int, last: int) -> tuple[str, ...]:
        """Lines `first` to `last` (inclusive, from 1), highlighted."""
        if last <= len(self.shown):
            return self.html[first - 1 : last]
        return highlighted(self.lines[first - 1 : last], language=self.language)

    @property
    def left_out(self) -> int:
        """How many lines of a very long file its page does not show."""
        return max(0, len(self.lines) - _LONGEST)


class Sources:
    """Files of one project, by their path relative to its root."""

    def __init__(
        self,
        root: Path,
        redactor: Redactor = _NOTHING_SECRET,
        *,
        private: frozenset[str] = frozenset(),
    ) -> None:
        self._root = root.resolve()
        self._redactor = redactor
        self._private = private
        self._read: dict[str, SourceFile | None] = {}

    def get(self, path: str) -> SourceFile | None:
        """The file, or nothing: no such path, outside the project, or not for others to see."""
        if path not in self._read:
            self._read[path] = self._load(path)
        return self._read[path]

    def _load(self, path: str) -> SourceFile | None:
        if path in self._private:
            return None
        file = (self._root / path).resolve()
        if ".." in Path(path).parts or not file.is_relative_to(self._root) or not file.is_file():
            return None
        data = file.read_bytes()
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
        is_text = b"\0" not in data
        plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
        shown, blotted = self._redactor.redact(plain)
        return SourceFile(
            path=path,
            lines=tuple(shown.split("\n")) if is_text else (),
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            is_text=is_text,
            blotted=blotted if is_text else 0,
        )
