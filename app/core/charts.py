"""Charts as geometry: whole numbers by label become places in a drawing.

Pure: nothing here knows HTML or the database. `parts/chart.html` draws a `Chart` as inline SVG
without styles or scripts; colours and dashes come from the style sheet by `series-1` to
`series-4`. The figures themselves belong in a table beside it: a chart alone is no answer to
someone who cannot see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.money import display

# The drawing, in user units; the page scales it. Whole numbers, fine enough for half a pixel.
WIDTH, HEIGHT = 4000, 2200
LEFT, RIGHT, TOP, BOTTOM = 620, 3900, 120, 1900
MOST_SERIES = 4
MOST_DAYS_WITH_DOTS = 31
# As many months, such as "Dec 2025", as stand side by side on a phone.
MOST_LABELS = 4
TICKS = 4

Write = Callable[[int], str]


class Kind(StrEnum):
    """How the values are drawn: `line` for what stands at a moment, `bar` for what happened."""

    LINE = "line"
    BAR = "bar"


@dataclass(frozen=True)
class Series:
    """A name and its values, one for each label; None where nothing is known, drawn as a gap."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True)
class Tick:
    """A label on an axis, at `place` along it."""

    place: int
    text: str


@dataclass(frozen=True)
class Dot:
    """One value of a line, and what it says when pointed at."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Bar:
    """One value as a bar, and what it says when pointed at."""

    x: int
    y: int
    width: int
    height: int
    text: str


@dataclass(frozen=True)
class Drawn:
    """A series in its place: `paths` are runs of neighbouring points, `x,y x,y`."""

    name: str
    number: int
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """Everything the template writes down; it computes nothing. `key` is unique on the page."""

    key: str
    title: str
    description: str
    series: tuple[Drawn, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    zero: int
    view_box: str = f"0 0 {WIDTH} {HEIGHT}"
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM
    beside_axis: int = LEFT - 60
    below_axis: int = BOTTOM + 190


def chart(
    *,
    key: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    kind: Kind = Kind.LINE,
    write: Write = str,
) -> Chart:
    """The drawing of one to four series over the same labels. `write` gives a value as people
    read it. ValueError when there is nothing to draw or the lengths differ."""
    if not labels or not 1 <= len(series) <= MOST_SERIES:
        raise ValueError(f"Chart {key}: needs labels and one to {MOST_SERIES} series.")
    if any(len(one.values) != len(labels) for one in series):
        raise ValueError(f"Chart {key}: each series needs {len(labels)} values.")
    known = [value for one in series for value in one.values if value is not None]
    scale = Scale.over(known)
    return Chart(
        key=key,
        title=title,
        description=_described(labels, series, write),
        series=tuple(
            _draw(one, number, len(series), labels=labels, kind=kind, scale=scale, write=write)
            for number, one in enumerate(series, start=1)
        ),
        across=tuple(
            Tick(_middle(index, len(labels)), labels[index]) for index in spread(len(labels))
        ),
        up=tuple(Tick(scale.place(value), write(value)) for value in scale.ticks),
        zero=scale.place(0),
    )


def money_writer(currency: str) -> Write:
    """Writes whole minor units as money, without the decimals when they are all nought."""

    def write(pennies: int) -> str:
        return display(pennies, currency).removesuffix(".00")

    return write


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`, in steps of 1, 2 or 5 times a power of ten; nought is always on it."""

    low: int
    high: int
    step: int

    @classmethod
    def over(cls, values: Sequence[int]) -> Scale:
        low, high = min([0, *values]), max([0, *values])
        step = _step(high - low)
        return cls(low // step * step, max(-(-high // step) * step, low + step), step)

    @property
    def ticks(self) -> range:
        return range(self.low, self.high + 1, self.step)

    def place(self, value: int) -> int:
        """How far down the drawing the value lies."""
        return BOTTOM - (value - self.low) * (BOTTOM - TOP) // (self.high - self.low)


def spread(count: int) -> list[int]:
    """Which of `count` labels to write, so that they do not run into each other: at most
    MOST_LABELS, evenly, the first and the last among them."""
    last = min(count, MOST_LABELS) - 1
    return [index * (count - 1) // max(last, 1) for index in range(last + 1)]


def _step(reach: int) -> int:
    """The smallest round step of which at most TICKS reach over the values."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * TICKS >= reach:
                return factor * power
        power *= 10


def _slot(count: int) -> int:
    return (RIGHT - LEFT) // count


def _middle(index: int, count: int) -> int:
    return LEFT + (2 * index + 1) * (RIGHT - LEFT) // (2 * count)


def _draw(
    one: Series,
    number: int,
    of: int,
    *,
    labels: Sequence[str],
    kind: Kind,
    scale: Scale,
    write: Write,
) -> Drawn:
    dots = [
        None
        if value is None
        else Dot(_middle(index, len(labels)), scale.place(value), f"{label}: {write(value)}")
        for index, (label, value) in enumerate(zip(labels, one.values, strict=True))
    ]
    if kind == Kind.BAR:
        bars = tuple(_bar(dot, number, of, len(labels), scale) for dot in dots if dot)
        return Drawn(one.name, number, (), (), bars)
    runs = _runs(dots)
    few = len(labels) <= MOST_DAYS_WITH_DOTS
    shown = tuple(dot for run in runs for dot in run if few or len(run) == 1)
    paths = tuple(" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if len(run) > 1)
    return Drawn(one.name, number, paths, shown, ())


def _runs(dots: Sequence[Dot | None]) -> list[list[Dot]]:
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot:
            runs[-1].append(dot)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _bar(dot: Dot, number: int, of: int, count: int, scale: Scale) -> Bar:
    """The `number`th of `of` bars that stand side by side around the dot's place."""
    width = max(1, _slot(count) * 4 // (5 * of))
    left = dot.x - width * of // 2 + width * (number - 1)
    zero = scale.place(0)
    return Bar(left, min(dot.y, zero), width, abs(zero - dot.y), dot.text)


def _described(labels: Sequence[str], series: Sequence[Series], write: Write) -> str:
    reach = labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"
    return f"{reach}. " + " ".join(_sentence(one, write) for one in series)


def _sentence(one: Series, write: Write) -> str:
    known = [value for value in one.values if value is not None]
    if not known:
        return f"{one.name}: nothing known."
    low, high = write(min(known)), write(max(known))
    if low == high:
        return f"{one.name}: always {low}."
    return f"{one.name}: between {low} and {high}, at the end {write(known[-1])}."
