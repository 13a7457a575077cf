"""The rung Falsified: whether a claim's own tests were seen to fail when its promise was broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun
from evidence.engine.judge.model import Breakages, Mutation, Rung, RungVerdict, Standing
from evidence.engine.register.model import Claim, Waiver

NO_MUTANTS = "Not measured: this build tried no mutants of its code; --all-mutants tries them."
NOT_BROKEN_YET = "Not measured yet: nothing has been broken on purpose to see these tests fail."
_NO_PATCH_YET = "Not measured yet: no patch has been applied to see tests and gates fail."
_SHOWN = 3
_MANY_WAIVERS = 0.15
_DIGITS = 12  # Of a commit.


@dataclass(frozen=True)
class _Lacks:
    """What is missing from the rung, and whether it was found missing or was not looked at."""

    standing: Standing
    reason: str


def weigh(
    claim: Claim,
    record: Falsification | None,
    waivers: Sequence[Waiver],
    *,
    cites_functions: bool = True,
    functions: Sequence[str] = (),
) -> tuple[RungVerdict, Breakages]:
    """The rung of one claim and all that speaks for it, from what was recorded. What cites no
    functions, but constants or documents, has no mutants and needs patches. `functions` are those
    that it cites, and classes with methods, as `path::name`."""
    if record is None:
        return _rung(claim, [_unmeasured(NOT_BROKEN_YET)]), Breakages()
    broken = _breakages(claim, record, waivers)
    unbroken = list(_of_unbroken(claim, record, broken, functions))
    lacks = [
        *_of_harness(claim, record, broken),
        *_of_mutants(broken, record, cites_functions),
        *_of_patches(claim, record, broken),
        *_of_gates(claim, record),
        *(unbroken or _of_nothing(claim, record, broken, cites_functions)),
    ]
    return _rung(claim, lacks), broken


def _rung(claim: Claim, lacks: Sequence[_Lacks]) -> RungVerdict:
    if not (claim.tests or claim.gates or claim.sabotage):
        return RungVerdict(Rung.FALSIFIED, Standing.NOT_APPLICABLE)
    reasons = tuple(dict.fromkeys(each.reason for each in lacks))
    standings = {each.standing for each in lacks}
    worst = (Standing.NO, Standing.NOT_MEASURED)
    standing = next((each for each in worst if each in standings), Standing.YES)
    return RungVerdict(Rung.FALSIFIED, standing, reasons)


def _breakages(claim: Claim, record: Falsification, waivers: Sequence[Waiver]) -> Breakages:
    green = frozenset(link.text for link in claim.tests) - record.red.keys()
    mutations = tuple(
        _mutation(each, record.outcome(claim.id, each, green), green, waivers)
        for each in record.of(claim.id)
    )
    gates = tuple(link.text for link in claim.gates)
    patches = record.against(claim.id)
    return Breakages(
        mutations=mutations,
        patches=patches,
        controls=tuple(patch for gate in gates for patch in record.against(gate)),
        notes=(*_notes(mutations), *_reused(mutations, patches)),
    )


def _mutation(
    mutant: MutantRun, outcome: Outcome, tests: frozenset[str], waivers: Sequence[Waiver]
) -> Mutation:
    if kill := mutant.kill(tests):
        return Mutation(mutant, outcome, kill)
    everybody = frozenset(trial.test for trial in mutant.trials)
    waiver = next((each for each in waivers if _covers(each, mutant)), None)
    return Mutation(mutant, outcome, None, mutant.kill(everybody - tests), waiver)


def _covers(waiver: Waiver, mutant: MutantRun) -> bool:
    """A waiver speaks of the function as it was when somebody looked at it, and of no other."""
    return (
        waiver.symbol == f"{mutant.path}::{mutant.unit}"
        and mutant.symbol.startswith(waiver.sha256)
        and (
            waiver.mutant == mutant.id or (not waiver.mutant and waiver.operator == mutant.operator)
        )
    )


def _notes(mutations: Sequence[Mutation]) -> Iterator[str]:
    kills = [each.outcome for each in mutations if each.kill]
    if kills and Outcome.ASSERTION not in kills:
        yield (
            "Weak: its tests notice a breakage only because the code crashes or hangs, never by "
            "an assertion; assert the result."
        )
    waived = sum(1 for each in mutations if each.waiver)
    if waived > _MANY_WAIVERS * len(mutations):
        share = (
            f"{waived} of its {len(mutations)} mutants, {round(100 * waived / len(mutations))} %"
        )
        yield f"{share}, are waived; more than 15 % is a lot: look for tests that kill some."


def _reused(mutations: Sequence[Mutation], patches: Sequence[PatchRun]) -> Iterator[str]:
    """What another commit found out is shown as such."""
    edits = Counter(each.mutant.reused_from for each in mutations if each.mutant.reused_from)
    broken = Counter(each.reused_from for each in patches if each.reused_from)
    for commit in sorted(edits | broken):
        told = [
            *([_mutants(edits[commit])] if edits[commit] else []),
            *([f"{broken[commit]} of its patches"] if broken[commit] else []),
        ]
        yield (
            f"Reused: {' and '.join(told)} of commit {commit[:_DIGITS]}; nothing that their "
            "outcome is known to hang on changed since."
        )


def _of_harness(claim: Claim, record: Falsification, broken: Breakages) -> Iterator[_Lacks]:
    if record.complaints and (broken.mutations or broken.patches):
        yield _unmeasured(f"Not measured: the harness cannot be trusted. {_first(record)}")
    for link in claim.tests if broken.mutations else ():
        if link.text in record.red:
            yield _unmeasured(
                f"{link.text} is not green on unbroken code under the harness, so no kill by it "
                f"counts: {record.red[link.text]}"
            )


def _first(record: Falsification) -> str:
    """What is wrong with the harness, in short: there may be a sentence for each mutant."""
    first, *others = record.complaints
    more = f" The page Status tells {len(others)} more." if others else ""
    return f"{first}{more}"


def _of_mutants(
    broken: Breakages, record: Falsification, cites_functions: bool
) -> Iterator[_Lacks]:
    if record.claims is None and cites_functions:
        yield _unmeasured(NO_MUTANTS)
    untried = [each for each in broken.unkilled if each.outcome is Outcome.NOT_TRIED]
    left = [each for each in broken.unkilled if each.outcome is not Outcome.NOT_TRIED]
    total = len(broken.mutations) - len(broken.left_out)
    if broken.left_out:
        yield _unmeasured(_sampled(broken, total, len(left) + len(untried)))
    if left:
        yield _found(
            f"{len(left)} of {_mutants(total)} not killed by the cited tests ({_places(left)}); "
            "assert what they change, or cite the test that does."
        )
    if untried:
        yield _unmeasured(
            f"{len(untried)} of {_mutants(total)} could not be tried ({_places(untried)}): "
            f"{untried[0].mutant.why}"
        )


def _sampled(broken: Breakages, tried: int, unkilled: int) -> str:
    ended = "all were killed or waived" if broken.waived else "all were killed"
    if unkilled:
        ended = f"{unkilled} of them {'was' if unkilled == 1 else 'were'} not killed"
    were = "was" if tried == 1 else "were"
    return (
        f"{tried} of {_mutants(len(broken.mutations))} {were} tried in this build, and {ended}; "
        "--all-mutants tries the others."
    )


def _of_patches(claim: Claim, record: Falsification, broken: Breakages) -> Iterator[_Lacks]:
    if record.patches is None:
        if claim.sabotage or claim.critical:
            yield _unmeasured(_NO_PATCH_YET)
        return
    ran = {patch.patch: patch for patch in broken.patches}
    for link in claim.sabotage:
        patch = ran.get(link.text)
        if patch is None:
            yield _unmeasured(f"Not measured: patch {link.text} was not applied in this run.")
        elif not patch.outcome.is_kill:
            yield _not_caught(patch)
    by_assertion = [each for each in ran.values() if each.outcome is Outcome.ASSERTION]
    if claim.critical and not by_assertion:
        yield _found(
            "A critical claim needs a patch that breaks it and that a cited test catches by an "
            "assertion; write one in evidence/sabotage and name it under `sabotage`."
        )


def _of_gates(claim: Claim, record: Falsification) -> Iterator[_Lacks]:
    for link in claim.gates:
        if record.patches is None:
            yield _unmeasured(_NO_PATCH_YET)
            continue
        controls = record.against(link.text)
        if not controls:
            yield _found(f"Gate {link.text} has no control patch, so nobody saw it turn red.")
        for patch in controls:
            if not patch.outcome.is_kill:
                yield _not_caught(patch)


def _of_nothing(
    claim: Claim, record: Falsification, broken: Breakages, cites_functions: bool
) -> Iterator[_Lacks]:
    """Tests that no mutant and no patch of the claim made fail were never seen to. A gate's control
    is the gate's: it speaks for a claim that cites no test."""
    is_killed = any(each.kill for each in broken.mutations)
    if is_killed or broken.unkilled or broken.left_out or claim.sabotage or not claim.tests:
        return  # What became of mutants and patches is said already.
    if record.claims is None and cites_functions:
        return  # That its mutants were not tried is said too.
    if waived := len(broken.mutations):
        yield _found(
            f"{waived} of {_mutants(waived)} waived and none killed, so nothing was seen to make "
            "these tests fail; write a patch in evidence/sabotage and name it under `sabotage`."
        )
    elif record.patches is None:
        yield _unmeasured(_NO_PATCH_YET)
    else:
        yield _found(
            "Nothing was broken to see these tests fail: nothing that is cited has mutants, and "
            "the control of a gate speaks for its gate alone; write a patch in evidence/sabotage "
            "and name it under `sabotage`."
        )


def _of_unbroken(
    claim: Claim, record: Falsification, broken: Breakages, functions: Sequence[str]
) -> Iterator[_Lacks]:
    """Of a function that has no mutant, kills elsewhere say nothing; a patch has to break it."""
    if record.claims is None or claim.sabotage or not claim.tests:
        return
    whole = [name for name in functions if not broken.of(name)]
    if whole:
        yield _found(
            f"There are no mutants of {_few(whole)}, so nothing shows that these tests notice a "
            "breakage there; write a patch in evidence/sabotage and name it under `sabotage`."
        )


def _not_caught(patch: PatchRun) -> _Lacks:
    why = f": {patch.why.rstrip('.')}." if patch.why else "."
    if patch.outcome is Outcome.NOT_TRIED:
        return _unmeasured(f"Patch {patch.patch} could not be tried{why}")
    if patch.outcome is Outcome.SETUP_ERROR:
        return _found(f"Patch {patch.patch} broke the tests' set-up, which is no kill{why}")
    return _found(f"Patch {patch.patch} was not caught{why}")


def _places(mutations: Iterable[Mutation]) -> str:
    return _few([f"{e.mutant.path}:{e.mutant.line} {e.mutant.operator}" for e in mutations])


def _few(listed: Sequence[str]) -> str:
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(dict.fromkeys(listed[:_SHOWN])) + more


def _mutants(number: int) -> str:
    return f"{number} mutant{'' if number == 1 else 's'}"


def _found(reason: str) -> _Lacks:
    return _Lacks(Standing.NO, reason)


def _unmeasured(reason: str) -> _Lacks:
    return _Lacks(Standing.NOT_MEASURED, reason)
