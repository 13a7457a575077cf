"""Citations: what they resolve to, and the sentence for each that resolves to nothing."""

from __future__ import annotations

import hashlib
import os

import pytest

from evidence.engine.mistakes import Place
from evidence.engine.register.model import Link
from evidence.engine.source.links import LinkDead, resolve_symbol, resolve_test

SHAPES = '''\
"""Shapes."""
import enum
import functools
from os import getcwd

LIMIT: int = 30
LOW, (HIGH, *REST) = 1, (2, 3)


@functools.cache
def plain(
    a,
    b=1,
):
    """Docstring."""
    if a:
        return (
            b
        )
    return None


async def later():
    return 1


class Status(enum.StrEnum):
    PAID = "paid"
    OPEN = "open"

    class Meta:
        ordering = ["id"]

        def inner(self):
            return 1

    @property
    def held(self):
        return 1

    @held.setter
    def held(self, value):
        pass


if LIMIT:

    def branched():
        return 1

else:

    def branched():
        return 2


try:
    FAST = 1
except ImportError:
    FAST = 0
'''


def symbol(stranger, text):
    return resolve_symbol(stranger.root, Link(text, Place("f")))


def dead(stranger, text, resolve=resolve_symbol):
    with pytest.raises(LinkDead) as refused:
        resolve(stranger.root, Link(text, Place("f")))
    return str(refused.value)


@pytest.fixture
def shapes(stranger):
    stranger.write("till/shapes.py", SHAPES.encode())
    return stranger


@pytest.mark.parametrize(
    ("name", "lines", "body"),
    [
        ("plain", (10, 20), {16, 17, 18, 20}),
        ("later", (23, 24), {24}),
        ("LIMIT", (6, 6), set()),
        ("HIGH", (7, 7), set()),
        ("REST", (7, 7), set()),
        ("Status", (27, 43), {35, 39, 43}),
        ("Status.PAID", (28, 28), set()),
        ("Status.Meta", (31, 35), {35}),
        ("Status.Meta.ordering", (32, 32), set()),
        ("Status.Meta.inner", (34, 35), {35}),
        ("Status.held", (37, 43), {39, 43}),
        ("branched", (48, 54), {49, 54}),
        ("FAST", (58, 60), set()),
    ],
)
def test_each_kind_of_name_has_its_lines_and_body(shapes, name, lines, body):
    found = symbol(shapes, f"till/shapes.py::{name}")

    assert (found.path, found.name) == ("till/shapes.py", name)
    assert (found.first, found.last) == lines
    assert found.body == frozenset(body)
    assert found.is_code == bool(body)


def test_fingerprint_is_of_the_symbols_lines_whatever_ends_them(stranger):
    unix = symbol(stranger, "till/money.py::total")
    source = stranger.read("till/money.py")
    text = "".join(source.splitlines(keepends=True)[unix.first - 1 : unix.last])
    stranger.write("till/money.py", source.replace("\n", "\r\n").encode())

    windows = symbol(stranger, "till/money.py::total")

    assert unix.sha256 == windows.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (unix.first, unix.last, unix.body) == (windows.first, windows.last, windows.body)


def test_fingerprint_changes_with_the_symbol_and_not_with_its_neighbours(stranger):
    before = symbol(stranger, "till/money.py::change")
    stranger.replace("till/money.py", "return sum(prices)", "return sum(prices) + 0")
    neighbour = symbol(stranger, "till/money.py::change")
    stranger.replace("till/money.py", "return paid - price", "return paid  - price")

    assert neighbour.sha256 == before.sha256
    assert symbol(stranger, "till/money.py::change").sha256 != before.sha256


def test_form_feeds_and_unicode_separators_end_no_line(stranger):
    stranger.write("till/odd.py", 'A = "\u2028"\n\x0c\ndef b():\n    return 1\n'.encode())

    found = symbol(stranger, "till/odd.py::b")

    assert (found.first, found.last) == (3, 4)
    expected = b"def b():\n    return 1\n"
    assert found.sha256 == hashlib.sha256(expected).hexdigest()


def test_source_in_its_own_declared_encoding_is_read(stranger):
    stranger.write("till/old.py", '# coding: latin-1\nCAFE = "é"\n'.encode("latin-1"))

    assert symbol(stranger, "till/old.py::CAFE").first == 2


def test_whole_file_is_all_its_lines_and_no_body(stranger):
    found = symbol(stranger, "README.md")

    assert (found.name, found.first, found.last, found.body) == ("", 1, 1, frozenset())
    assert found.sha256 == hashlib.sha256(b"# Till\n").hexdigest()


def test_file_that_is_not_text_is_one_line(stranger):
    stranger.write("logo.png", b"\x89PNG\n\xff\n")

    found = symbol(stranger, "logo.png")

    assert (found.first, found.last) == (1, 1)
    assert found.sha256 == hashlib.sha256(b"\x89PNG\n\xff\n").hexdigest()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "till/money.py::totl",
            "till/money.py::totl: not found in till/money.py; did you mean total?",
        ),
        (
            "till/money.py::put",
            "till/money.py::put: not found in till/money.py; did you mean Drawer.put?",
        ),
        (
            "till/money.py::Drawer::put",
            "till/money.py::Drawer::put: expected path::Class.name; "
            "did you mean till/money.py::Drawer.put?",
        ),
        (
            "till/money.py::qqqqqq",
            "till/money.py::qqqqqq: not found in till/money.py; mend the link",
        ),
        ("till/money.py::", "till/money.py::: expected path::Class.name; mend the name"),
        (
            "tests/test_money.py::pytest",
            "tests/test_money.py::pytest: found an import of pytest, expected its definition; "
            "cite the file that defines it",
        ),
        (
            "till/mony.py::total",
            "till/mony.py::total: till/mony.py not found; did you mean till/money.py?",
        ),
        (
            "money.py::total",
            "money.py::total: money.py not found; did you mean till/money.py?",
        ),
        (
            "nowhere/qqqqqq.py",
            "nowhere/qqqqqq.py: nowhere/qqqqqq.py not found; mend the path",
        ),
        ("till", "till: found a folder, expected a file; cite a file in it"),
        (
            "../till/money.py",
            "../till/money.py: found a path that leaves the project, expected one inside it; "
            "write it from the project's root",
        ),
        (
            "/etc/passwd",
            "/etc/passwd: found a path that leaves the project, expected one inside it; "
            "write it from the project's root",
        ),
        (
            "./till//money.py::total",
            "./till//money.py::total: found an unusual path, expected a plain one; "
            "write till/money.py",
        ),
        (
            "README.md::title",
            "README.md::title: README.md is no Python file, expected one where a name is cited; "
            "cite the whole file",
        ),
    ],
)
def test_dead_code_link_says_why_and_what_is_near(stranger, text, sentence):
    assert dead(stranger, text) == sentence


def test_syntax_error_in_the_cited_file_is_named_with_its_line(stranger):
    stranger.write("till/bad.py", "A = 1\ndef (\n")

    assert dead(stranger, "till/bad.py::A") == (
        "till/bad.py::A: till/bad.py:2 does not parse (invalid syntax); mend it"
    )


@pytest.mark.parametrize("content", [b"A = 1\0\n", b"A = '\xff'\n", b"# coding: nonsense\n"])
def test_file_that_python_cannot_decode_is_a_dead_link(stranger, content):
    stranger.write("till/bad.py", content)

    assert "till/bad.py:1 does not parse (" in dead(stranger, "till/bad.py::A")


def test_file_that_is_nested_too_deeply_is_a_dead_link(stranger):
    branches = "".join(f"elif n == {n}:\n    pass\n" for n in range(1200))
    stranger.write("till/deep.py", f"A = n = 1\nif n:\n    pass\n{branches}")

    assert dead(stranger, "till/deep.py::A") == (
        "till/deep.py::A: till/deep.py:302 does not parse (too deeply nested); mend it"
    )


def test_symbolic_link_that_leaves_the_project_is_refused(stranger):
    (stranger.root.parent / "outside.py").write_text("def total(): return 1\n")
    (stranger.root / "till/linked.py").symlink_to(stranger.root.parent / "outside.py")

    assert dead(stranger, "till/linked.py::total") == (
        "till/linked.py::total: found a symbolic link that leaves the project, expected a file "
        "inside it; cite the file itself"
    )


def test_pipe_is_no_file_and_is_never_opened(stranger):
    os.mkfifo(stranger.root / "till/pipe.py")

    assert dead(stranger, "till/pipe.py::total").startswith(
        "till/pipe.py::total: till/pipe.py is no file"
    )


def test_changed_file_is_read_again(stranger):
    assert symbol(stranger, "till/money.py::total").first == 6
    stranger.write("till/money.py", b"\n\n\n\n\n\n\n\ndef total():\n    return 1\n")

    assert symbol(stranger, "till/money.py::total").first == 9


INHERITED = """\
from elsewhere import Foreign


class Base:
    def test_shared(self):
        assert True


class Outer:
    class Base:
        def test_nested(self):
            assert True

    class TestInner(Base):
        pass


class TestLeft(Base):
    pass


class TestRight(Foreign, TestLeft):
    value = 1

    async def test_own(self):
        assert True


class TestLoop(TestLoop):
    pass
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("TestRight::test_own", (25, 26)),
        ("TestRight::test_shared", (5, 6)),
        ("Outer::TestInner::test_nested", (11, 12)),
    ],
)
def test_test_is_found_in_its_class_or_a_base_in_the_same_file(stranger, name, lines):
    stranger.write("tests/test_more.py", INHERITED.encode())

    found = resolve_test(stranger.root, Link(f"tests/test_more.py::{name}", Place("f")))

    assert (found.name, found.first, found.last) == (name, *lines)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "tests/test_more.py::TestLoop::test_gone",
            "tests/test_more.py::TestLoop::test_gone: not found in tests/test_more.py; "
            "did you mean TestRight::test_own?",
        ),
        (
            "tests/test_more.py::TestLeft",
            "tests/test_more.py::TestLeft: found a class, expected a test; cite one test of it",
        ),
        (
            "tests/test_more.py::TestRight::value",
            "tests/test_more.py::TestRight::value: found no function, expected a test; "
            "cite one test of it",
        ),
        (
            "tests/test_more.py::TestRight.test_own",
            "tests/test_more.py::TestRight.test_own: expected path::test_name or "
            "path::Class::test_name; did you mean tests/test_more.py::TestRight::test_own?",
        ),
        (
            "tests/test_more.py",
            "tests/test_more.py: expected path::test_name or path::Class::test_name; name the test",
        ),
        (
            "tests/test_money.py::test_change_is_the_difference[500-350-150]",
            "tests/test_money.py::test_change_is_the_difference[500-350-150]: found one case of a "
            "test, expected the whole test, which passes when all its cases do; write "
            "tests/test_money.py::test_change_is_the_difference",
        ),
        (
            "tests/test_money.py::test_total_add_up",
            "tests/test_money.py::test_total_add_up: not found in tests/test_money.py; "
            "did you mean test_total_adds_up?",
        ),
        (
            "tests/test_mony.py::test_total_adds_up",
            "tests/test_mony.py::test_total_adds_up: tests/test_mony.py not found; "
            "did you mean tests/test_money.py?",
        ),
    ],
)
def test_dead_test_link_says_why_and_what_is_near(stranger, text, sentence):
    stranger.write("tests/test_more.py", INHERITED.encode())

    assert dead(stranger, text, resolve_test) == sentence
