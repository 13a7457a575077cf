from __future__ import annotations

import pytest

from evidence.engine.publish.ids import compact


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([], ""),
        (["REF-02"], "REF-02"),
        (["ACC-01", "ACC-02"], "ACC-01, ACC-02"),
        (["ACC-03", "ACC-01", "ACC-02", "REF-09"], "ACC-01 to 03, REF-09"),
        (["ORD-09", "ORD-10", "ORD-11"], "ORD-09 to 11"),
        (["A1.1", "A1.2", "A1.3", "A2.1", "OE", "OF"], "A1.1 to 3, A2.1, OE, OF"),
    ],
)
def test_ids_are_told_in_few_words(ids: list[str], told: str) -> None:
    assert compact(ids) == told
