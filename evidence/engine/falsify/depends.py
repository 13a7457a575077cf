"""What outcomes hang on, by content, so that they may count again.

A trial says where it went: functions that it entered, and files that it opened, itself or by a
process that it started. Its outcome hangs on these, and on what it shares with all others: what
is no file of the project, which files there are, and what its server went through before it forked.
Of a file that the server loaded, functions hang by themselves, and all the rest is shared.

So a changed function concerns the trials that entered it, and a changed page those that opened it;
a changed constant, setting, migration or fixture concerns everybody. What was worked out once and
is remembered stays with everybody too.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evidence.engine.falsify.inside.entered import remembers
from evidence.engine.falsify.opened import GIT
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.run.inputs import digest_of

_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b(?:[^\n(\\]|\\\n)*(?:\([^)]*\))?", re.MULTILINE)


@dataclass(frozen=True)
class _Body:
    """What a function does: its lines without decorators and signature, which run elsewhere."""

    first: int
    last: int
    digest: str


class Dependencies:
    """Digests of the project's files as they are now. `files` are its files, each with a digest,
    `outside` stands for all that is no file of it, and `tests` are those that anybody cites."""

    def __init__(
        self, root: Path, files: Mapping[str, str], outside: str, *, tests: Iterable[str]
    ) -> None:
        self._files, self._outside = files, outside
        self._of_tests = {test.partition("::")[0] for test in tests}
        # As they are now: whoever asks later may find them edited.
        self._texts = {path: _read(root / path) for path in files if path.endswith(".py")}
        self._parsed: dict[str, dict[str, _Body]] = {}

    @cached_property
    def everything(self) -> str:
        return digest_of([self._outside, *(f"{path}\0{self._files[path]}" for path in self._names)])

    def of_shared(self, shared: Shared) -> str:
        """What all trials hang on. A file of tests that no other imports is left to its tests."""
        if shared.trace is None or GIT in shared.trace.files:
            return self.everything
        noted: dict[str, set[str]] = defaultdict(set)
        for each in shared.noted:
            path, _, name = each.partition("::")
            noted[path].add(name)
        files = sorted(shared.trace.files - self._lone)
        functions = sorted(shared.trace.functions)
        rests = (f"{path}\0{self._rest(path, noted[path])}" for path in files)
        bodies = (f"{name}\0{self._function(name)}" for name in functions)
        return digest_of([self._outside, *self._names, *rests, *bodies])

    def of(self, tests: Iterable[str], trace: Trace | None) -> str:
        """What a trial of these tests hangs on besides; every file when nobody knows where it
        went."""
        if trace is None or GIT in trace.files:
            return self.everything
        own = {test.partition("::")[0] for test in tests}
        files = (f"{path}\0{self._files.get(path, '')}" for path in sorted(trace.files | own))
        bodies = (f"{name}\0{self._function(name)}" for name in sorted(trace.functions))
        return digest_of([*files, *bodies])

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._files)

    @cached_property
    def _lone(self) -> frozenset[str]:
        """Those files of tests whose name stands in no other file's imports."""
        words: dict[str, set[str]] = defaultdict(set)
        for path, text in self._texts.items():
            for statement in _IMPORT.findall(text):
                for word in re.findall(r"\w+", statement):
                    words[word].add(path)
        return frozenset(
            path
            for path in self._of_tests & self._files.keys()
            if not words[Path(path).stem] - {path} and Path(path).name != "conftest.py"
        )

    def _function(self, name: str) -> str:
        path, _, unit = name.partition("::")
        found = self._bodies(path).get(unit)
        # What is no function of its own hangs with the rest of its file, or is no more.
        return found.digest if found else ""

    def _rest(self, path: str, noted: set[str]) -> str:
        """A digest of the file without those functions, of which it tells how many they are."""
        spans = sorted(
            (body.first, body.last) for name, body in self._bodies(path).items() if name in noted
        )
        if not spans:
            return self._files.get(path, "")
        lines = self._texts[path].split("\n")
        for first, last in reversed(spans):
            lines[first - 1 : last] = ["…"]
        return digest_of(lines)

    def _bodies(self, path: str) -> Mapping[str, _Body]:
        """The functions and methods of a Python file; none where it cannot be told."""
        if path not in self._parsed:
            self._parsed[path] = self._parse(path)
        return self._parsed[path]

    def _parse(self, path: str) -> dict[str, _Body]:
        text = self._texts.get(path, "")
        try:
            found = list(_functions(ast.parse(text).body, "", text.split("\n")))
        except (SyntaxError, ValueError):
            return {}
        # A property and its setter have one name, so nobody could say which of them ran.
        times = Counter(name for name, _ in found)
        return {name: body for name, body in found if body and times[name] == 1}


def _read(file: Path) -> str:
    """What is no text counts as none; the file's digest stands for it."""
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _functions(
    nodes: Sequence[ast.stmt], prefix: str, lines: Sequence[str]
) -> Iterator[tuple[str, _Body | None]]:
    """Names with what they do; None for what hangs with the rest of its file."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.", lines)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, last = node.body[0].lineno, node.end_lineno or node.lineno
            is_own = first > node.lineno and not remembers(node)
            text = "\n".join(lines[first - 1 : last])
            yield prefix + node.name, _Body(first, last, digest_of([text])) if is_own else None
