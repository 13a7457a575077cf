from __future__ import annotations

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.project import Project
from evidence.engine.publish.changes import Changes, changes_since, published_before
from tests.evidence.publish.sample import Sample

RUNGS = ("linked", "passed", "executed", "falsified", "demonstrated")


def claim(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "says": f"{key} holds.",
        "critical": False,
        "status": "met",
        "rungs": dict.fromkeys(RUNGS, "yes"),
        "code": [{"path": "a.py", "symbol": "f", "sha256": "0"}],
        "tests": [{"id": "t.py::test_f"}],
        "gates": ["tests"],
        "sabotage": [{"patch": "drop-lock"}],
        **changes,
    }


def evidence(*claims: dict[str, Any], version: str = "1.0.0") -> dict[str, Any]:
    return {"schema": 1, "version": version, "claims": list(claims)}


def changed(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    return changes_since(evidence(old), evidence(new, version="1.1.0"))


def test_same_claims_are_no_change() -> None:
    found = changed(claim("A-01"), deepcopy(claim("A-01")))
    assert found.is_empty
    assert found.before == "1.0.0"


def test_claims_come_and_go() -> None:
    found = changes_since(evidence(claim("A-01")), evidence(claim("A-02")))
    assert [each.id for each in found.added] == ["A-02"]
    assert [(each.id, each.says) for each in found.dropped] == [("A-01", "A-01 holds.")]


def test_lost_rung_and_status_weaken_a_claim() -> None:
    worse = claim("A-01", status="partly", rungs={**dict.fromkeys(RUNGS, "yes"), "falsified": "no"})
    found = changed(claim("A-01"), worse)
    assert [each.what for each in found.weakened] == [("met → partly", "falsified: yes → no")]
    assert not found.strengthened


def test_gained_rung_and_status_strengthen_a_claim() -> None:
    worse = claim(
        "A-01", status="not", rungs={**dict.fromkeys(RUNGS, "yes"), "falsified": "not measured"}
    )
    found = changed(worse, claim("A-01"))
    assert [each.what for each in found.strengthened] == [
        ("not → met", "falsified: not measured → yes")
    ]
    assert not found.weakened


def test_proof_that_is_cited_no_more_weakens_a_claim_that_is_still_met() -> None:
    found = changed(claim("A-01"), claim("A-01", tests=[], sabotage=[], critical=False))
    assert [each.what for each in found.weakened] == [
        ("no longer cites t.py::test_f", "no longer cites drop-lock")
    ]


def test_claim_that_lost_its_weight_is_weakened() -> None:
    found = changed(claim("A-01", critical=True), claim("A-01"))
    assert [each.what for each in found.weakened] == [("no longer critical",)]


def test_other_words_under_the_same_id_show_the_old_ones() -> None:
    found = changed(claim("A-01", says="Nothing is lost."), claim("A-01", says="Little is lost."))
    assert [each.what for each in found.reworded] == [("said before: Nothing is lost.",)]


def test_other_code_and_more_proof_are_told() -> None:
    new = claim(
        "A-01",
        code=[{"path": "a.py", "symbol": "f", "sha256": "1"}],
        gates=["tests", "lint"],
    )
    found = changed(claim("A-01"), new)
    assert [each.what for each in found.proofs] == [("changed code: a.py::f", "now cites lint")]


def test_claim_put_out_of_scope_is_weakened() -> None:
    found = changed(claim("A-01"), claim("A-01", status="out"))
    assert [each.what for each in found.weakened] == [("met → out",)]


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, capture_output=True, check=True)

    git("init", "--quiet", "--initial-branch", "gh-pages")
    git("config", "user.name", "Rita Release")
    git("config", "user.email", "rita@shop.example")
    versions = ("0.9.0", "0.10.0", "2.0.0")
    for version in versions:
        (tmp_path / version).mkdir()
        told = json.dumps(evidence(claim("A-01"), version=version))
        (tmp_path / version / "evidence.json").write_text(told, encoding="utf-8")
    listed = [{"version": each, "title": each, "aliases": []} for each in versions]
    (tmp_path / "versions.json").write_text(json.dumps(listed), encoding="utf-8")
    git("add", ".")
    git("commit", "--quiet", "-m", "Versions")
    return Project(
        root=tmp_path,
        name="Sample",
        version="1.0.0",
        register=tmp_path,
        build=tmp_path / "build",
        work=tmp_path / ".local",
    )


@pytest.mark.parametrize(
    ("version", "before"),
    [("1.0.0", "0.10.0"), ("0.10.0", "0.9.0"), ("2.0.0rc1", "0.10.0"), ("3.0", "2.0.0")],
)
def test_version_before_is_the_newest_below(repository: Project, version: str, before: str) -> None:
    told = published_before(repository, version)
    assert told is not None
    assert told["version"] == before


def test_first_version_has_none_before(repository: Project) -> None:
    assert published_before(repository, "0.9.0") is None


def test_broken_record_of_versions_is_as_good_as_none(repository: Project) -> None:
    (repository.root / "versions.json").write_text("[{]", encoding="utf-8")
    subprocess.run(
        ["git", "commit", "--quiet", "--all", "-m", "Break"], cwd=repository.root, check=True
    )
    assert published_before(repository, "1.0.0") is None


def test_clone_without_versions_has_none_before(sample: Sample) -> None:
    assert published_before(sample.project, "1.0.0") is None
