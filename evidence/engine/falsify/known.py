"""What the run before found out about mutants and patches counts again, where nothing changed
that it hangs on. A share of it is tried all the same: if that comes out otherwise, something was
not thought of, and the build fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evidence.engine.falsify.depends import Dependencies
from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun
from evidence.engine.falsify.plan import Target
from evidence.engine.falsify.share import share_of
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.register.model import Patch
from evidence.engine.run.inputs import digest_of


@dataclass(frozen=True)
class Before:
    """A record that nobody edited since, and the commit that it was made at."""

    record: Falsification
    commit: str


NOTHING = Before(Falsification(), "")


@dataclass
class Known:
    """What may count again in this run. `files` are the project's with their digests; `shared` is
    what all trials share whose results count; `refused` says why nothing of the run before does."""

    now: Dependencies
    files: Mapping[str, str]
    commit: str
    before: Before = NOTHING
    shared: Shared = field(default_factory=Shared)
    refused: str = ""
    mutants_again: int = 0
    patches_again: int = 0

    def __post_init__(self) -> None:
        record = self.before.record
        if record.complaints:
            self.refused = "the harness of the last run cannot be trusted"
        elif self.before.commit and record.shared_key != self.now.of_shared(record.shared):
            self.refused = "what all trials share changed since the last run"
        if self.refused or not self.before.commit:
            self.before = NOTHING
        self.shares(self.before.record.shared)

    def shares(self, shared: Shared) -> None:
        """Servers of this run went through that before they forked."""
        self.shared |= shared

    def recorded(self) -> dict[str, Any]:
        """What a record says of what all trials share."""
        return {"shared": self.shared, "shared_key": self.now.of_shared(self.shared)}

    def of_function(self, targets: Sequence[Target], trace: Trace | None) -> str:
        """What the trials of one function's mutants hang on besides, which went there."""
        tried = [
            "\0".join((target.mutant.id, claim, *sorted(tests)))
            for target in targets
            for claim, tests in sorted(target.claims.items())
        ]
        # Who has a turn at all is told by who runs the lines now.
        runs = ("\0".join(sorted(target.cases)) for target in targets)
        tests = frozenset().union(*(target.tests for target in targets))
        return digest_of([*tried, *runs, self.now.of(tests, trace)])

    def of_patch(self, patch: Patch, tests: Iterable[str], trace: Trace | None) -> str:
        """What a patch's outcome hangs on besides: the files that it edits, and where its trial
        went."""
        edited = (f"{path}\0{self.files.get(path, '')}" for path in sorted(patch.touches))
        return digest_of([patch.joined, patch.breaks, *edited, self.now.of(tests, trace)])

    def functions(
        self, units: Mapping[str, Sequence[Target]]
    ) -> tuple[dict[str, MutantRun], dict[str, MutantRun]]:
        """By mutant what counts again, and what is tried all the same and has to agree."""
        by_id = {mutant.id: mutant for mutant in self.before.record.mutants}
        again, checked = self._split(
            name
            for name, targets in units.items()
            if self._is_same(name, self.of_function(targets, self._trace(name)))
            and all(target.mutant.id in by_id for target in targets)
        )
        kept = {t.mutant.id: self._kept(by_id[t.mutant.id], t) for n in again for t in units[n]}
        self.mutants_again = len(kept)
        return kept, {t.mutant.id: by_id[t.mutant.id] for n in checked for t in units[n]}

    def patches(
        self, patches: Mapping[str, tuple[Patch, Sequence[str]]]
    ) -> tuple[dict[str, PatchRun], dict[str, PatchRun]]:
        """By name, given with the tests that have to catch each, what counts again, and what is
        tried all the same and has to agree."""
        by_name = {run.patch: run for run in self.before.record.patches or ()}
        again, checked = self._split(
            name
            for name, (patch, tests) in patches.items()
            if name in by_name
            and self._is_same(name, self.of_patch(patch, tests, self._trace(name)))
        )
        self.patches_again = len(again)
        return (
            {name: self._kept_patch(by_name[name], patches[name][0]) for name in again},
            {name: by_name[name] for name in checked},
        )

    def _trace(self, name: str) -> Trace | None:
        return self.before.record.traces.get(name)

    def _is_same(self, name: str, key: str) -> bool:
        return self.before.record.keys.get(name) == key

    def _split(self, same: Iterable[str]) -> tuple[list[str], list[str]]:
        """Who counts again, and the share that is tried all the same, by the commit's number."""
        names = sorted(same)
        checked = share_of(names, self.commit)
        return [name for name in names if name not in checked], checked

    def _kept(self, mutant: MutantRun, target: Target) -> MutantRun:
        """As it would be recorded now; lines may have moved."""
        return replace(
            mutant, line=target.mutant.line, diff=target.diff, reused_from=self._of(mutant)
        )

    def _kept_patch(self, run: PatchRun, patch: Patch) -> PatchRun:
        """As it would be recorded now; what its head says may have been put otherwise."""
        return replace(run, breaks=patch.says, reused_from=self._of(run))

    def _of(self, run: MutantRun | PatchRun) -> str:
        """The other commit at which it was found out, if it was another."""
        at = run.reused_from or self.before.commit
        return "" if at == self.commit else at


def disagreements(checked: Mapping[str, MutantRun], now: Mapping[str, MutantRun]) -> list[str]:
    """A sentence for each mutant that came out otherwise than in the run before, although nothing
    changed that anybody knows of."""
    return [
        _sentence(
            f"{run.path}:{run.line} {run.operator} ({mutant})", _was_killed(run), now[mutant].why
        )
        for mutant, run in checked.items()
        if mutant in now and _was_killed(now[mutant]) != _was_killed(run)
    ]


def patches_disagree(checked: Mapping[str, PatchRun], now: Mapping[str, PatchRun]) -> list[str]:
    """The same of patches."""
    return [
        _sentence(f"patch {name}", run.outcome.is_kill, _untried(now[name]))
        for name, run in checked.items()
        if name in now and now[name].outcome.is_kill != run.outcome.is_kill
    ]


def _was_killed(run: MutantRun) -> bool:
    return any(trial.outcome.is_kill for trial in run.trials)


def _untried(run: PatchRun) -> str:
    return run.why if run.outcome is Outcome.NOT_TRIED else ""


def _sentence(what: str, was_killed: bool, untried: str) -> str:
    if was_killed and untried:
        return (
            f"{what} was killed in the run before and could not be tried now ({untried}), so that "
            "nobody knows whether what was reused still holds: none of it counts; run with "
            "--no-cache."
        )
    one, other = ("killed", "survives") if was_killed else ("survived", "is killed")
    return (
        f"{what} was {one} in the run before and {other} now, although nothing changed that is "
        "known to matter: nothing that was reused counts; run with --no-cache."
    )
