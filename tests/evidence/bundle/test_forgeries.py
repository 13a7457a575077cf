"""Bundles that are refused, each for its own reason."""

from __future__ import annotations

import pytest

from evidence import verify
from tests.evidence.bundle.forgeries import (
    archive,
    asked_for,
    json_text,
    lies,
    manifest,
    pages,
    signatures,
    statements,
)
from tests.evidence.bundle.forging import Bundle, Forgery, answer

FORGERIES = {
    **archive.FORGERIES,
    **manifest.FORGERIES,
    **signatures.FORGERIES,
    **json_text.FORGERIES,
    **statements.FORGERIES,
    **asked_for.FORGERIES,
}
# What a seller could sign, and still nobody has to believe.
LIES = {**lies.LIES, **pages.LIES}


@pytest.mark.parametrize("name", FORGERIES)
def test_tampered_bundle_is_refused_for_its_own_reason(
    name: str, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuses(bundle, *FORGERIES[name], capsys)


@pytest.mark.parametrize("name", LIES)
def test_signed_lie_is_refused_for_its_own_reason(
    name: str, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuses(bundle, *LIES[name], capsys)


def _refuses(
    bundle: Bundle, reason: str, forge: Forgery, capsys: pytest.CaptureFixture[str]
) -> None:
    found, code = answer(bundle, forge(bundle))
    said = capsys.readouterr().out.splitlines()
    assert found == reason, said
    assert said[-2].startswith("refused  ")
    assert said[-1] == f"         {reason} ({code}): {verify.REASONS[code][1]}."
    assert not [line for line in said[:-2] if not line.startswith("ok       ")]


def test_every_reason_has_a_bundle_that_is_refused_for_it() -> None:
    elsewhere = {"no-ssh-keygen", "rebuild-failed", "rebuild-differs"}
    met = {reason for reason, _ in (*FORGERIES.values(), *LIES.values())}
    assert met | elsewhere == {name for name, _ in verify.REASONS.values()}
    assert not met & elsewhere
    assert len(met) >= 40


def test_machine_without_ssh_keygen_is_told_what_is_missing(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bundle.zip()
    monkeypatch.setenv("PATH", str(bundle.home))
    assert answer(bundle, path) == ("no-ssh-keygen", 49)
    assert "ssh-keygen: not found; install OpenSSH 8.2 or later" in capsys.readouterr().out
