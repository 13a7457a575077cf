"""What a citation points at in the source, or a sentence that says why it points at nothing."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from evidence.engine.mistakes import did_you_mean
from evidence.engine.register.model import Link
from evidence.engine.source.depth import LEVELS
from evidence.engine.source.model import Symbol
from evidence.engine.source.module import (
    Definition,
    Module,
    Unparsable,
    read_module,
    split_lines,
)
from evidence.engine.source.nearby import near_path

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_TEST = re.compile(r"[^\W\d]\w*(::[^\W\d]\w*)*")


class LinkDead(Exception):
    """A citation that resolves to nothing. Its text starts with the citation as written."""


def resolve_symbol(root: Path, link: Link) -> Symbol:
    """The symbol (`path::Qual.name`) or whole file (`path`) that a claim cites as code.

    Functions, classes, methods, nested classes, constants and class attributes, at module level
    or in a branch of it. Raises LinkDead.
    """
    path = resolve_path(root, link)
    if "::" not in link.text:
        return _whole_file(path, link)
    if not _DOTTED.fullmatch(link.name):
        hint = f"; did you mean {link.path}::{link.name.replace('::', '.')}?"
        raise LinkDead(
            f"{link.text}: expected path::Class.name"
            + (hint if _TEST.fullmatch(link.name) else "; mend the name")
        )
    module = _module(path, link)
    definition = module.names.get(link.name)
    if definition is None:
        raise LinkDead(_not_found(link, link.name, module))
    _refuse_what_is_too_deep(link, module, definition)
    return _symbol(link, module, definition)


def resolve_test(root: Path, link: Link) -> Symbol:
    """The test (`path::test` or `path::Class::test`, all its cases) that a claim cites.

    A test method may be inherited from a class of the same file. Raises LinkDead.
    """
    path = resolve_path(root, link)
    _refuse_what_is_no_test(link)
    module = _module(path, link)
    name = link.name.replace("::", ".")
    definition = _found_or_inherited(module, name, frozenset())
    if definition is None:
        raise LinkDead(_not_found(link, name, module, tests=True))
    if not definition.is_function:
        found = "a class" if definition.is_class else "no function"
        raise LinkDead(f"{link.text}: found {found}, expected a test; cite one test of it")
    return _symbol(link, module, definition)


def resolve_path(root: Path, link: Link) -> Path:
    """The cited file, which lies inside the root and is written in its one plain way.

    Raises LinkDead.
    """
    try:
        return _located(root, link.path)
    except LinkDead as error:
        raise LinkDead(f"{link.text}: {error}") from error


@functools.lru_cache(maxsize=65_536)
def _located(root: Path, written: str) -> Path:
    """Remembered when found, as a register cites a file often; what is gone shows on reading."""
    plain = PurePosixPath(written)
    if plain.is_absolute() or ".." in plain.parts:
        raise LinkDead(
            "found a path that leaves the project, expected one inside it; "
            "write it from the project's root"
        )
    if not written.isprintable():
        raise LinkDead("found characters that cannot be seen, expected a path; write it again")
    if not written or written != str(plain):
        raise LinkDead(f"found an unusual path, expected a plain one; write {plain}")
    path = root / plain
    try:
        kind = "file" if path.is_file() else "folder" if path.is_dir() else ""
        inside = Path(os.path.realpath(path)).is_relative_to(_real(root))
    except OSError as error:
        raise LinkDead(f"{written} could not be read ({error.strerror}); mend the path") from error
    if not inside:
        raise LinkDead(
            "found a symbolic link that leaves the project, expected a file inside it; "
            "cite the file itself"
        )
    if kind == "folder":
        raise LinkDead("found a folder, expected a file; cite a file in it")
    if kind != "file":
        if path.exists():
            raise LinkDead(f"{written} is no file that can be read; cite one that is")
        raise LinkDead(f"{written} not found{near_path(root, written)}")
    return path


@functools.lru_cache(maxsize=8)
def _real(root: Path) -> Path:
    return root.resolve()


def _refuse_what_is_no_test(link: Link) -> None:
    if "[" in link.name:
        plain = link.text.partition("[")[0]
        raise LinkDead(
            f"{link.text}: found one case of a test, expected the whole test, which passes when "
            f"all its cases do; write {plain}"
        )
    if _TEST.fullmatch(link.name):
        return
    hint = "; name the test"
    if _DOTTED.fullmatch(link.name):
        hint = f"; did you mean {link.path}::{link.name.replace('.', '::')}?"
    raise LinkDead(f"{link.text}: expected path::test_name or path::Class::test_name{hint}")


def _refuse_what_is_too_deep(link: Link, module: Module, definition: Definition) -> None:
    deep = [line for line in module.deep if definition.first <= line <= definition.last]
    if deep and (definition.is_function or definition.is_class):
        raise LinkDead(
            f"{link.text}: {link.path}:{min(deep)} is nested too deeply to be broken, expected "
            f"{LEVELS} levels at most, of which each term of a sum is one; split it, or cite "
            "something else"
        )


def _module(path: Path, link: Link) -> Module:
    if path.suffix not in (".py", ".pyi"):
        raise LinkDead(
            f"{link.text}: {link.path} is no Python file, expected one where a name is cited; "
            "cite the whole file"
        )
    try:
        return read_module(path)
    except Unparsable as error:
        raise LinkDead(
            f"{link.text}: {link.path}:{error.line} does not parse ({error.problem}); mend it"
        ) from error
    except OSError as error:
        raise LinkDead(
            f"{link.text}: {link.path} could not be read ({error.strerror}); check its permissions"
        ) from error


def _found_or_inherited(module: Module, name: str, seen: frozenset[str]) -> Definition | None:
    """A method's own definition or that of the nearest base class in the same file."""
    if name in module.names:
        return module.names[name]
    holder, _, method = name.rpartition(".")
    owner = module.names.get(holder)
    if owner is None or holder in seen:
        return None
    for base in owner.bases:
        for scope in _scopes(holder):
            found = _found_or_inherited(module, f"{scope}{base}.{method}", seen | {holder})
            if found:
                return found
    return None


def _scopes(name: str) -> Iterator[str]:
    """Prefixes by which a name may be meant, innermost first: `A.B` is in `A.` and in ``."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield f"{name}."
    yield ""


def _not_found(link: Link, name: str, module: Module, *, tests: bool = False) -> str:
    if name.partition(".")[0] in module.imported:
        return (
            f"{link.text}: found an import of {name.partition('.')[0]}, expected its definition; "
            "cite the file that defines it"
        )
    known = [each for each, found in module.names.items() if found.is_function or not tests]
    near = did_you_mean(name, known)
    same_ending = [each for each in known if each.endswith(f".{name}")]
    if same_ending:
        near = f"; did you mean {same_ending[0]}?"
    near = near.replace(".", "::") if tests else near
    return f"{link.text}: not found in {link.path}{near or '; mend the link'}"


def _symbol(link: Link, module: Module, definition: Definition) -> Symbol:
    return Symbol(
        path=link.path,
        name=link.name,
        first=definition.first,
        last=definition.last,
        body=definition.body,
        sha256=_fingerprint(module.lines[definition.first - 1 : definition.last]),
    )


def _whole_file(path: Path, link: Link) -> Symbol:
    """All lines; a file that is not text is one line, fingerprinted byte by byte."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LinkDead(
            f"{link.text}: could not be read ({error.strerror}); check its permissions"
        ) from error
    try:
        lines = split_lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        return Symbol(link.path, "", 1, 1, frozenset(), hashlib.sha256(data).hexdigest())
    return Symbol(link.path, "", 1, len(lines), frozenset(), _fingerprint(lines))


def _fingerprint(lines: tuple[str, ...]) -> str:
    """SHA-256 of the lines, each ended by LF whatever the file ends them by."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
