"""Files that a gate promised to leave behind."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from evidence.verify import REASONS, Refused, check_names

# Each takes a look at all names before it.
_MOST_REFUSED = 10


def collect_artifacts(
    promised: tuple[str, ...], *, out: Path, into: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copies them; gives the names kept, relative to `into`, and a sentence for each one that is
    missing or has a name with which a bundle would be refused.

    A folder stands for every file in it. Nothing outside `out` is followed or copied.
    """
    names: list[str] = []
    problems: list[str] = []
    for name in promised:
        source = out / name.removeprefix("{out}").lstrip("/")
        found = _files(source, out)
        if not found:
            problems.append(f"artifact {name} was not written")
        names += [path.relative_to(out).as_posix() for path in found]
    kept, refused = _sifted(names)
    for name in kept:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out / name, target)
    return tuple(kept), (*problems, *refused)


def _sifted(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names with which a bundle is not refused, and why the others are; of two that cannot
    stand together the first is kept. They are asked about in halves, as mostly all are good."""
    kept: list[str] = []
    refused: list[str] = []
    waiting = [names]
    while waiting:
        some = waiting.pop()
        half = len(some) // 2
        try:
            check_names([*kept, *some])
        except Refused as error:
            if half:
                waiting += [some[half:], some[:half]]
            elif len(refused) < _MOST_REFUSED:
                why = REASONS[error.code][1]
                refused.append(f"artifact {error}: {why}; have the gate give it another name")
            else:
                left = sum(map(len, waiting)) + 1
                why = f"{left:,} artifacts from {some[0]!a} on are not kept: mend the others first"
                return kept, [*refused, why]
        else:
            kept += some
    return kept, refused


def _files(source: Path, out: Path) -> list[Path]:
    candidates = sorted(source.rglob("*")) if source.is_dir() else [source]
    inside = out.resolve()
    return [path for path in candidates if path.is_file() and path.resolve().is_relative_to(inside)]
