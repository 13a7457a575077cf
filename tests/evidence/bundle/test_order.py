"""verify.verify: what is checked in which order, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from evidence import verify

COMMIT = "abc" + "0" * 37


class Bundle:
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def need(self, name: str, reason: str) -> bytes:
        assert (name, reason) == (verify.MANIFEST, "no-manifest")
        return b"manifest"

    def read(self, name: str) -> bytes:
        assert name == verify.SIGNATURE
        return b"signature"


class Signer:
    def __init__(self, order: Any) -> None:
        self.told = ""

    def check_manifest(self, text: bytes, signature: bytes) -> str:
        assert (text, signature) == (b"manifest", b"signature")
        self.told = "signed by ann"
        return "the signature"


@pytest.fixture
def evidence() -> dict[str, Any]:
    return {
        "commit": COMMIT,
        "project": "Till",
        "version": "1.2.0",
        "dirty": False,
        "claims": [{"status": word} for word in ("met", "met", "partly", "not", "out")],
    }


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, evidence: dict[str, Any]) -> Callable[..., list[str]]:
    """Every check says its name and is content; gives what the call tells under these options."""

    def one(name: str) -> Callable[..., str]:
        return lambda *given: name

    def some(name: str) -> Callable[..., Iterator[str]]:
        return lambda *given: iter([f"{name} once", f"{name} twice"])

    for name in ("_check_files", "_check_source", "_check_rebuild"):
        monkeypatch.setattr(verify, name, one(name))
    for name in ("_check_statements", "_check_evidence", "_check_pages"):
        monkeypatch.setattr(verify, name, some(name))
    monkeypatch.setattr(verify, "_evidence", lambda bundle: evidence)
    monkeypatch.setattr(verify, "_manifest", lambda text: {"a": text})
    monkeypatch.setattr(verify, "_Signer", Signer)

    def with_(*names: str, **options: Any) -> list[str]:
        monkeypatch.setattr(verify, "_opened", lambda path: Bundle(frozenset(names)))
        order: Any = SimpleNamespace(
            **{"bundle": "b", "commit": "", "source": "", "rebuild": "", "allow_unsigned": False}
            | options
        )
        return list(verify.verify(order))

    return with_


MIDDLE = [
    f"evidence.json is of commit {COMMIT} of Till 1.2.0, clean.",
    *("_check_statements once", "_check_statements twice"),
    *("_check_evidence once", "_check_evidence twice", "_check_pages once", "_check_pages twice"),
]
COUNTED = "2 met, 1 partly met, 1 not met, 1 out of scope"
NAMES = "{} files with plain names; no link, device or way out among them."


def test_signed_bundle_is_checked_from_its_names_to_its_pages(
    told: Callable[..., list[str]],
) -> None:
    assert told(verify.SIGNATURE, verify.MANIFEST) == [
        *(NAMES.format(2), "the signature", "_check_files", *MIDDLE),
        f"accepted: {COUNTED}; signed by ann.",
    ]


def test_unsigned_bundle_is_refused_unless_it_is_allowed_and_then_says_so(
    told: Callable[..., list[str]],
) -> None:
    with pytest.raises(verify.Refused) as refused:
        told(verify.MANIFEST)
    assert refused.value.name == "unsigned"
    lines = told(verify.MANIFEST, allow_unsigned=True)
    assert lines[1] == "UNSIGNED: the manifest has no signature; --allow-unsigned was given."
    assert lines[-1] == f"accepted: {COUNTED}; UNSIGNED, so anybody could have made it."


def test_bundle_of_another_commit_is_refused(told: Callable[..., list[str]]) -> None:
    assert told(verify.SIGNATURE, commit="ABC0")
    with pytest.raises(verify.Refused) as refused:
        told(verify.SIGNATURE, commit="bc0")
    assert (refused.value.name, str(refused.value)) == (
        "not-the-commit",
        f"the bundle is of commit {COMMIT}",
    )


def test_changes_that_nobody_committed_are_told(
    told: Callable[..., list[str]], evidence: dict[str, Any]
) -> None:
    evidence["dirty"] = True
    (line,) = [each for each in told(verify.SIGNATURE) if each.startswith("evidence.json")]
    assert line.endswith(" of Till 1.2.0, with changes nobody committed.")


@pytest.mark.parametrize(
    ("options", "checks"),
    [
        ({"source": "clone"}, ["_check_source"]),
        ({"rebuild": "clone"}, ["_check_rebuild"]),
        ({"source": "clone", "rebuild": "clone"}, ["_check_source", "_check_rebuild"]),
    ],
)
def test_source_is_compared_and_built_when_it_is_given(
    told: Callable[..., list[str]], options: dict[str, str], checks: list[str]
) -> None:
    lines = told(verify.SIGNATURE, **options)
    assert lines[lines.index("_check_pages twice") + 1 : -1] == checks
