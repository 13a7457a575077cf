"""What outcomes hang on, by content, so that they may count again.

A trial says where it went: functions that it entered, and files that it opened, itself or by a
process that it started. Its outcome hangs on these, and on what it shares with all others: what
is no file of the project, which files there are, and what its server went through before it forked.
Of a file that the server loaded, functions hang by themselves, and all the rest is shared.

So a changed function concerns the trials that entered it, and a changed page those that opened it;
a changed constant, setting, migration or fixture concerns everybody. So does what ran once for all,
as something was loaded, set up or found to be kept.
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
from evidence.engine.falsify.opened import GIT
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.run.inputs import digest_of

_LINK = "link "
_DEFINES = (
    *(ast.Import, ast.ImportFrom, ast.AnnAssign),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
_SHARING = ("session", "package")  # Scopes of what is set up once for tests of several files.
_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b(?:[^\n(\\]|\\\n)*(?:\([^)]*\))?", re.MULTILINE)


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
        """What all trials hang on. A file of tests that no other imports is left to its tests."""
        if shared.trace is None or GIT in shared.trace.files:
            return self._of_all(shared.trace)
        noted: dict[str, set[str]] = defaultdict(set)
        for each in shared.noted:
            path, _, name = each.partition("::")
            noted[path].add(name)
        files = sorted(shared.trace.files - self._lone)
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
    def _lone(self) -> frozenset[str]:
        """Those files of tests whose name stands in no other file's imports, and that only define:
        what is done as such a file is loaded, or set up for the session, is done for all."""
        words: dict[str, set[str]] = defaultdict(set)
        for path, text in self._texts.items():
            for statement in _IMPORT.findall(text):
                for word in re.findall(r"\w+", statement):
                    words[word].add(path)
        return frozenset(
            path
            for path in self._of_tests & self._texts.keys()
            if not words[Path(path).stem] - {path}
            and Path(path).name != "conftest.py"
            and _only_defines(self._texts[path])
        )

    def _function(self, name: str) -> str:
        path, _, unit = name.partition("::")
        found = self._bodies(path).get(unit)
        # What is no function of its own hangs with the rest of its file, or is no more.
        return found.digest if found else ""

    def _rest(self, path: str, noted: set[str]) -> str:
        """A digest of the file without those functions, of which it tells how many they are."""
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
            yield prefix + node.name, None if remembers(node) else _body(node, lines)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> _Body | None:
    """None where there is none, or where it begins on a line that shows without being entered."""
    body = node.body if ast.get_docstring(node) is None else node.body[1:]
    if not body or lines[body[0].lineno - 1].encode()[: body[0].col_offset].strip():
        return None
    start, end = body[0].lineno - 1, node.end_lineno
    gives = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node))
    return _Body(start, end, digest_of(lines[start:end]), "yields" if gives else "returns")


def _only_defines(text: str) -> bool:
    """Whether the file, once loaded, has done nothing but to import, define and name."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        tree = ast.parse("what.is_no_python()")
    given = (each.value for each in ast.walk(tree) if isinstance(each, ast.keyword))
    shares = any(isinstance(each, ast.Constant) and each.value in _SHARING for each in given)
    return not shares and all(isinstance(each, _DEFINES) or _only_says(each) for each in tree.body)


def _only_says(node: ast.stmt) -> bool:
    """A text, a name that is given a value, or what only a type checker reads."""
    if isinstance(node, ast.Assign):
        return all(isinstance(each, ast.Name) for each in node.targets)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
