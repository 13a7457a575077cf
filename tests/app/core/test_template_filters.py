"""core.templatetags.shop: how templates write what they are given."""

from __future__ import annotations

import pytest

from core.templatetags.shop import in_parts


@pytest.mark.parametrize(
    ("name", "html"),
    [
        ("web", "web"),
        ("user:42", "user:<wbr>42"),
        ("page:accounts:deactivate", "page:<wbr>accounts:<wbr>deactivate"),
        ("page:<b>:x", "page:<wbr>&lt;b&gt;:<wbr>x"),
    ],
)
def test_a_name_of_several_parts_may_go_on_in_the_next_line(name: str, html: str) -> None:
    assert in_parts(name) == html
