"""Many ids in few words."""

from __future__ import annotations

from collections.abc import Iterable

_PAIR = 2


def compact(ids: Iterable[str]) -> str:
    """Ids in few words, in natural order: `ACC-01 to 03, REF-02`."""
    runs: list[list[tuple[str, str]]] = []
    for split in sorted({_split(each) for each in ids}, key=lambda each: (each[0], _number(each))):
        last = runs[-1][-1] if runs else ("", "")
        follows = split[0] == last[0] and _number(split) == _number(last) + 1
        if follows and split[1] and last[1]:
            runs[-1].append(split)
        else:
            runs.append([split])
    return ", ".join(
        f"{''.join(run[0])} to {run[-1][1]}" if len(run) > _PAIR else ", ".join(map("".join, run))
        for run in runs
    )


def _split(claim_id: str) -> tuple[str, str]:
    """`ACC-01` as `ACC-` and `01`; the second part is empty when there is no number at the end."""
    stem = claim_id.rstrip("0123456789")
    return stem, claim_id[len(stem) :]


def _number(split: tuple[str, str]) -> int:
    return int(split[1]) if split[1].isdecimal() else -1
