"""falsify.mutants: one edit of the text each, none that says the same, all of them reproducible."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from evidence.engine.falsify.mutants import Mutant, first_line, mutants_of, units

ENGINE = Path(__file__).parents[3] / "evidence" / "engine"


def mutants(body: str, *, head: str = "def f(a, b, c=None):") -> list[Mutant]:
    indented = "\n".join(f"    {line}" if line else "" for line in body.splitlines())
    return list(mutants_of(path="m.py", source=f"{head}\n{indented}\n", name="f"))


def came(body: str) -> list[str]:
    """The first line that each edit puts in, in order, without its indentation."""
    head = "def f(a, b, c=None):"
    indented = "\n".join(f"    {line}" if line else "" for line in body.splitlines())
    before = f"{head}\n{indented}\n"
    return [
        next(line for line in mutant.diff(before) if line[0] == "+")[1:].strip()
        for mutant in mutants(body)
    ]


@pytest.mark.parametrize(
    ("body", "edits"),
    [
        ("return a < b", ["return None", "return a <= b", "return a >= b"]),
        ("return a <= b", ["return None", "return a < b", "return a > b"]),
        ("return a == b", ["return None", "return a != b"]),
        ("return a is not b", ["return None", "return a is b"]),
        ("return a not in b", ["return None", "return a in b"]),
        ("return a + b", ["return None", "return a - b"]),
        ("return a * (b)", ["return None", "return a + (b)"]),
        ("return a // b", ["return None", "return a * b"]),
        ("return a and b and c", ["return None", "return a or b and c", "return a and b or c"]),
        ("return not a", ["return None", "return a"]),
        ("return a[7]", ["return None", "return a[6]", "return a[8]"]),
        ("return True", ["return None", "return False"]),
        ("if a:\n    b.save()", ["if False:", "if True:", "pass"]),
        ("while a:\n    a.pop()", ["pass", "while False:", "pass"]),
        ("raise ValueError(a + b)", ["pass"]),
        ("a.total += b", ["pass"]),
        ("a.total = b", ["pass"]),
        ("with a.atomic():\n    b.save()", ["if (True):", "pass"]),
        ("return a.select_for_update(of=b).get()", ["return None", "return a.get()"]),
        ("return hmac.compare_digest(a, b)", ["return None", "return True"]),
        (
            "return [x for x in a if x]",
            ["return None", "return [x for x in a if False]", "return [x for x in a if True]"],
        ),
        (
            "match a:\n    case 1 if b:\n        c.save()",
            ["case 1 if False:", "case 1 if True:", "pass"],
        ),
    ],
)
def test_each_operator_edits_one_place(body: str, edits: list[str]) -> None:
    assert came(body) == edits


@pytest.mark.parametrize(
    "body",
    [
        '"""What it does: 1 + 1."""',
        "log.info('%s', a + 1)",
        "logger.warning(a if b else c)",
        "a = f'{b + 1}'",
        "a: list[1 + 1] = b",
        "pass",
    ],
)
def test_words_logs_and_annotations_are_left_alone(body: str) -> None:
    assert came(body) == []


def test_what_only_yields_yields_nothing_and_stays_a_generator() -> None:
    assert came("yield a") == ["yield None"]
    assert came('"""What it yields."""\nyield a.b\nc = yield from a') == [
        "yield None",
        "c = yield from (())",
    ]
    assert came("yield a + b") == ["yield a - b"]
    assert came("yield\nyield None\nyield from ()") == []


def test_what_compiles_to_the_same_is_no_mutant() -> None:
    assert came("return None") == []
    assert "pass" not in came("if a:\n    pass\nreturn b")
    assert came("return 2 + 0") == [
        "return None",
        "return 1 + 0",
        "return 3 + 0",
        "return 2 + (-1)",
        "return 2 + 1",
    ]


def test_a_with_block_that_binds_a_name_keeps_it() -> None:
    assert all("if (True)" not in line for line in came("with a as b:\n    b.save()"))


def test_decorators_and_defaults_keep_what_they_say() -> None:
    source = "@lru_cache(maxsize=8)\ndef f(a=1 + 1):\n    return a\n"
    assert [mutant.operator for mutant in mutants_of(path="m.py", source=source, name="f")] == [
        "None returned"
    ]


def test_each_decorator_is_dropped_and_counted_from_the_function_outwards() -> None:
    source = (
        "@task(\n    at=1\n)\n@guarded\n@wraps(a)\n"
        "def f(a):\n    @retried\n    def g(): ...\n    g()\n"
    )
    found = mutants_of(path="m.py", source=source, name="f")
    dropped = [mutant for mutant in found if mutant.operator == "decorator dropped"]
    assert [(mutant.line, mutant.undecorated) for mutant in dropped] == [
        (1, (2, 3)),
        (4, (1, 3)),
        (7, None),
    ]
    assert dropped[0].diff(source) == ("-@task(", "-    at=1", "+@(lambda it: it", "+")
    assert {mutant.undecorated for mutant in found if mutant not in dropped} == {None}


@pytest.mark.parametrize(
    "decorator", ["property", "x.setter", "classmethod", "contextlib.contextmanager", "wraps(b)"]
)
def test_decorators_that_make_a_function_what_it_is_stay(decorator: str) -> None:
    source = f"@{decorator}\ndef f(a):\n    pass\n"
    assert mutants_of(path="m.py", source=source, name="f") == ()


def test_a_class_stands_for_all_its_methods_and_a_constant_for_none() -> None:
    source = (
        "LIMIT = 1 + 1\n\n\nclass A:\n    size = 3\n\n    def one(self):\n        return 1\n\n"
        "    class B:\n        def two(self):\n            return 2\n"
    )
    found = mutants_of(path="m.py", source=source, name="A")
    assert {mutant.unit for mutant in found} == {"A.one", "A.B.two"}
    assert mutants_of(path="m.py", source=source, name="LIMIT") == ()
    assert mutants_of(path="m.py", source=source, name="A.size") == ()


@pytest.mark.parametrize(
    "head",
    [
        "try:\n    import fast\nexcept ImportError:",
        "try:\n    import fast\nexcept* ImportError:",
        "try:\n    import fast\nfinally:",
        "if fast:\n    pass\nelse:",
        "with fast:",
        "for n in fast:",
        "while fast:",
        "match fast:\n  case 1:",
        "class A:\n  if fast:",
    ],
)
def test_a_function_in_any_block_has_its_mutants(head: str) -> None:
    source = f"{head}\n    def f(n):\n        def g(): return 1\n        return n\n"
    name = "A.f" if "class" in head else "f"
    found = mutants_of(path="m.py", source=source, name=name)
    last = source.count("\n")
    assert [(mutant.unit, mutant.operator.value, mutant.line) for mutant in found] == [
        (name, "None returned", last - 1),
        (name, "number moved by one", last - 1),
        (name, "number moved by one", last - 1),
        (name, "None returned", last),
    ]
    assert mutants_of(path="m.py", source=source, name="g") == ()


def test_a_property_and_its_setter_are_told_apart() -> None:
    source = (
        "class A:\n    @property\n    def x(self):\n        return self._x\n\n"
        "    @x.setter\n    def x(self, value):\n        self._x = value\n"
    )
    found = mutants_of(path="m.py", source=source, name="A.x")
    assert [(mutant.operator, mutant.line) for mutant in found] == [
        ("None returned", 4),
        ("statement deleted", 8),
    ]


def test_letters_beyond_ascii_before_an_edit_do_not_move_it() -> None:
    assert came("return ('£€', a < b)")[1:] == [
        "return ('£€', a <= b)",
        "return ('£€', a >= b)",
    ]


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ("return a not \\\n    in b", "return a in \\\n     b"),
        ("return a is \\\n    not b", "return a is \\\n     b"),
        ("return (a is\n    not b)", "return (a is\n     b)"),
        (
            "return (a not  # yet\n    # in use\n    in(b))",
            "return (a in  # yet\n    # in use\n    (b))",
        ),
        ("return a  not   in  b", "return a  in  b"),
    ],
)
def test_a_sign_of_two_words_on_two_lines_keeps_them(body: str, broken: str) -> None:
    head = "def f(a, b):\n    "
    *_, found = mutants_of(path="m.py", source=f"{head}{body}\n", name="f")
    assert found.operator == "comparison changed"
    assert found.text == f"{head}{broken}\n"


def test_a_comment_between_the_sides_is_not_taken_for_the_sign() -> None:
    body = "return (\n    a  # smaller (<) is better\n    < b\n)"
    assert came(body)[1:] == ["<= b", ">= b"]


@pytest.mark.slow
def test_a_mutant_has_as_many_lines_as_the_original_and_an_id_of_its_own() -> None:
    for file in (ENGINE / "falsify" / name for name in ("mutants.py", "listing.py", "sample.py")):
        source = file.read_text("utf-8")
        for unit in {name for name, _ in units_of(source)}:
            found = mutants_of(path=file.name, source=source, name=unit)
            assert len({mutant.id for mutant in found}) == len(found)
            assert {mutant.text.count("\n") for mutant in found} <= {source.count("\n")}
            assert found == mutants_of(path=file.name, source=source, name=unit)


def units_of(source: str) -> list[tuple[str, int]]:
    tree = ast.parse(source)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [(unit, first_line(node)) for name in names for unit, node in units(tree, name)]


def test_a_method_is_understood_by_itself_whatever_it_holds() -> None:
    source = (
        "if True:\n    class Till:\n        @property\n        def words(self):\n"
        "            said = '''one\ntwo \x0c\u2028three'''\n"
        "            return super().words + said if self.open else said\n"
    )
    found = mutants_of(path="m.py", source=source, name="Till.words")
    # Bytecode of `True` and of 1 in a condition is the same, of these it is not.
    assert {(mutant.line, mutant.operator.value) for mutant in found} == {
        (7, "None returned"),
        (7, "condition forced"),
        (7, "arithmetic changed"),
    }
    assert found[0].diff(source)[0].startswith("-            return super()")


def test_an_id_outlives_edits_elsewhere_in_the_file() -> None:
    source = "def f(a):\n    return a < 1\n"
    moved = f"import os\n\n\n{source}"
    ids = [
        [mutant.id for mutant in mutants_of(path="m.py", source=text, name="f")]
        for text in (source, moved)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("name", "around"), [("f", (2, 6)), ("A.g", (7, 14)), ("A.B.h", (7, 14)), ("one", (15, 16))]
)
def test_the_statement_around_a_function_is_known_by_its_lines(
    name: str, around: tuple[int, int]
) -> None:
    source = """import a
@a.first
@(
    a.second(1)
)
def f(n): return n

if a:
    @a.marked
    class A:
        def g(self): return a
        class B:
            def h(self):
                return a

def one(): return a
"""
    found = mutants_of(path="m.py", source=source, name=name)
    assert {mutant.around for mutant in found} == {around}


def test_what_stands_around_the_first_function_begins_with_the_file() -> None:
    source = "# What it is.\n@a\ndef f(n):\n    return n\n\nb = 1\n"
    found = mutants_of(path="m.py", source=source, name="f")
    assert {mutant.around for mutant in found} == {(1, 4)}


def test_a_colon_in_a_comment_is_not_taken_for_the_end_of_a_with() -> None:
    body = "with (\n    a,\n    b,  # note: in this order\n):\n    c.save()"
    assert came(body) == ["if (True", "pass"]
    assert came("with a, b[c:]: c.save('#')") == [
        "if (True): c.save('#')",
        "with a, b[c:]: pass",
    ]


def test_an_edit_that_is_no_python_is_left_out_alone() -> None:
    found = mutants("a.save(\n    7\n); b.save()")
    assert [(mutant.operator.value, mutant.was) for mutant in found] == [
        ("number moved by one", "7"),
        ("number moved by one", "7"),
        ("statement deleted", "b.save()"),
    ]


def test_a_decorator_in_parentheses_below_its_sign_loses_no_mutant() -> None:
    source = (
        "@(  # as of Python 3.9\n    a.first\n)\n@second\ndef f(n):\n    return n\n\n"
        "class A:\n    @(\n        b\n    )\n    def g(self):\n        return 1\n"
    )
    of_function = mutants_of(path="m.py", source=source, name="f")
    assert [(each.operator.value, each.line) for each in of_function] == [
        ("decorator dropped", 2),
        ("decorator dropped", 4),
        ("None returned", 6),
    ]
    of_method = mutants_of(path="m.py", source=source, name="A.g")
    assert [(each.operator.value, each.line) for each in of_method] == [
        ("decorator dropped", 10),
        ("None returned", 13),
        ("number moved by one", 13),
        ("number moved by one", 13),
    ]
