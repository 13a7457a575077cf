"""What is blotted out, where a line may be cut, and how a planted secret is known again."""

from __future__ import annotations

import base64
import re

import pytest

from evidence.engine.run.leaks import leak_in_bytes
from evidence.engine.run.secrets import Canary, Redactor

SECRET = "hunter2-is-not-enough"
REDACTOR = Redactor.of([SECRET, "correct horse"], [r"sk_test_[0-9]{4}", "z*"])
PLANTED = "canary0123456789abcdef0123456789abcdef"


def test_known_secrets_and_shapes_are_blotted_out_and_counted() -> None:
    text = f"{SECRET}, correct horse\nsk_test_1234 sk_test_12 {SECRET}\n"
    assert REDACTOR.redact(text) == (
        "<redacted>, <redacted>\n<redacted> sk_test_12 <redacted>\n",
        4,
    )


def test_text_without_a_secret_is_given_back_as_it_came() -> None:
    text = "nothing\nto hide\n"
    found, count = Redactor.of([SECRET], [r"sk_test_[0-9]{4}"]).redact(text)
    assert found is text
    assert count == 0


def test_the_slow_pattern_is_asked_only_of_text_that_holds_a_secret() -> None:
    redactor = Redactor(literals=(SECRET,), shapes=(), known=re.compile("x"))
    assert redactor.redact("xx") == ("xx", 0)
    assert redactor.redact(f"x {SECRET}") == (f"<redacted> {SECRET}", 1)


def test_windows_share_twice_the_longest_secret() -> None:
    assert Redactor.of(["s" * 20_000, SECRET]).reach == 40_000
    assert Redactor.of([SECRET]).reach == Redactor.of([]).reach == 16 * 1024


def test_no_line_is_cut_within_a_secret() -> None:
    text = "0123456789"
    redactor = Redactor(literals=(), shapes=(re.compile("56"),), known=re.compile("34|78"))
    assert [redactor.cut_before(text, at) for at in range(11)] == [
        *(0, 1, 2, 3),
        *(3, 5),  # Between 3 and 4 there is no cut; behind them there is.
        *(5, 7, 7, 9, 10),
    ]


@pytest.mark.parametrize(
    ("how", "written"),
    [
        ("as it is", PLANTED.encode()),
        ("in UTF-16", PLANTED.encode("utf-16-le")),
        ("in UTF-16", PLANTED.encode("utf-16-be")),
        ("in hexadecimal", PLANTED.encode().hex().encode()),
        ("in hexadecimal", PLANTED.encode().hex().upper().encode()),
        ("in base64", base64.b64encode(f"{PLANTED}>".encode())),
        ("in base64", base64.b64encode(f"k{PLANTED}>>".encode())),
        ("in base64", base64.b64encode(f"ke{PLANTED}>>".encode())),
        ("in base64", base64.b64encode(f"key{PLANTED}>>".encode())),
        ("in base32", base64.b32encode(f"{PLANTED} and more".encode())),
        ("backwards", PLANTED[::-1].encode()),
    ],
)
def test_planted_secret_is_known_in_every_disguise_with_its_line(how: str, written: bytes) -> None:
    canary = Canary(PLANTED)
    data = b"one\ntwo\n" + written + b"\n" + written + b"\n"
    assert (canary.found_in(data), canary.line_in(data)) == (how, 3)
    assert leak_in_bytes(data, "its output", canary) == (
        f"the planted secret came through {how} in its output, line 3; "
        "what is recorded is published, so keep secrets out of it"
    )


def test_what_is_not_the_planted_secret_is_not_taken_for_it() -> None:
    canary = Canary(PLANTED)
    others = [b"", b"canary", PLANTED[:-1].encode(), base64.b32encode(PLANTED[:30].encode())]
    assert [canary.found_in(other) for other in others] == ["", "", "", ""]
    assert [leak_in_bytes(other, "its output", canary) for other in others] == ["", "", "", ""]
    assert canary.line_in(PLANTED.encode()) == 1


def test_blocks_of_a_file_share_the_longest_disguise() -> None:
    assert Canary(PLANTED).longest == 2 * len(PLANTED)
