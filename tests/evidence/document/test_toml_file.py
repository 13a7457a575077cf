"""TOML tables: the line of each key, however it is written."""

from __future__ import annotations

import pytest

from evidence.engine.document.toml_file import parse_toml, toml_table

TEXT = """\
[project]
name = "till"

[tool.evidence]
redact.names = ["X"]
facts = [
    "a",
]
services = { pg = { start = [] } }

[tool.evidence."env"]
A = "1"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 4),
        (("redact", "names"), 5),
        (("facts", 0), 6),
        (("services", "pg", "start"), 9),
        (("env",), 11),
        (("env", "A"), 12),
        (("nothing",), 4),
    ],
)
def test_each_key_has_its_line(path, line):
    table = toml_table(parse_toml(TEXT, file="f"), TEXT, "tool", "evidence", file="f")

    assert table.line(path) == line


def test_what_is_no_table_is_none():
    assert toml_table({"tool": {"evidence": 3}}, "", "tool", "evidence", file="f") is None
