"""What changed since the version published before: worked out from the two evidence.json alone."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verspec.loose import LooseVersion

from evidence.engine.git import ask_git
from evidence.engine.project import Project

_VERSIONS = "versions.json"
_STATUS = {"out": -1, "not": 0, "partly": 1, "met": 2}
_RUNG = {"no": 0, "not measured": 1, "n/a": 2, "yes": 2}
_UNKNOWN = 0  # A word of another version of the engine.


@dataclass(frozen=True)
class Change:
    """One claim that is not what it was: what it says now (or last said), and what changed."""

    id: str
    says: str
    what: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What a reader of the version before has to know. A claim can stand in several lists."""

    before: str
    added: tuple[Change, ...] = ()
    dropped: tuple[Change, ...] = ()
    strengthened: tuple[Change, ...] = ()
    weakened: tuple[Change, ...] = ()
    reworded: tuple[Change, ...] = ()
    proofs: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(found for _, _, found in self.chapters())

    def chapters(self) -> tuple[tuple[str, str, tuple[Change, ...]], ...]:
        """Each list with its title and what it means, what to worry about first."""
        return (
            ("Weakened", "A rung was lost, or a proof is cited no more.", self.weakened),
            ("Dropped", "Promised before, and no more.", self.dropped),
            ("Reworded", "The same id, another sentence.", self.reworded),
            ("Strengthened", "A rung was gained.", self.strengthened),
            ("Added", "Not promised before.", self.added),
            ("Proofs changed", "Other code under the claim, or more that proves it.", self.proofs),
        )


def published_before(project: Project, version: str) -> dict[str, Any] | None:
    """evidence.json of the newest version below this one on the branch of published versions, as
    this clone has it; None when it has none."""
    refs = ask_git(
        project.root,
        *("for-each-ref", "--format=%(refname)"),
        *("refs/remotes/*/gh-pages", "refs/heads/gh-pages"),
    )
    for ref in refs.stdout.split():
        if told := _newest_below(project, ref, version):
            return told
    return None


def changes_since(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """Every change of every claim, in the order of the register."""
    old = {claim["id"]: claim for claim in before["claims"]}
    new = {claim["id"]: claim for claim in now["claims"]}
    both = [(old[key], new[key]) for key in new if key in old]
    return Changes(
        before=str(before["version"]),
        added=tuple(_change(new[key]) for key in new if key not in old),
        dropped=tuple(_change(old[key]) for key in old if key not in new),
        strengthened=_listed(both, _gained),
        weakened=_listed(both, _lost),
        reworded=_listed(both, _reworded),
        proofs=_listed(both, _proofs),
    )


def _newest_below(project: Project, ref: str, version: str) -> dict[str, Any] | None:
    try:
        listed = json.loads(_shown(project, f"{ref}:{_VERSIONS}"))
        known = [str(entry["version"]) for entry in listed]
        below = [each for each in known if LooseVersion(each) < LooseVersion(version)]
        if not below:
            return None
        told = json.loads(_shown(project, f"{ref}:{max(below, key=LooseVersion)}/evidence.json"))
        return dict(told) if told["schema"] == 1 else None
    except (ValueError, KeyError, TypeError):
        return None


def _shown(project: Project, what: str) -> str:
    return ask_git(project.root, "show", what).stdout


def _change(claim: dict[str, Any], what: tuple[str, ...] = ()) -> Change:
    return Change(str(claim["id"]), str(claim["says"]), what)


def _listed(pairs: list[tuple[dict[str, Any], dict[str, Any]]], compare: Any) -> tuple[Change, ...]:
    found = ((new, tuple(compare(old, new))) for old, new in pairs)
    return tuple(_change(new, what) for new, what in found if what)


def _gained(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from _moved(old, new, up=True)


def _lost(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from _moved(old, new, up=False)
    for kind in ("tests", "gates", "sabotage"):
        gone = sorted(_ids(old[kind]) - _ids(new[kind]))
        if gone:
            yield f"no longer cites {', '.join(gone)}"
    if old["critical"] and not new["critical"]:
        yield "no longer critical"


def _moved(old: dict[str, Any], new: dict[str, Any], *, up: bool) -> Iterator[str]:
    """Status and rungs that went one way."""
    went = operator.gt if up else operator.lt
    if went(_rank(_STATUS, new["status"]), _rank(_STATUS, old["status"])):
        yield f"{old['status']} → {new['status']}"
    for rung, standing in new["rungs"].items():
        was = old["rungs"].get(rung, standing)
        if went(_rank(_RUNG, standing), _rank(_RUNG, was)):
            yield f"{rung}: {was} → {standing}"


def _rank(words: dict[str, int], word: str) -> int:
    return words.get(word, _UNKNOWN)


def _reworded(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if old["says"] != new["says"]:
        yield f"said before: {old['says']}"


def _proofs(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Code that is not what it was, and what is cited anew."""
    before = {_place(code): code["sha256"] for code in old["code"]}
    after = {_place(code): code["sha256"] for code in new["code"]}
    edited = sorted(key for key in after if key in before and after[key] != before[key])
    if edited:
        yield f"changed code: {', '.join(edited)}"
    for kind in ("tests", "gates", "sabotage"):
        if fresh := sorted(_ids(new[kind]) - _ids(old[kind])):
            yield f"now cites {', '.join(fresh)}"


def _place(code: dict[str, Any]) -> str:
    return f"{code['path']}::{code['symbol']}" if code["symbol"] else str(code["path"])


def _ids(entries: list[Any]) -> set[str]:
    """Tests by id, patches by name, gates as they are."""
    return {
        entry if isinstance(entry, str) else str(entry.get("id") or entry.get("patch"))
        for entry in entries
    }
