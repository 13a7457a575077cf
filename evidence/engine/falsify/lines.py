"""Which tests ran which lines, case by case, from the coverage that gates of tests recorded."""

from __future__ import annotations

import ast
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.run.contexts import (
    CALL,
    PHASES,
    mask_of,
    open_recording,
    rows_of,
    without_case,
)


@dataclass
class Lines:
    """One gate's recording. A context is a case of a test; lines are whole numbers whose bit N
    stands for line N. `loaded` are lines that ran outside every test, as a file was imported,
    `around` those that ran as a case was set up or tidied up."""

    ran: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    around: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    loaded: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def cases(self, path: str, span: tuple[int, int]) -> tuple[str, ...]:
        """The cases that ran any line of the span, in any of their phases."""
        mask = _span_mask(span)
        return tuple(case for case, lines in self.ran.get(path, {}).items() if lines & mask)

    def by_test(self, tests: frozenset[str]) -> dict[str, dict[str, int]]:
        """All that each of these tests ran, by path."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for path, cases in self.ran.items():
            for case, lines in cases.items():
                if (test := without_case(case)) in tests:
                    found[test][path] |= lines
        return found

    def at_import(self, path: str, span: tuple[int, int]) -> bool:
        return bool(self.loaded.get(path, 0) & _span_mask(span))

    def ran_early(
        self, path: str, span: tuple[int, int], tests: Iterable[str], processes: int
    ) -> bool:
        """Whether a line of the span may have run before any of these tests was forked: as a file
        was imported, or as they or the session were set up. What the session sets up, each of the
        gate's processes does once, and it is recorded of whichever test came first there."""
        mask = _span_mask(span)
        cases = [case for case, lines in self.around.get(path, {}).items() if lines & mask]
        of_these = not set(tests).isdisjoint(map(without_case, cases))
        return self.at_import(path, span) or of_these or 0 < len(cases) <= processes


def read_lines(file: Path, paths: Sequence[str]) -> Lines | None:
    """What was recorded of these files; None when there is no recording by test."""
    wanted, found = frozenset(paths), Lines()
    try:
        with closing(open_recording(file)) as database:
            contexts = dict(database.execute("select id, context from context"))
            for file_id, path in database.execute("select id, path from file").fetchall():
                if path.replace("\\", "/") in wanted:
                    for context, mask in rows_of(database, file_id):
                        _add(found, path, contexts[context], mask)
    except sqlite3.Error:
        return None
    return found


def spans_of(source: str) -> Mapping[int, tuple[int, int]]:
    """For each line the first and last line of the statement, or of the head, that it is in."""
    spans: dict[int, tuple[int, int]] = {}
    for first, last in sorted(_heads(ast.parse(source)), key=lambda each: each[0] - each[1]):
        # The longest come first, so that what stands within another has the last word.
        spans.update(dict.fromkeys(range(first, last + 1), (first, last)))
    return spans


def _heads(tree: ast.Module) -> Iterator[tuple[int, int]]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt | ast.excepthandler):
            first = node.lineno
            last = _before(body) if isinstance(body, list) else node.end_lineno
            yield first, max(first, last or first)
        elif isinstance(node, ast.match_case):
            first = node.pattern.lineno
            yield first, max(first, _before(node.body))


def _before(body: Sequence[ast.stmt]) -> int:
    """The line above a block; decorators belong to what they decorate."""
    first = body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    return min([first.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _span_mask(span: tuple[int, int]) -> int:
    first, last = span
    return mask_of(range(first, last + 1))


def _add(found: Lines, path: str, context: str, mask: int) -> None:
    case, _, phase = context.rpartition("|")
    if not context:
        found.loaded[path] = found.loaded.get(path, 0) | mask
    elif phase in PHASES:
        for lines in (found.ran[path], *(() if phase == CALL else (found.around[path],))):
            lines[case] = lines.get(case, 0) | mask
        found.sizes[case] += mask.bit_count()
