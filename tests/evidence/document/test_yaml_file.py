"""YAML: lines that are right, and each thing that is refused."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.engine.document import yaml_file
from evidence.engine.document.yaml_file import read_yaml


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request, monkeypatch):
    """Both of PyYAML's parsers: a machine may have it without libyaml."""
    if not hasattr(yaml, request.param):
        pytest.skip("this PyYAML was built without libyaml")
    monkeypatch.setattr(yaml_file, "_LOADER", getattr(yaml, request.param))
    return request.param


def test_each_key_and_value_knows_its_line(loader):
    text = "a: 1\nb:\n  - x\n  -\n    c: |\n      long\n      text\n"
    document = read_yaml(text, file="f").document

    assert document.data == {"a": 1, "b": ["x", {"c": "long\ntext\n"}]}
    assert [document.line(path) for path in [(), ("a",), ("b",), ("b", 0), ("b", 1, "c")]] == [
        1,
        1,
        3,
        3,
        5,
    ]
    assert document.key_line(("b",)) == 2
    assert document.line(("b", 7, "gone")) == 3


def test_values_are_as_yaml_reads_them(loader):
    document = read_yaml("[yes, 3, 1.5, ~, text, '3', 010, 2024-01-31, .inf]\n", file="f").document

    kinds = [type(value).__name__ for value in document.data]
    assert kinds == ["bool", "int", "float", "NoneType", "str", "str", "Odd", "Odd", "Odd"]
    assert document.written((0,)) == "yes"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "a: 1\n---\nb: 2\n",
            "f:2  found a second YAML document, expected one a file; remove the --- line",
        ),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "f:1  found the YAML tag !!python/object/apply:os.system, expected no tags; remove it",
        ),
        (
            "a: &x 1\nb: *x\n",
            "f:2  found the YAML alias *x, expected every value written out; write the value here",
        ),
        ("[a]: b\n", "f:1  found a list or mapping as a key, expected text"),
        ("a: b\nc: \x07\n", "f:2  found the control character U+0007, expected text; remove it"),
        (
            "a: b\nc: d\u2028e\n",
            "f:2  found the control character U+2028, expected text; remove it",
        ),
        (
            "[" * 50_000,
            "f:1  found values nested over 20 deep, expected 5 at most; flatten them",
        ),
        (
            "a:\n  b: 1\n\tc: 2\n",
            "f:3  found a tab that indents, expected spaces (YAML allows no tabs there); "
            "replace the tab with spaces",
        ),
    ],
)
def test_what_is_refused_is_named_by_both_parsers(loader, text, sentence):
    reading = read_yaml(text, file="f")

    assert reading.document is None
    assert [str(mistake) for mistake in reading.mistakes] == [sentence]


def test_broken_yaml_names_the_line_and_the_parsers_reason():
    reading = read_yaml("a: 1\nb: c: d\n", file="f")

    assert [str(mistake) for mistake in reading.mistakes] == [
        "f:2  found broken YAML: mapping values are not allowed in this context; mend this line"
    ]


def test_tabs_inside_text_do_not_take_the_blame():
    reading = read_yaml("a: |\n  x\n  \ty\nb: c: d\n", file="f")

    assert [mistake.place.line for mistake in reading.mistakes] == [4]


def test_mistakes_before_the_break_are_kept():
    reading = read_yaml("a: 1\na: 2\nb: [\n", file="f")

    assert [mistake.place.line for mistake in reading.mistakes] == [2, 4]


YAMLISH = st.lists(
    st.sampled_from(
        [
            "a",
            "b: ",
            "- ",
            "\n",
            "  ",
            "\t",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "!!int ",
            "---",
            "...",
            "'",
            '"',
            "|",
            ">",
            "? ",
            "<<: ",
            "no",
            "1.10",
            "#",
            "%YAML 9.9",
            "@",
            "\\",
            "\x00",
            "\u2028",
        ]
    ),
    max_size=40,
).map("".join)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=YAMLISH)
def test_any_text_is_a_document_or_a_sentence_with_a_line_in_the_file(loader, text):
    reading = read_yaml(text, file="f")

    assert reading.document is not None or reading.mistakes
    assert all(1 <= found.place.line <= text.count("\n") + 1 for found in reading.mistakes)
