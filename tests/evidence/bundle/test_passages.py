"""Passages of the source, which the verifier compares with what the commit holds."""

from __future__ import annotations

import hashlib

import pytest

from evidence import verify


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("data", "symbol", "lines", "expected"),
    [
        (b"a\nb\nc\nd\n", "f", [2, 3], _digest("b\nc\n")),
        (b"a\r\nb\rc\nd", "f", [2, 4], _digest("b\nc\nd\n")),
        (b"a\x0cb\nc\n", "f", [1, 1], _digest("a\x0cb\n")),
        (b"# coding: latin-1\n\xe9\n", "f", [2, 2], _digest("\u00e9\n")),
        (b"\xef\xbb\xbfa\nb\n", "f", [1, 1], _digest("a\n")),
        (b"a\nb\n", "", [1, 2], _digest("a\nb\n")),
        (b"a\nb\n", "f", [1, 2, 9], _digest("a\nb\n")),
        (
            b"# coding: latin-1\n\xe9\n",
            "",
            [1, 2],
            hashlib.sha256(b"# coding: latin-1\n\xe9\n").hexdigest(),
        ),
        (b"\xff\xfe\n", "", [1, 1], hashlib.sha256(b"\xff\xfe\n").hexdigest()),
    ],
)
def test_passage_is_told_by_its_lines(
    data: bytes, symbol: str, lines: list[int], expected: str
) -> None:
    assert verify._digest_of_lines(data, {"symbol": symbol, "lines": lines}) == expected


def test_each_file_is_asked_for_once_and_what_has_no_digest_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def committed(source: str, commit: str, path: str) -> bytes:
        asked.append(path)
        return b"a\nb\n"

    monkeypatch.setattr(verify, "_committed", committed)
    code = [
        {"path": "m.py", "symbol": "f", "lines": [line, line], "sha256": _digest(text)}
        for line, text in ((1, "a\n"), (2, "b\n"))
    ]
    dead = {"path": "gone.py", "symbol": "g", "lines": [], "sha256": ""}
    evidence = {"commit": "c0ffee", "claims": [{"code": [*code, dead]}]}
    assert verify._check_source(".", evidence).startswith("All 2 passages")
    assert asked == ["m.py"]

    code[1]["sha256"] = _digest("c\n")
    with pytest.raises(verify.Refused) as refused:
        verify._check_source(".", evidence)
    assert (refused.value.name, str(refused.value)) == ("code-differs", "m.py: lines 2 to 2")
