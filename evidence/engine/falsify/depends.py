"""What outcomes hang on, by content, so that they may count again.

A trial says where it went: functions that it entered, and files that it opened, itself or by a
process that it started. Its outcome hangs on these, and on what it shares with all others: what
is no file of the project, which files there are, and what its server went through before it forked.
Of a file that the server loaded, functions hang by themselves, and all the rest is shared.

So a changed function concerns the trials that entered it, and a changed page those that opened it;
a changed constant, setting or conftest concerns everybody. So does what ran once for all, as
something was loaded, set up unasked or found to be kept.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from evidence.engine.falsify.inside.entered import remembers
from evidence.engine.falsify.inside.opened import GIT
from evidence.engine.falsify.testfile import done_by
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.run.inputs import digest_of
from evidence.engine.source.depth import UNREADABLE

_LINK = "link "
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Body:
    """What a function does: its lines without decorators, signature and docstring, which show to
    whoever never enters it. So does of which `kind` it is. They are those from `start`, counted
    from 0, to the one before `end`."""

    start: int
    end: int | None
    digest: str
    kind: str


class Dependencies:
    """Digests of the project's files as they are now. `files` are its files, each with its kind and
    a digest, `outside` stands for all that is no file of it, `commit` for what git knows of them,
    and `tests` are those that anybody cites."""

    def __init__(
        self,
        root: Path,
        files: Mapping[str, str],
        outside: str,
        *,
        commit: str,
        tests: Iterable[str],
    ) -> None:
        self._files, self._outside, self._commit = files, outside, commit
        self._of_tests = {test.partition("::")[0] for test in tests}
        # As they are now: whoever asks later may find them edited.
        self._texts = {path: _read(root / path) for path in files if path.endswith(".py")}
        self._bodies = cache(self._parse)

    @cached_property
    def everything(self) -> str:
        return digest_of([self._outside, *(f"{path}\0{self._files[path]}" for path in self._names)])

    def of_shared(self, shared: Shared) -> str:
        """What all trials hang on. What a file of tests that stands alone defines is left to its
        own tests; what it does as it is loaded is everybody's."""
        if shared.trace is None or GIT in shared.trace.files:
            return self._of_all(shared.trace)
        noted: dict[str, set[str]] = defaultdict(set)
        for each in shared.noted:
            path, _, name = each.partition("::")
            noted[path].add(name)
        files = sorted(shared.trace.files)
        functions = sorted(shared.trace.functions)
        rests = (f"{path}\0{self._rest(path, noted[path])}" for path in files)
        bodies = (f"{name}\0{self._function(name)}" for name in functions)
        return digest_of([self._outside, *self._kinds, *rests, *bodies])

    def of(self, tests: Iterable[str], trace: Trace | None) -> str:
        """What a trial of these tests hangs on besides; every file when nobody knows where it
        went."""
        if trace is None or GIT in trace.files:
            return self._of_all(trace)
        own = {test.partition("::")[0] for test in tests}
        files = (f"{path}\0{self._files.get(path, '')}" for path in sorted(trace.files | own))
        bodies = (f"{name}\0{self._function(name)}" for name in sorted(trace.functions))
        return digest_of([*sorted(tests), *files, *bodies])

    def _of_all(self, trace: Trace | None) -> str:
        """Every file, as nobody knows which; every state of them where git was asked."""
        return self.everything if trace is None else digest_of([self.everything, self._commit])

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._files)

    @cached_property
    def _kinds(self) -> list[str]:
        """Which files there are, which of them may be run, and where links lead: to see that nobody
        opens a file."""
        told = ((path, self._files[path]) for path in self._names)
        return [
            f"{path}\0{digest if digest.startswith(_LINK) else digest.partition(' ')[0]}"
            for path, digest in told
        ]

    @cached_property
    def _alone(self) -> dict[str, str]:
        """Of each file of tests whose name stands in no other file of Python, and that sets up
        nothing for others, a digest of what it does for all as it is loaded."""
        words: dict[str, set[str]] = defaultdict(set)
        for path, text in self._texts.items():
            for word in _WORD.findall(text):
                words[word].add(path)
        modules, found = self._modules, {}
        for path in self._of_tests & self._texts.keys():
            file = Path(path)
            if file.name != "conftest.py" and words[file.stem] <= {path}:
                done = done_by(self._texts[path], modules)
                if done is not None:
                    found[path] = digest_of(done)
        return found

    @property
    def _modules(self) -> frozenset[str]:
        """By each dotted name that one may be imported by, wherever the path begins."""
        names = set()
        for path in self._texts:
            parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
            names |= {".".join(parts[first:]) for first in range(len(parts))}
        return frozenset(names)

    def _function(self, name: str) -> str:
        path, _, unit = name.partition("::")
        found = self._bodies(path).get(unit)
        # What is no function of its own hangs with the rest of its file, or is no more.
        return found.digest if found else ""

    def _rest(self, path: str, noted: set[str]) -> str:
        """A digest of the file without those functions, of which it tells how many they are."""
        if path in self._alone:
            return self._alone[path]
        own = [body for name, body in self._bodies(path).items() if name in noted]
        if not own:
            return self._files.get(path, "")
        lines = self._texts[path].split("\n")
        for body in sorted(own, key=lambda body: body.start, reverse=True):
            lines[body.start : body.end] = [body.kind]
        return digest_of(lines)

    def _parse(self, path: str) -> dict[str, _Body]:
        """The functions and methods of a Python file; none where it cannot be told."""
        text = self._texts.get(path, "")
        try:
            found = list(_functions(ast.parse(text).body, "", text.split("\n")))
        except UNREADABLE:
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
            yield prefix + node.name, None if remembers(node) else _body(node, lines)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> _Body | None:
    """None where there is none, or where it begins on a line that shows without being entered."""
    body = node.body if ast.get_docstring(node) is None else node.body[1:]
    if not body:
        return None
    begins, end = body[0], node.end_lineno
    start = begins.lineno - 1
    if lines[start].encode()[: begins.col_offset].strip():
        return None
    gives = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node.body))
    return _Body(start, end, digest_of(lines[start:end]), "yields" if gives else "returns")


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All that is in them but for what functions within them hold."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _own(ast.iter_child_nodes(node))
