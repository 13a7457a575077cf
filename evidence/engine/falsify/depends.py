"""What the outcome of a cited test hangs on, by content, so that it may count again.

Most of it is the world: if any of that changes, everything is tried again. The world is every
file of the project, the engine, the packages, the environment. Taken out of it is only what is
known to concern some tests alone:

- a function of a cited file that ran in the call phase of tests and at no other time. What ran
  while something was imported or set up may be shared by tests that coverage says nothing of, and
  what never ran may be run by processes that coverage does not see: both stay in the world;
- a file of tests that no other file imports.

What is broken may lead a test into functions where it never goes otherwise. So each fork tells
what it entered, and what hangs on a breakage hangs on those functions too.

A changed setting, constant, migration, template, document or fixture is a change of the world.
A test that starts processes hangs on all files, since nobody records what its children run.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.run.contexts import CALL, mask_of, open_recording, rows_of, without_case
from evidence.engine.run.inputs import digest_of

_Function = tuple[str, str]  # The file, and the dotted name in it.
_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b(?:[^\n(\\]|\\\n)*(?:\([^)]*\))?", re.MULTILINE)
# What is remembered runs for the first test that asks, and counts for all that follow.
_REMEMBERS = frozenset({"cache", "lru_cache", "cached_property"})


@dataclass(frozen=True)
class _Body:
    """What a function does: its lines without decorators and signature, which run elsewhere."""

    name: str
    first: int
    last: int
    digest: str


@dataclass
class Dependencies:
    """Digests of the world, of all files, of what each test hangs on besides, and of each function
    that is not the world's. `_runs` tells which functions each test runs as it is called."""

    world: str
    everything: str
    _tests: Mapping[str, str] = field(default_factory=dict)
    _functions: Mapping[str, str] = field(default_factory=dict)
    _runs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def alone(self, test: str) -> str:
        """What one test hangs on, if it starts no process."""
        return digest_of([self.world, self._tests.get(test, "")])

    def of(self, tests: Iterable[str], contained: Mapping[str, str]) -> str:
        """What these tests hang on together. `contained` tells, of each test that was seen to
        start no process, what it hung on then; whoever is not in it may start one."""
        known = {test: self.alone(test) for test in sorted(tests)}
        free = [test for test, digest in known.items() if contained.get(test) != digest]
        hangs = [f"{test}\0{digest}" for test, digest in known.items()]
        return digest_of([*hangs, *free, self.everything if free else ""])

    def strays(self, tests: Iterable[str], entered: Iterable[str]) -> tuple[str, ...]:
        """Those functions, given as `path::name`, that are not the world's and that none of these
        tests runs by itself."""
        usual = frozenset().union(*(self._runs.get(test, frozenset()) for test in tests))
        return tuple(sorted(set(entered) & self._functions.keys() - usual))

    def of_strays(self, strays: Iterable[str] | None) -> str:
        """What these functions do; all files when nobody knows which they are."""
        if strays is None:
            return self.everything
        return digest_of(f"{name}\0{self._functions.get(name, '')}" for name in strays)


def dependencies(
    root: Path,
    files: Mapping[str, str],
    outside: str,
    *,
    cited: Iterable[str],
    recordings: Sequence[Path],
    tests: Iterable[str],
) -> Dependencies:
    """Of these tests, by what coverage recorded of the cited files. `files` are the project's,
    each with a digest; `outside` stands for all that is no file of it."""
    bodies = {path: found for path in sorted(cited) if (found := _bodies(root, path, files))}
    ran = _who_ran(recordings, bodies)
    own = {
        (path, body.name): body.digest
        for path, found in bodies.items()
        for body in found
        if ran.is_own((path, body.name))
    }
    lone = _lone(root, files, {test.partition("::")[0] for test in tests})
    whole = {path: each for path, each in files.items() if path not in bodies.keys() | lone.keys()}
    rest = {
        path: _rest(root / path, _own_lines(path, found, own)) for path, found in bodies.items()
    }
    everything = digest_of([outside, *_pairs(files)])
    return Dependencies(
        world=digest_of([outside, *_pairs(whole), *_pairs(rest)]),
        everything=everything,
        _tests={test: _of_test(test, ran, own, lone) for test in tests},
        _functions={f"{path}::{name}": digest for (path, name), digest in own.items()},
        _runs={
            test: frozenset(f"{path}::{name}" for path, name in functions)
            for test, functions in ran.by_test.items()
        },
    )


def _own_lines(
    path: str, found: Iterable[_Body], own: Mapping[_Function, str]
) -> list[tuple[int, int]]:
    """The spans of those functions that are not the world's, in reading order."""
    return [(body.first, body.last) for body in found if (path, body.name) in own]


def _of_test(test: str, ran: _Ran, own: Mapping[_Function, str], lone: Mapping[str, str]) -> str:
    functions = sorted(each for each in ran.by_test.get(test, ()) if each in own)
    parts = (f"{path}\0{name}\0{own[path, name]}" for path, name in functions)
    return digest_of([lone.get(test.partition("::")[0], ""), *parts])


def _bodies(root: Path, path: str, files: Mapping[str, str]) -> list[_Body]:
    """The functions and methods of a Python file; none where it cannot be told."""
    if path not in files or not path.endswith(".py"):
        return []
    try:
        text = (root / path).read_text("utf-8")
        found = list(_functions(ast.parse(text).body, "", text.split("\n")))
    except (OSError, SyntaxError, ValueError):
        return []
    names = [body.name for body in found]
    # A property and its setter have one name, so nobody could say which of them ran.
    return [body for body in found if names.count(body.name) == 1]


def _functions(nodes: Sequence[ast.stmt], prefix: str, lines: Sequence[str]) -> Iterator[_Body]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.", lines)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, last = node.body[0].lineno, node.end_lineno or node.lineno
            words = {word for each in node.decorator_list for word in _words(each)}
            if first > node.lineno and not words & _REMEMBERS:
                text = "\n".join(lines[first - 1 : last])
                yield _Body(prefix + node.name, first, last, digest_of([text]))


def _words(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield part.id if isinstance(part, ast.Name) else part.attr


def _rest(path: Path, spans: Sequence[tuple[int, int]]) -> str:
    """A digest of the file without these lines, which are as many as they are."""
    lines = path.read_text("utf-8").split("\n")
    for first, last in reversed(spans):
        lines[first - 1 : last] = ["…"]
    return digest_of(lines)


@dataclass
class _Ran:
    """Which functions each test ran as it was called, and which ran at some other time."""

    by_test: dict[str, set[_Function]] = field(default_factory=lambda: defaultdict(set))
    called: set[_Function] = field(default_factory=set)
    otherwise: set[_Function] = field(default_factory=set)

    def is_own(self, function: _Function) -> bool:
        return function in self.called and function not in self.otherwise


def _who_ran(recordings: Sequence[Path], bodies: Mapping[str, Sequence[_Body]]) -> _Ran:
    ran = _Ran()
    for file in recordings:
        with closing(open_recording(file)) as database:
            contexts = dict(database.execute("select id, context from context"))
            for file_id, stored in database.execute("select id, path from file").fetchall():
                path = stored.replace("\\", "/")
                masks = [(each.name, _mask(each)) for each in bodies.get(path, ())]
                for context, lines in rows_of(database, file_id) if masks else ():
                    names = {(path, name) for name, mask in masks if mask & lines}
                    _note(ran, contexts[context], names)
    return ran


def _note(ran: _Ran, context: str, functions: set[_Function]) -> None:
    case, _, phase = context.rpartition("|")
    if phase == CALL:
        ran.by_test[without_case(case)] |= functions
        ran.called |= functions
    else:
        ran.otherwise |= functions


def _mask(body: _Body) -> int:
    return mask_of(range(body.first, body.last + 1))


def _lone(root: Path, files: Mapping[str, str], of_tests: set[str]) -> dict[str, str]:
    """Digests of those files of tests whose name stands in no other file's imports."""
    words: dict[str, set[str]] = defaultdict(set)
    for path in files:
        if path.endswith(".py"):
            text = (root / path).read_text("utf-8", "replace")
            for statement in _IMPORT.findall(text):
                for word in re.findall(r"\w+", statement):
                    words[word].add(path)
    return {
        path: files[path]
        for path in sorted(of_tests & files.keys())
        if not words[Path(path).stem] - {path} and Path(path).name != "conftest.py"
    }


def _pairs(digests: Mapping[str, str]) -> Iterator[str]:
    return (f"{path}\0{digest}" for path, digest in sorted(digests.items()))
