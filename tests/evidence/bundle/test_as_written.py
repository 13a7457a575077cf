"""Names, sizes, manifests and signed bytes, which the verifier takes as they are written."""

from __future__ import annotations

import pytest

from evidence import verify
from tests.evidence.bundle.claimed import DIGEST, reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("site/index.html", ""),
        ("site/.github/a b/caf\u00e9.html", ""),
        ("a" * 1024, ""),
        ("a" * 1025, "odd-name"),
        ("/etc/passwd", "absolute-path"),
        ("c:x", "absolute-path"),
        ("a/../b", "path-traversal"),
        ("..", "path-traversal"),
        ("a/./b", "odd-name"),
        ("a//b", "odd-name"),
        ("a ", "odd-name"),
        (" a", "odd-name"),
        ("a /b", ""),
        ("", "odd-name"),
        ("a\\b", "odd-name"),
        ("a\nb", "odd-name"),
        ("a\u200bb", "odd-name"),
        ("a\u2028b", "odd-name"),
        ("cafe\u0301", "unicode-collision"),
        ("a\udcffb", "name-not-utf8"),
    ],
)
def test_name_is_taken_as_written(name: str, expected: str) -> None:
    if expected:
        assert reason(lambda: verify._check_name(name)) == expected
    else:
        verify._check_name(name)


@pytest.mark.parametrize(
    ("size_bytes", "packed_bytes", "expected"),
    [
        (1024 * 1024, 1, False),
        (1024 * 1024 + 1, 4_194, True),
        (1024 * 1024 + 1, 4_195, False),
        (1_500_000, 6_000, False),
        (1_500_001, 6_000, True),
        (1_500_000, 1_500_000, False),
    ],
)
def test_bomb_unpacks_to_more_than_a_mebibyte_and_250_times_its_size(
    size_bytes: int, packed_bytes: int, expected: bool
) -> None:
    assert verify.is_bomb(size_bytes, packed_bytes) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{d}  a\n{d}  b c\n", {"a": DIGEST, "b c": DIGEST}),
        ("{d}  B\n{d}  a\n", {"B": DIGEST, "a": DIGEST}),
        ("{d}  a", "manifest-format"),
        ("{d} a\n", "manifest-format"),
        ("{d} *a\n", "manifest-format"),
        ("{d}  a \n", "manifest-format"),
        ("A{d}  a\n", "manifest-format"),
        ("\n", "manifest-format"),
        ("", "manifest-format"),
        ("{d}  b\n{d}  a\n", "manifest-order"),
        ("{d}  a\n{d}  a\n", "manifest-order"),
        ("{d}  MANIFEST.sha256\n", "manifest-scope"),
        ("{d}  MANIFEST.sha256.sig\n", "manifest-scope"),
        ("{d}  attestations/test-result.dsse.json\n", "manifest-scope"),
        ("{d}  site/volatile/this_run.html\n", "manifest-scope"),
    ],
)
def test_manifest_is_read_strictly(text: str, expected: dict[str, str] | str) -> None:
    data = text.replace("{d}", DIGEST).encode()
    if isinstance(expected, str):
        assert reason(lambda: verify._manifest(data)) == expected
    else:
        assert verify._manifest(data) == expected


def test_mistake_in_the_manifest_is_told_with_its_line() -> None:
    with pytest.raises(verify.Refused) as refused:
        verify._manifest(f"{DIGEST}  a\nodd\n".encode())
    assert str(refused.value) == "MANIFEST.sha256:2: 'odd'"
    with pytest.raises(verify.Refused, match="does not end with its last line"):
        verify._manifest(f"{DIGEST}  a".encode())


def test_what_is_signed_of_a_statement_is_dsse_s_own_example() -> None:
    assert verify.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
