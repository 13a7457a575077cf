"""What something that ran went through, which is what its outcome hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Trace:
    """Functions of the project that were entered, each as `path::name`, and files of it that were
    opened. Where nobody knows of either, None stands for the whole."""

    functions: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


NOTHING = Trace()


def joined(traces: Iterable[Trace | None]) -> Trace | None:
    """All of them together; None when nobody knows of one."""
    given = list(traces)
    known = [each for each in given if each is not None]
    if len(known) < len(given):
        return None
    return Trace(
        frozenset().union(*(each.functions for each in known)),
        frozenset().union(*(each.files for each in known)),
    )


@dataclass(frozen=True)
class Shared:
    """What all trials of a run share: what servers went through before they forked. Of a file that
    was opened then, a fork shows only that it entered the functions that are `noted`; all else in
    it is shared. That it opens any other file a fork shows itself."""

    trace: Trace | None = NOTHING
    noted: frozenset[str] = frozenset()

    def __or__(self, other: Shared) -> Shared:
        return Shared(
            joined((self.trace, other.trace)),
            frozenset(self._noted_beside(other)) | frozenset(other._noted_beside(self)),
        )

    def _noted_beside(self, other: Shared) -> Iterator[str]:
        """Without those of files that the other has opened too, and where it notes them not."""
        opened = other.trace.files if other.trace else frozenset()
        for name in self.noted:
            if name in other.noted or name.partition("::")[0] not in opened:
                yield name
