"""core.charts: where each value lies in a drawing, and what someone who cannot see it hears."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from core.charts import BOTTOM, LEFT, RIGHT, TOP, Kind, Scale, Series, chart, money_writer, spread

VALUES = st.lists(st.one_of(st.none(), st.integers(-(10**14), 10**14)), min_size=1, max_size=40)


def _chart(*values: int | None, kind: Kind = Kind.LINE):  # type: ignore[no-untyped-def]
    labels = [f"{number} Mar" for number in range(1, len(values) + 1)]
    return chart(
        key="k", title="Orders", labels=labels, series=[Series("placed", values)], kind=kind
    )


def test_higher_values_lie_higher_and_nought_lies_on_the_axis() -> None:
    [drawn] = _chart(0, 10, 5).series
    assert [dot.y for dot in drawn.dots] == [1900, 120, 1010]
    assert drawn.paths == ("1166,1900 2260,120 3353,1010",)


@settings(max_examples=60)
@given(VALUES)
def test_every_value_lies_inside_the_drawing(values: list[int | None]) -> None:
    for kind in Kind:
        drawn = _chart(*values, kind=kind)
        [series] = drawn.series
        assert TOP <= drawn.zero <= BOTTOM
        places = [(dot.x, dot.y) for dot in series.dots]
        for bar in series.bars:
            places += [(bar.x, bar.y), (bar.x + bar.width, bar.y + bar.height)]
        assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in places)


@settings(max_examples=60)
@given(st.lists(st.integers(-(10**14), 10**14), max_size=20))
def test_a_scale_reaches_over_its_values_in_few_round_steps(values: list[int]) -> None:
    scale = Scale.over(values)
    assert scale.low <= min([0, *values])
    assert scale.high >= max([0, *values])
    assert 0 in scale.ticks
    assert 2 <= len(scale.ticks) <= 7
    assert re.fullmatch("[125]0*", str(scale.step))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0, 1]),
        ([3], [0, 1, 2, 3]),
        ([-3], [-3, -2, -1, 0]),
        ([-2, 1], [-2, -1, 0, 1]),
        ([1, 1200], [0, 500, 1000, 1500]),
    ],
)
def test_a_scale_has_nought_and_ends_with_the_first_round_step_beyond_its_values(
    values: list[int], ticks: list[int]
) -> None:
    assert list(Scale.over(values).ticks) == ticks


def test_a_day_of_which_nothing_is_known_is_a_gap() -> None:
    [drawn] = _chart(1, 2, None, 4).series
    assert len(drawn.paths) == 1
    assert [dot.text for dot in drawn.dots] == ["1 Mar: 1", "2 Mar: 2", "4 Mar: 4"]


def test_bars_of_several_series_stand_side_by_side() -> None:
    both = [Series("placed", (3, 1)), Series("paid", (2, 0))]
    drawn = chart(key="k", title="t", labels=["a", "b"], series=both, kind=Kind.BAR)
    bars = sorted((bar for series in drawn.series for bar in series.bars), key=lambda bar: bar.x)
    assert len(bars) == 4
    assert all(left.x + left.width <= right.x for left, right in pairwise(bars))


def test_negative_values_hang_below_nought() -> None:
    drawn = _chart(5, -5, kind=Kind.BAR)
    above, below = drawn.series[0].bars
    assert above.y + above.height == drawn.zero == below.y


def test_the_description_says_reach_lowest_highest_and_last() -> None:
    assert _chart(3, 9, 4).description == "1 Mar to 3 Mar. placed: between 3 and 9, at the end 4."
    assert _chart(3).description == "1 Mar. placed: always 3."
    assert _chart(None).description == "1 Mar. placed: nothing known."


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, [0]),
        (2, [0, 1]),
        (4, [0, 1, 2, 3]),
        (5, [0, 1, 2, 4]),
        (12, [0, 3, 7, 11]),
        (90, [0, 29, 59, 89]),
    ],
)
def test_labels_are_spread_from_the_first_to_the_last(count: int, wanted: list[int]) -> None:
    assert spread(count) == wanted


def test_money_is_written_without_decimals_that_are_nought() -> None:
    write = money_writer("GBP")
    assert [write(200000), write(1250), money_writer("JPY")(1250)] == ["£2,000", "£12.50", "¥1,250"]


@pytest.mark.parametrize(
    ("labels", "series"),
    [
        ([], [Series("a", ())]),
        (["x"], []),
        (["x"], [Series("a", (1, 2))]),
        (["x"], [Series("a", (1,))] * 5),
    ],
)
def test_what_cannot_be_drawn_is_refused(labels: list[str], series: list[Series]) -> None:
    with pytest.raises(ValueError, match="Chart k: "):
        chart(key="k", title="t", labels=labels, series=series)


def test_the_drawing_is_named_for_readers_and_needs_no_style_or_script() -> None:
    both = [Series("<placed>", (3, 1)), Series("paid", (2, 0))]
    drawn = chart(key="orders", title="Orders & more", labels=["a", "b"], series=both)
    page = render_to_string("parts/chart.html", {"chart": drawn})
    svg = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314
    names = [svg.find(f"*[@id='{name}']") for name in svg.attrib["aria-labelledby"].split()]
    assert [name.text for name in names if name is not None] == ["Orders & more", drawn.description]
    assert svg.attrib["role"] == "img"
    assert "style=" not in page
    assert "<script" not in page
    assert "<placed>" not in page
