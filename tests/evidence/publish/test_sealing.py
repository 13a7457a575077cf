"""Who signs a build: whatever key of ssh is named, and nobody when none is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish import sealing
from evidence.engine.publish.sealing import (
    VARIABLE,
    SigningKey,
    seal,
    signed_by,
    signing_key,
)
from tests.evidence.conftest import Stranger
from tests.evidence.publish.sample import Sample


@pytest.fixture
def project(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv(VARIABLE, raising=False)
    return sample.project


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What is there of a build before it is sealed."""
    evidence = {
        "project": "till", "version": "1", "commit": "a" * 40, "dirty": False,
        "claims": [], "gates": [], "requirements": {},
    }  # fmt: skip
    run = {"started_at": "2026-01-02T03:04:05+01:00", "elapsed_s": 65.4, "host": {}}
    for name, told in (("site/evidence.json", evidence), ("volatile/run.json", run)):
        (tmp_path / "build" / name).parent.mkdir(parents=True)
        (tmp_path / "build" / name).write_text(json.dumps(told))
    return tmp_path / "build"


def _key(file: Path, *options: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-f", file, *options], check=True)
    return file


def test_no_key_named_is_no_key(project: Project) -> None:
    assert signing_key(project) is None
    assert signed_by(None) == (
        "unsigned: no key is named by EVIDENCE_SIGNING_KEY or [tool.evidence] signing_key"
    )


@pytest.mark.parametrize("name", ["~nobody-here/key", "x" * 5000, "till", "x\0"])
def test_name_that_no_key_can_have_is_told(project: Project, name: str) -> None:
    with pytest.raises(CannotRun) as refused:
        signing_key(replace(project, signing_key=name))
    assert str(refused.value) == (
        f"signing_key: {name} is no file, a key of ssh expected; name another"
    )


def test_variable_wins_over_the_settings(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _key(project.root / "own", "-t", "ed25519", "-N", "")
    other = _key(tmp_path / "other", "-t", "ed25519", "-N", "")
    own = signing_key(replace(project, signing_key="own"))
    monkeypatch.setenv(VARIABLE, str(other))
    named = signing_key(replace(project, signing_key="own"))

    assert own is not None
    assert named is not None
    assert own != named
    assert named.file == other
    assert signed_by(named) == f"signed with key {named.fingerprint}"
    assert named.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        ([], "is no file, a key of ssh expected; name another"),
        (None, "is no key of ssh; make one with ssh-keygen -t ed25519"),
        (
            ["-t", "ecdsa", "-N", ""],
            "is a key of kind ECDSA, Ed25519 expected; make one with ssh-keygen -t ed25519",
        ),
    ],
)
def test_key_that_cannot_sign_is_told_before_anything_runs(
    project: Project, make: list[str] | None, says: str
) -> None:
    if make:
        _key(project.root / "key", *make)
    elif make is None:
        (project.root / "key").write_text("no key")
    with pytest.raises(CannotRun) as refused:
        signing_key(replace(project, signing_key="key"))
    assert str(refused.value) == f"signing_key: key {says}"


def test_machine_without_ssh_keygen_is_told_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "key").write_text("a key")
    monkeypatch.setenv("PATH", str(project.root))
    with pytest.raises(CannotRun, match=r"without ssh-keygen; install OpenSSH 8\.2 or later, or"):
        signing_key(replace(project, signing_key="key"))


@pytest.mark.slow
def test_locked_key_fails_instead_of_asking(project: Project, build: Path) -> None:
    _key(project.root / "key", "-t", "ed25519", "-N", "a passphrase")
    key = signing_key(replace(project, signing_key="key"))
    with pytest.raises(CannotRun) as refused:
        seal(build, key)
    assert str(refused.value).startswith("seal: signing key: ssh-keygen could not sign (")
    assert str(refused.value).endswith(
        "); a key with a passphrase has to be in ssh-agent; nothing was published"
    )


def test_link_in_a_build_stops_the_seal(build: Path) -> None:
    (build / "site/index.html").symlink_to("/etc/passwd")
    with pytest.raises(CannotRun, match=r"^seal: site/index\.html: a link or a device"):
        seal(build, None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "INDEX.html",
            "site/INDEX.html and site/index.html: two names differ only in capitals, so some disks "
            "keep only one",
        ),
        (
            "a\\b.html",
            "'site/a\\\\b.html': no name for a file of a bundle: a name holds what no file of a "
            "bundle is called, such as a backslash",
        ),
    ],
)
def test_name_that_a_verifier_would_refuse_stops_the_seal(
    build: Path, name: str, told: str
) -> None:
    (build / "site/index.html").write_text("<p>")
    (build / "site" / name).write_text("<p>")
    with pytest.raises(CannotRun) as refused:
        seal(build, None)
    assert str(refused.value) == f"seal: {told}; rename it; nothing was published"
    assert not (build / "MANIFEST.sha256").exists()


def test_seal_without_a_key_is_the_same_twice(build: Path) -> None:
    def sealed() -> dict[str, bytes]:
        seal(build, None)
        return {str(path): path.read_bytes() for path in build.rglob("*") if path.is_file()}

    first = sealed()
    for name in ("MANIFEST.sha256", "attestations", "volatile/provenance.dsse.json"):
        if (build / name).is_file():
            (build / name).unlink()
    for path in (build / "attestations").iterdir():
        path.unlink()
    (build / "attestations").rmdir()
    assert sealed() == first
    assert len(first) == 6


@pytest.mark.slow
def test_engine_tells_of_the_seal_and_packs_what_it_published(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    order = ["--project", str(stranger.root), "--no-color"]
    assert main(["bundle", *order]) == 2
    assert main(order) == 0
    assert main(["bundle", *order, "--out", str(stranger.root / ".local/mine.zip")]) == 0

    said = capsys.readouterr()
    assert said.err == ("build: no sealed build there; build first: python build_evidence.py\n")
    assert "\nseal    unsigned: no key is named by EVIDENCE_SIGNING_KEY or " in said.out
    page = unescape((stranger.root / "build/site/volatile/this_run.html").read_text("utf-8"))
    assert "unsigned: no key is named" in page
    assert "SLSA Build L1 at most" in page
    assert (stranger.root / ".local/mine.zip").is_file()
    assert stranger.git("status", "--porcelain") == ""


def test_signer_is_a_process_alone_that_is_given_the_build_and_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    answers = [(0, ""), (0, ""), (1, " the key is locked\n"), (1, "")]

    def run(command: list[str], **options: object) -> Any:
        assert options["env"] == sealing._environment()
        assert (options["capture_output"], options["text"]) == (True, True)
        asked.append(command)
        code, said = answers.pop(0)
        return subprocess.CompletedProcess(command, code, "", said)

    monkeypatch.setattr(subprocess, "run", run)
    alone = [sys.executable, "-I", "-S", "-B", str(sealing._SIGNER), str(tmp_path)]
    seal(tmp_path, None)
    seal(tmp_path, SigningKey(tmp_path / "key", "SHA256:x"))
    assert asked == [alone, [*alone, "--key", str(tmp_path / "key")]]

    for why in ("the key is locked", "failed"):
        with pytest.raises(CannotRun) as refused:
            seal(tmp_path, None)
        assert str(refused.value) == f"seal: {why}; nothing was published"


def test_key_is_told_by_its_fingerprint_and_none_is_told_too() -> None:
    assert signed_by(SigningKey(Path("key"), "SHA256:x")) == "signed with key SHA256:x"
    assert signed_by(None).startswith("unsigned: no key is named by ")
