"""Honest bundles that are accepted, and what is told of each."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from evidence import verify
from evidence.engine.project import load_project
from evidence.engine.publish.bundle import pack
from tests.evidence.bundle.forging import CLAIM_EVIDENCE, TEST_RESULT, Bundle, Forgery, Keys, answer
from tests.evidence.conftest import Stranger


def _as_folder(bundle: Bundle) -> Path:
    return bundle.folder()


def _as_zip(bundle: Bundle) -> Path:
    return bundle.zip(packing=zipfile.ZIP_DEFLATED)


def _with_folders_named(bundle: Bundle) -> Path:
    return bundle.zip(("site/", b""), ("site/proof/", b""))


def _signers_with_more_in_them(bundle: Bundle) -> Path:
    path = bundle.home / "signers"
    path.write_text(
        f"# Whom we believe\n\nauditor@example.org {bundle.keys.public('stranger')}\n"
        f'seller@example.org,boss@example.org namespaces="git,evidence-bundle" '
        f"{bundle.keys.public()}\n"
    )
    bundle.options = ["--signers", str(path), "--signer", "boss@example.org"]
    return bundle.zip()


def _signers_by_pattern(bundle: Bundle) -> Path:
    signers = bundle.keys.listing("*@example.org", file="pattern")
    bundle.options = ["--signers", str(signers), "--signer", "seller@example.org"]
    return bundle.zip()


def _within_the_keys_time(bundle: Bundle) -> Path:
    window = 'seller@example.org valid-after="20200101",valid-before="20990101"'
    bundle.options = ["--signers", str(bundle.keys.listing(window, file="window"))]
    return bundle.zip()


def _as_of_a_day_when_the_key_was_valid(bundle: Bundle) -> Path:
    signers = bundle.keys.listing('seller@example.org valid-before="20200101"', file="expired")
    bundle.options = ["--signers", str(signers), "--at", "20191231"]
    return bundle.zip()


def _of_the_commit_that_was_asked_for(bundle: Bundle) -> Path:
    bundle.options = ["--commit", json.loads(bundle.files[verify.EVIDENCE])["commit"][:12]]
    return bundle.zip()


def _with_the_code_it_speaks_of(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.source)]
    return bundle.zip()


def _unsigned_and_allowed(bundle: Bundle) -> Path:
    bundle.options = ["--allow-unsigned"]
    return bundle.reseal(key="").zip()


def _made_with_uncommitted_changes(bundle: Bundle) -> Path:
    return bundle.evidence(lambda told: told.update(dirty=True)).reseal().zip()


def _of_a_project_with_its_own_pages(bundle: Bundle) -> Path:
    bundle.files["site/\u00fcber uns.html"] = b"<p>We"
    return bundle.reseal().zip()


def _with_keys_added_to_evidence(bundle: Bundle) -> Path:
    return bundle.evidence(lambda told: told.update(later={"more": [1.5]})).reseal().zip()


HONEST = [
    _as_folder, _as_zip, _with_folders_named, _signers_with_more_in_them, _signers_by_pattern,
    _within_the_keys_time, _as_of_a_day_when_the_key_was_valid, _of_the_commit_that_was_asked_for,
    _unsigned_and_allowed, _made_with_uncommitted_changes, _of_a_project_with_its_own_pages,
    _with_keys_added_to_evidence, _with_the_code_it_speaks_of,
]  # fmt: skip


@pytest.mark.parametrize("make", HONEST, ids=lambda make: make.__name__.strip("_"))
def test_honest_bundle_is_accepted(
    make: Forgery, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(bundle, make(bundle)) == ("", 0), capsys.readouterr().out

    said = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok       ") for line in said)
    assert len(said) >= 12
    assert "0 met, 3 partly met, 0 not met, 1 out of scope" in said[-1]
    assert ("UNSIGNED" in said[-1]) == (make is _unsigned_and_allowed)


def test_unsigned_bundle_is_told_to_be_unsigned_and_nothing_of_it_signed(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(bundle.files[verify.EVIDENCE])
    path = _unsigned_and_allowed(bundle)
    listed = len(bundle.files[verify.MANIFEST].splitlines())
    assert answer(bundle, path) == ("", 0)

    assert capsys.readouterr().out.splitlines() == [
        f"ok       {len(bundle.files)} files with plain names; no link, device or way out among "
        "them.",
        "ok       UNSIGNED: the manifest has no signature; --allow-unsigned was given.",
        f"ok       All {listed} files of the manifest are there and unchanged, and no other is.",
        f"ok       evidence.json is of commit {told['commit']} of till {told['version']}, clean.",
        f"ok       {TEST_RESULT} is of this manifest and says what evidence.json says.",
        f"ok       {CLAIM_EVIDENCE} is of this manifest and says what evidence.json says.",
        "ok       volatile/provenance.dsse.json tells how it was built, by "
        "'https://purelaka.example/builder/somebodys-machine/v1': SLSA Build L1 at most.",
        "ok       Each of 2 gates says what its log says, and its log is the one named.",
        "ok       Each of 3 claims has the status that its own rungs, tests and gates give.",
        "ok       Each of 4 requirements has the status that its claims give.",
        "ok       Front page, status page and acceptance matrix show these verdicts and counts.",
        "ok       accepted: 0 met, 3 partly met, 0 not met, 1 out of scope; UNSIGNED, so anybody "
        "could have made it.",
    ]


def test_signed_bundle_is_told_to_be_signed_statement_by_statement(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(bundle, bundle.zip()) == ("", 0)
    said = capsys.readouterr().out.splitlines()
    assert said[4:6] == [
        f"ok       {name} is signed, of this manifest, and says what evidence.json says."
        for name in (TEST_RESULT, CLAIM_EVIDENCE)
    ]


@pytest.mark.slow
def test_honest_bundle_of_bad_news_is_accepted(
    stranger: Stranger, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that fails, a link that is dead and a gate that could not run."""
    from evidence.engine.cli import main

    monkeypatch.setenv("EVIDENCE_SIGNING_KEY", str(keys.file()))
    stranger.replace("till/money.py", "return sum(prices)", "return sum(prices) + 1")
    stranger.replace("evidence/claims/till.yml", "till/money.py::CURRENCY", "till/money.py::EURO")
    stranger.replace("evidence/gates.yml", "import till.money; print('till imports')", "exit(77)")
    stranger.commit("Break it")

    assert main(["--project", str(stranger.root), "--no-color"]) == 1
    made = Bundle.of(stranger.root / "build", keys, tmp_path)
    assert answer(made, stranger.root / "build") == ("", 0)


@pytest.mark.slow
def test_packed_build_is_accepted_and_its_bytes_are_the_same_again(
    signed: Stranger, whole: Bundle
) -> None:
    project = load_project(signed.root)
    first, _ = pack(project, whole.home / "one.zip")
    again, size = pack(project, whole.home / "two.zip")
    assert answer(whole, first) == ("", 0)
    assert first.read_bytes() == again.read_bytes()
    assert size == len(first.read_bytes())
