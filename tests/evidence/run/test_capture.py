"""The pipeline from bytes to a publishable log, wherever the bytes are cut."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.engine.mistakes import CannotRun
from evidence.engine.run import capture as capturing
from evidence.engine.run import secrets
from evidence.engine.run.capture import Capture, Captured, Cleaner
from evidence.engine.run.places import Places
from evidence.engine.run.secrets import Redactor

SECRET = "hunter2-is-not-enough"
CLEANER = Cleaner(
    Redactor.of([SECRET, 'has "quotes"', "first-line\nsecond-line"], ["sk_test_[0-9A-Za-z]{8,}"]),
    Places.of(
        {
            "<repo>": Path("/srv/till"),
            "<venv>": Path("/srv/till/.venv"),
            "<home>": Path("/home/sam"),
            "<out>": Path("/srv/till/.local/evidence/stage/out/it"),
        }
    ),
)


def captured(*chunks: bytes, kept_bytes: int = 2**21) -> Captured:
    capture = Capture(CLEANER, kept_bytes)
    for chunk in chunks:
        capture.feed(chunk)
    return capture.finish()


def text(*chunks: bytes) -> str:
    return captured(*chunks).body.decode()


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (b"plain\n", "plain\n"),
        (b"no line end", "no line end\n"),
        (b"", ""),
        (b"dos\r\nmac\rlast\r\n", "dos\nlast\n"),
        (b"10%\r50%\r100%\r\n", "100%\n"),
        (
            b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07on \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
            "red on link\n",
        ),
        (b"\x1b[31mred\x1b[0m\nnext \x1b[1mbold\x1b[0m\n", "red\nnext bold\n"),
        (b"\x1bPq#0\x1b\\sixel \x1b(B\x1b=text\x1b[", "sixel text\n"),
        (b"bell\x07 null\x00 del\x7f tab\t\n", "bell\\x07 null\\x00 del\\x7f tab\t\n"),
        ("a\u202eb\u2066c\u2028d\ufeff\n".encode(), "a\\u202eb\\u2066c\\u2028d\\ufeff\n"),
        (b"\xef\xbb\xbfmarked\n", "marked\n"),
        ("wide é\n".encode("utf-16"), "wide é\n"),
        ("wide\n".encode("utf-16-le"), "wide\n"),
        ("wide\n".encode("utf-16-be"), "wide\n"),
        (b"before\n" + "wide\r\nchild\r\n".encode("utf-16-le"), "before\nwide\nchild\n\\x00\n"),
        (b"cut \xe2\x82", "cut \ufffd\ufffd\n"),
        (f"a {SECRET} b".encode(), "a <redacted> b\n"),
        (b'{"key": "has \\"quotes\\""}', '{"key": "<redacted>"}\n'),
        (b"url has+%22quotes%22", "url <redacted>\n"),
        (b"first-line\nsecond-line\n", "<redacted>\n<redacted>\n"),
        (b"hun\x1b[1mter2-is-not-enough", "<redacted>\n"),
        (b"sk_test_abcdefgh1 sk_test_short", "<redacted> sk_test_short\n"),
        (b"/srv/till/app.py:3 -I/srv/till /srv/tillage", "<repo>/app.py:3 -I<repo> /srv/tillage\n"),
        (b"/srv/till/.venv/bin/x /home/sam/.cache", "<venv>/bin/x <home>/.cache\n"),
        (b"/srv/till/.local/evidence/stage/out/it/x 'a\\n/srv/till'", "<out>/x 'a\\n<repo>'\n"),
    ],
)
def test_output_is_cleaned_the_same_however_it_is_cut(data: bytes, clean: str) -> None:
    assert text(data) == clean
    assert text(*(data[at : at + 1] for at in range(len(data)))) == clean


PIECES = [
    *(b"\x1b[31m", b"\r", b"\n", b"\r\n", b"\xff", b"hello ", b"\x1b]8;;http://x\x1b\\", b"\x00"),
    *(SECRET.encode(), b"sk_test_abcdefgh1234", b"/srv/till/x.py", "é…".encode(), b"\x07", b"\x1b"),
    *(b"x" * 50, "\u202e".encode()),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.data())
def test_no_cut_changes_the_result(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert captured(*chunks, kept_bytes=400) == captured(whole, kept_bytes=400)


def test_secret_on_any_window_border_of_an_endless_line_is_redacted() -> None:
    draw = random.Random(7)
    pieces = [
        b"y" * draw.randint(1, 9000) + b" " + draw.choice([SECRET.encode(), b"sk_test_abcdefgh1"])
        for _ in range(120)
    ]
    line = b" ".join(pieces)
    found = captured(*(line[at : at + 4096] for at in range(0, len(line), 4096)))
    assert found == captured(line)
    assert found.redactions == 120
    assert found.body.count(b"<redacted>") == 120
    assert SECRET.encode() not in found.body
    assert b"sk_test" not in found.body


def test_secret_longer_than_any_window_hides_the_rest_of_its_line() -> None:
    found = text(b"a\nsk_test_" + b"A" * 300_000 + b"\nb\n")
    assert found == "a\n<redacted>\nb\n"


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> int:
    """The length of the longest line that is looked at whole: short here, for short examples."""
    monkeypatch.setattr(capturing, "_WINDOW", 130)
    monkeypatch.setattr(secrets, "_LONGEST_SHAPE", 60)
    return 130 + 60


class Counting(Cleaner):
    """Keeps what it was given to clean."""

    def finish(self, text: str) -> tuple[str, int]:
        GIVEN.append(text)
        return super().finish(text)


GIVEN: list[str] = []


@pytest.mark.usefixtures("ends_soon")
def test_line_that_does_not_fit_a_window_is_cleaned_as_any_other(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(5)
    words = ["word ", "é ", "\x07", f"{SECRET} ", "/srv/till/x.py ", "sk_test_abcdefgh1 ", "\n"]
    weights = [30, 3, 3, 5, 5, 5, 1]
    outputs = ["".join(draw.choices(words, weights, k=150)).encode() for _ in range(30)]
    narrow = [captured(*(each[at : at + 70] for at in range(0, len(each), 70))) for each in outputs]
    monkeypatch.undo()
    assert narrow == [captured(each) for each in outputs]


@pytest.mark.usefixtures("ends_soon")
def test_line_that_returned_to_its_start_shows_nothing_from_before(window: int) -> None:
    found = text(b"x" * (window - 9) + b"\r" + b"y" * window + b"\nnext\n")
    assert found == "y" * window + "\nnext\n"


@pytest.mark.usefixtures("ends_soon")
def test_what_nobody_could_wait_for_is_hidden_to_the_end_of_its_line(window: int) -> None:
    found = captured(b"a\nsk_test_", b"A" * 3 * window, b"\nb\nc\n", b"d\n")
    assert found.body == b"a\n<redacted>\nb\nc\nd\n"
    assert found.redactions == 1


@pytest.mark.usefixtures("ends_soon")
def test_newest_line_is_told_up_to_two_hundred_characters(window: int) -> None:
    capture = Capture(CLEANER)
    assert capture.last_line == ""
    capture.feed(b"y" * window)
    capture.feed(b"\n \n")
    assert capture.last_line == "y" * window
    capture.feed(b"one\n" + b"z" * 4 + b"y" * (window + 1))
    capture.feed(b"\n")
    assert set(capture.last_line) == {"y"}


def test_newest_line_is_cut_after_two_hundred_characters() -> None:
    capture = Capture(CLEANER)
    capture.feed(b"a\n" + b"y" * 200 + b"zz\n")
    assert capture.last_line == "y" * 200


def test_lines_that_come_together_are_cleaned_together_if_they_are_short(window: int) -> None:
    cleaner = Counting(CLEANER.redactor, CLEANER.places)
    for size, pieces in [(window, 1), (window + 1, 3)]:
        GIVEN.clear()
        Capture(cleaner).feed(b"a\nb\n" + b"c" * (size - 4) + b"\n")
        assert len(GIVEN) == pieces


def test_what_was_received_and_redacted_is_counted_and_notes_stand_below() -> None:
    capture = Capture(CLEANER)
    capture.feed(f"{SECRET} and {SECRET}\n".encode())
    capture.feed(b"end")
    found = capture.finish("It ended.", f"It said {SECRET}.")
    assert found.body.decode() == (
        "<redacted> and <redacted>\nend\n[evidence] It ended.\n[evidence] It said <redacted>.\n"
    )
    assert (found.received_bytes, found.redactions) == (2 * len(SECRET) + 9, 2)


def test_long_output_keeps_both_ends_and_counts_the_middle_exactly() -> None:
    lines = [f"line {number}\n".encode() for number in range(1000)]
    found = captured(*lines, kept_bytes=200)
    head, middle, tail = found.body.partition(b"\xe2\x80\xa6 ")[0], found.body.splitlines(), b""
    at = next(index for index, line in enumerate(middle) if line.startswith("…".encode()))
    tail = b"".join(line + b"\n" for line in middle[at + 1 :])
    left_out = 1000 - at - (len(middle) - at - 1)
    size = sum(map(len, lines)) - len(head) - len(tail)
    assert middle[at].decode() == f"… {size:,} bytes in {left_out:,} lines left out …"
    assert (found.left_out_bytes, found.left_out_lines) == (size, left_out)
    assert head.startswith(b"line 0\n")
    assert tail.endswith(b"line 999\n")
    assert max(len(head), len(tail)) <= 100


def test_output_of_exactly_the_limit_is_kept_whole() -> None:
    assert captured(b"x" * 99 + b"\n", kept_bytes=100).body == b"x" * 99 + b"\n"
    assert captured(b"x" * 100 + b"\n", kept_bytes=100).left_out_lines == 1


def test_cut_never_splits_a_character() -> None:
    body = captured("é".encode() * 1001, kept_bytes=101).body
    assert "\ufffd" not in body.decode("utf-8")


def test_shape_that_is_no_regular_expression_is_refused_with_a_sentence() -> None:
    with pytest.raises(CannotRun, match=r"pattern '\(' is no regular expression"):
        Redactor.of([], ["("])


def test_150_megabytes_pass_through_in_flat_memory() -> None:
    script = f"""
import resource, sys
sys.path.insert(0, {str(Path.cwd())!r})
from tests.evidence.run.test_capture import CLEANER, Capture
chunk = (b"tests/test_x.py::test_y PASSED [ 12%] /srv/till/app some more text\\n" * 1000)[:65536]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
capture = Capture(CLEANER)
for _ in range(160): capture.feed(chunk)
early = peak()
for _ in range(2129): capture.feed(chunk)
found = capture.finish()
assert found.received_bytes == 2289 * 65536 > 150_000_000
assert len(found.body) < 2_200_000, len(found.body)
print(peak() - early)
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) < 16, "MB of growth after the first 10 MB"
