"""source.body: functions and classes of a file, wherever they stand."""

from __future__ import annotations

import ast

from evidence.engine.source.body import functions_and_classes


def test_functions_are_found_beside_an_expression_of_any_depth() -> None:
    deep = "+".join(["1"] * 1200)
    found = functions_and_classes(ast.parse(f"X = {deep}\n\n\ndef total():\n    return X\n"))
    assert [each.name for each in found] == ["total"]
