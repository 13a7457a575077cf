"""Nothing is run twice for nothing: what the last run found counts while no input has changed.

Results of gates that failed never count again, and neither do results that were edited since. A
build that came from the very same results is left standing as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evidence.engine.falsify.extent import Extent, extent_of
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish.sealing import signing_key
from evidence.engine.register.model import Register
from evidence.engine.run import sealed
from evidence.engine.run.inputs import digest_of, inputs_of, programs_of
from evidence.engine.run.model import GateStatus, Run
from evidence.engine.run.record import read_run, results_folder
from evidence.engine.run.sealed import NothingBefore, Refused, Tampered
from evidence.engine.run.tree import read_files, tree_of

if TYPE_CHECKING:
    from evidence.engine.falsify.known import Before


@dataclass(frozen=True)
class Reuse:
    """What may be reused in this call, worked out from the inputs as they are now."""

    project: Project
    programs: tuple[str, ...]
    inputs: Mapping[str, str]
    files: Mapping[str, str]

    def recorded_run(self) -> Run:
        """The last run, each gate marked as reused. Raises Refused, or Tampered."""
        sealed.check(self.project, sealed.results_seal(self.project), self.inputs)
        try:
            run = read_run(self.project)
        except CannotRun as error:
            raise NothingBefore from error
        failed = [gate.id for gate in run.gates if gate.status is GateStatus.FAILED]
        if failed:
            raise Refused(f"{', '.join(failed)} failed")
        gates = (replace(gate, reused_from=run.tree.commit) for gate in run.gates)
        return replace(run, gates=tuple(gates))

    def before(self) -> Before:
        """What the last run broke on purpose, if there was one. Raises Tampered when it was edited
        since."""
        # Not at the top: where nothing changed, nobody asks, and the call takes under a second.
        from evidence.engine.falsify.known import NOTHING, Before
        from evidence.engine.falsify.record import read_falsified

        try:
            sealed.check_unedited(self.project, sealed.results_seal(self.project))
            record = read_falsified(results_folder(self.project))
            return Before(record, read_run(self.project).tree.commit) if record else NOTHING
        except (CannotRun, Refused) as error:
            if isinstance(error, Tampered):
                raise
            return NOTHING

    @property
    def outside(self) -> str:
        """A digest of all inputs that are no file of the project."""
        apart = ("commit", "files", "cores")
        return digest_of(f"{k}={v}" for k, v in sorted(self.inputs.items()) if k not in apart)

    def extent(self) -> Extent:
        """How much of the last run's promises and code was broken on purpose."""
        # Not at the top, as above.
        from evidence.engine.falsify.record import read_falsified

        try:
            return extent_of(read_falsified(results_folder(self.project)))
        except CannotRun:
            return Extent.NOTHING

    def forget_results(self) -> None:
        """Before anything is run: what it leaves counts only once it is whole."""
        sealed.break_seal(sealed.results_seal(self.project))

    def keep_results(self) -> None:
        sealed.close(self.project, sealed.results_seal(self.project), self.inputs)

    def check_build(self) -> None:
        """Raises Refused unless the published build came from these results and is unchanged."""
        sealed.check(self.project, sealed.build_seal(self.project), self._judged)

    def keep_build(self, said: Sequence[str], exit_code: int) -> None:
        """`said` and `exit_code` are what the call that published it ended with."""
        note = {
            "programs": self.programs,
            "said": said,
            "exit_code": exit_code,
            # The record itself is long, and the next call asks for no more than this.
            "broken": self.extent(),
        }
        sealed.close(self.project, sealed.build_seal(self.project), self._judged, note)

    @property
    def _judged(self) -> dict[str, str]:
        results = sealed.results_seal(self.project).file
        found = hashlib.sha256(results.read_bytes()).hexdigest() if results.is_file() else ""
        return {**self.inputs, "results": found, "signing key": str(signing_key(self.project))}


def reuse_of(project: Project, register: Register) -> Reuse:
    return _reuse(project, programs_of(project, register))


@dataclass(frozen=True)
class Again:
    """What the same call said and returned the last time, which it would say and return again
    if `broken` is as much as it asks for."""

    started_at: str
    said: tuple[str, ...]
    exit_code: int
    broken: Extent


def same_again(project: Project) -> Again:
    """The answer when nothing has changed since the last build, without reading the register.

    Raises Refused when anything has.
    """
    note = sealed.note_of(project, sealed.build_seal(project))
    reuse = _reuse(project, tuple(note["programs"]))
    run = reuse.recorded_run()
    reuse.check_build()
    broken = Extent(note.get("broken", Extent.NOTHING))
    return Again(run.started_at, tuple(note["said"]), int(note["exit_code"]), broken)


def _reuse(project: Project, programs: tuple[str, ...]) -> Reuse:
    files = read_files(project)
    inputs = inputs_of(project, programs, tree_of(project, files), files)
    return Reuse(project, programs, inputs, files)
