"""Files that a gate promised to leave behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from evidence.verify import REASONS, Refused, check_names


def collect_artifacts(
    promised: tuple[str, ...], *, out: Path, into: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copies them; gives the names kept, relative to `into`, and a sentence for each one missing.

    A folder stands for every file in it. Nothing outside `out` is followed or copied, and nothing
    at all when a bundle with one of these names in it would be refused.
    """
    kept: list[str] = []
    problems: list[str] = []
    for name in promised:
        source = out / name.removeprefix("{out}").lstrip("/")
        found = _files(source, out)
        if not found:
            problems.append(f"artifact {name} was not written")
        kept += [path.relative_to(out).as_posix() for path in found]
    try:
        check_names(kept)
    except Refused as error:
        why = f"artifact {error}: {REASONS[error.code][1]}; have the gate give it another name"
        return (), (*problems, why)
    for name in kept:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out / name, target)
    return tuple(kept), tuple(problems)


def _files(source: Path, out: Path) -> list[Path]:
    candidates = sorted(source.rglob("*")) if source.is_dir() else [source]
    inside = out.resolve()
    return [path for path in candidates if path.is_file() and path.resolve().is_relative_to(inside)]
