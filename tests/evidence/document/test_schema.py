"""The schemas that ship are schemas, and each word that a person meets is written in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import evidence.engine

ENGINE = Path(evidence.engine.__file__).parent
SCHEMAS = [ENGINE / "project.json", *sorted((ENGINE / "register/schema").glob("*.json"))]


def checked_values(schema: object) -> Iterator[dict[str, object]]:
    """Every schema in a schema that can fail on a value by more than its type."""
    if isinstance(schema, dict):
        if {"pattern", "minimum", "maximum", "exclusiveMinimum"} & schema.keys():
            yield schema
        for inner in schema.values():
            yield from checked_values(inner)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_each_schema_is_valid_and_says_what_it_expects(path):
    schema = json.loads(path.read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(schema)
    found = list(checked_values(schema))
    assert found
    assert [each for each in found if not each.get("description")] == []
