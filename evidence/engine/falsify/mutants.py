"""The mutants of a cited symbol: its file's text with one edit in it, in reading order."""

from __future__ import annotations

import ast
import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from evidence.engine.falsify.constants import written
from evidence.engine.falsify.operators import Edit, Function, Operator, edits, unwraps
from evidence.engine.source.body import functions_and_classes


@dataclass(frozen=True)
class Mutant:
    """One way to break one function.

    `unit` is the outermost function or method that holds the edit, by its dotted name, and
    `first_line` where Python says that it begins; lines are 1-based. `around` are the first and the
    last line of the file's own statement that holds the unit: all that has to be compiled. `id` and
    `symbol`, a digest of the unit's text, stay the same as long as that text does. `undecorated`
    tells which of the unit's own decorators went, counted from the function outwards, and how many
    it has.
    """

    id: str
    path: str
    unit: str
    operator: Operator
    line: int
    was: str
    text: str
    first_line: int
    symbol: str
    around: tuple[int, int]
    undecorated: tuple[int, int] | None = None

    def diff(self, before: str) -> tuple[str, ...]:
        """The edit as a person reads it: the lines that went and those that came."""
        # An edit keeps the number of lines, so they stand beside each other.
        pairs = list(zip(before.split("\n"), self.text.split("\n"), strict=True))
        edited = [number for number, (old, new) in enumerate(pairs) if old != new]
        span = pairs[edited[0] : edited[-1] + 1]
        return (*(f"-{old}" for old, _ in span), *(f"+{new}" for _, new in span))


def mutants_of(*, path: str, source: str, name: str) -> tuple[Mutant, ...]:
    """Mutants of the function, method or class `name` (dotted) of the file's text.

    Those that compile to the same bytecode as the original are left out: nobody could tell them
    apart. An edit that is no Python is left out alone. A constant has none. Raises SyntaxError
    when the text itself is no Python.
    """
    tree = ast.parse(source)
    text = _Text(source)
    found: list[Mutant] = []
    for unit, function in units(tree, name):
        begin, _ = text.span(function)
        whole = _essence_of(source, function)
        around = _around(tree, function)
        for edit_start, edit_end, edit, replacement in _places(function, text):
            broken = text.replaced(edit_start, edit_end, replacement)
            if _essence_if_python(broken, function) in (None, whole):
                continue
            found.append(
                Mutant(
                    id=_id(path, unit, text.of(function), edit, edit_start - begin, replacement),
                    path=path,
                    unit=unit,
                    operator=edit,
                    line=text.line_at(edit_start),
                    was=text.between(edit_start, edit_end),
                    text=broken,
                    first_line=first_line(function),
                    symbol=hashlib.sha256(text.of(function).encode()).hexdigest(),
                    around=around,
                    undecorated=_undecorated(function, edit_start, text),
                )
            )
    return tuple(found)


def merged(source: str, texts: Sequence[str]) -> str:
    """The file's text with the edits of several mutants in it, which stand apart."""
    edits = sorted((_edit(source, text) for text in texts), reverse=True)
    for start, end, new in edits:
        source = source[:start] + new + source[end:]
    return source


def _edit(source: str, text: str) -> tuple[int, int, str]:
    """Where a mutant's text differs: the span that went, and what came."""
    shorter = min(len(source), len(text))
    start = next((n for n in range(shorter) if source[n] != text[n]), shorter)
    tail = next((n for n in range(shorter - start) if source[-1 - n] != text[-1 - n]), None)
    tail = shorter - start if tail is None else tail
    return start, len(source) - tail, text[start : len(text) - tail]


def units(tree: ast.Module, name: str) -> Iterator[tuple[str, Function]]:
    """The functions that `name` stands for: itself, or all methods of a class and its classes."""
    yield from _units(tree, "", name)


def _units(holder: ast.AST, prefix: str, name: str) -> Iterator[tuple[str, Function]]:
    for node in functions_and_classes(holder):
        whole = prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _units(node, f"{whole}.", name)
        elif whole == name or whole.startswith(f"{name}."):
            yield whole, node


def first_line(function: Function) -> int:
    """Where Python says that the function begins: its first decorator, if it has any."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def _begin(lines: Sequence[str], function: Function) -> int:
    """Where its text begins: a decorator in parentheses may stand on a line below its `@`."""
    line = first_line(function)
    while function.decorator_list and not lines[line - 1].lstrip().startswith("@"):
        line -= 1
    return line


def _around(tree: ast.Module, function: Function) -> tuple[int, int]:
    """Lines of the outermost statement that holds the function, and of nothing but comments and
    decorators before it: of a decorator in parentheses no node tells where these begin."""
    ends = [node.end_lineno or node.lineno for node in tree.body]
    at = bisect_left(ends, function.lineno)
    return ends[at - 1] + 1 if at else 1, ends[at]


def _places(function: Function, text: _Text) -> Iterator[tuple[int, int, Operator, bytes]]:
    """Each edit as a span of bytes and what comes there, with as many lines as before."""
    found = [(*_span(edit, text), edit.operator, _written(edit, text)) for edit in edits(function)]
    for block in unwraps(function):
        start, end = text.head(block)
        lines = text.raw[start:end].count(b"\n")
        found.append((start, end, Operator.UNWRAP, b"if (True" + b"\n" * lines + b"):"))
    yield from sorted(found, key=lambda each: (each[0], each[2].value, each[3]))


def _undecorated(function: Function, edit_start: int, text: _Text) -> tuple[int, int] | None:
    starts = [text.span(each)[0] for each in reversed(function.decorator_list)]
    return (starts.index(edit_start), len(starts)) if edit_start in starts else None


def _span(edit: Edit, text: _Text) -> tuple[int, int]:
    start, end = text.span(edit.node)
    if edit.until is None:
        return start, end
    between = text.raw[end : text.span(edit.until)[0]]
    pattern = rb"[\s\\]+".join(re.escape(word.encode()) for word in edit.sign.split())
    found = re.search(pattern, _without_comments(between))
    if found is None:
        raise AssertionError(f"no {edit.sign} in {between!r}")
    return end + found.start(), end + found.end()


def _without_comments(between: bytes) -> bytes:
    """These bytes with comments blanked; before the first sign in them no text is quoted."""
    return re.sub(rb"#.*", lambda each: b" " * len(each[0]), between)


def _written(edit: Edit, text: _Text) -> bytes:
    if edit.until is not None:
        return edit.text.encode() + _line_ends(edit, text)
    start, end = text.span(edit.node)
    lines = text.raw[start:end].count(b"\n")
    if isinstance(edit.node, ast.stmt):
        return edit.text.encode() + b"\n" * lines
    plain = edit.text.encode()
    if not lines and plain.replace(b"_", b"").replace(b".", b"").isalnum():
        return plain
    return b"(" + plain + b"\n" * lines + b")"


def _line_ends(edit: Edit, text: _Text) -> bytes:
    """What stands between the words of a sign that is written on several lines."""
    start, end = _span(edit, text)
    first, _, last = edit.sign.partition(" ")
    between = text.raw[start + len(first) : end - len(last)]
    return between if b"\n" in between else b""


def _essence_if_python(source: str, function: Function) -> tuple[object, ...] | None:
    try:
        return _essence_of(source, function)
    except SyntaxError:
        return None


def _essence_of(source: str, function: Function) -> tuple[object, ...]:
    """What the function does, as it stands in this text; by itself, since to compile the whole file
    for each edit would take longer than to try it."""
    lines = source.split("\n")
    lines = lines[_begin(lines, function) - 1 : function.end_lineno]
    indented = "if True:\n" if function.col_offset else ""
    module = compile(indented + "\n".join(lines), "<unit>", "exec", dont_inherit=True)
    return _essence(module)


def _essence(code: CodeType) -> tuple[object, ...]:
    """What a code object does, whatever lines it stands on."""
    constants = tuple(
        _essence(constant)
        if isinstance(constant, CodeType)
        else (type(constant), written(constant))
        for constant in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, constants, *names, code.co_exceptiontable)


def _id(
    path: str, unit: str, unit_text: str, operator: Operator, start: int, replacement: bytes
) -> str:
    written = "\0".join((path, unit, unit_text, operator, str(start), replacement.decode()))
    return hashlib.sha256(written.encode()).hexdigest()[:12]


class _Text:
    """A file's text by bytes, as syntax trees count columns."""

    def __init__(self, source: str) -> None:
        self.raw = source.encode()
        self._starts = [0]
        for line in self.raw.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.withitem) -> tuple[int, int]:
        """The node's first byte and the one after its last."""
        start = self._at(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))
        end = self._at(getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0))
        return start, end

    def head(self, block: ast.With) -> tuple[int, int]:
        """From `with` to its colon."""
        start, end = self.span(block)
        _, last = self.span(block.items[-1].context_expr)
        return start, last + _without_comments(self.raw[last:end]).index(b":") + 1

    def of(self, function: Function) -> str:
        first, _ = self._at(first_line(function), 0), 0
        return self.between(first, self.span(function)[1])

    def between(self, start: int, end: int) -> str:
        return self.raw[start:end].decode()

    def line_at(self, offset: int) -> int:
        return self.raw.count(b"\n", 0, offset) + 1

    def replaced(self, start: int, end: int, text: bytes) -> str:
        return (self.raw[:start] + text + self.raw[end:]).decode()

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column
