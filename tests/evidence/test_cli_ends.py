"""cli.main: how each end of a command is told, and by which number."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence.engine import cli
from evidence.engine.arguments import Order
from evidence.engine.cli import main
from evidence.engine.mistakes import CannotRun, Mistake, Mistakes, Place

Ends = Callable[[Any], None]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Has `check` end with that number or exception."""

    def with_(end: Any) -> None:
        def command(order: Order) -> int:
            if isinstance(end, BaseException):
                raise end
            return int(end)

        monkeypatch.setitem(cli._COMMANDS, "check", command)

    return with_


@pytest.mark.parametrize("number", [0, 1])
def test_number_of_a_command_is_the_number_of_the_call(ends: Ends, number: int) -> None:
    ends(number)
    assert main(["check"]) == number


def test_mistakes_are_counted_and_the_first_steps_shown(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_show_start", lambda order: cli.complain(f"start {order.command}"))
    ends(Mistakes([Mistake(Place("a.yml", 1), "one"), Mistake(Place("a.yml", 2), "two")]))
    assert main(["check"]) == 2
    assert capsys.readouterr().err == (
        "a.yml:1  one\na.yml:2  two\n2 mistakes; nothing was published.\nstart check\n"
    )


@pytest.mark.parametrize(
    ("end", "number", "said"),
    [
        (CannotRun("the disk: not there."), 2, "the disk: not there.\n"),
        (KeyboardInterrupt(), 130, "\nStopped. The last whole build is as it was.\n"),
    ],
)
def test_what_kept_it_from_running_is_one_sentence(
    ends: Ends, capsys: pytest.CaptureFixture[str], end: BaseException, number: int, said: str
) -> None:
    ends(end)
    assert main(["check"]) == number
    assert capsys.readouterr().err == said


def test_reader_that_went_away_is_written_to_no_more(
    ends: Ends,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved: list[tuple[Path, int]] = []

    def dup2(source: int, number: int) -> None:
        moved.append((Path(f"/proc/self/fd/{source}").readlink(), number))
        os.close(source)

    with (tmp_path / "output").open("w") as output, monkeypatch.context() as patched:
        patched.setattr(os, "dup2", dup2)
        patched.setattr(sys, "stdout", output)
        ends(BrokenPipeError())
        assert main(["check"]) == 2
        assert moved == [(Path(os.devnull), output.fileno())]
    assert capsys.readouterr().err == ""


def test_terminal_without_unicode_is_shown_escapes(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(shown, "ascii", write_through=True))
    ends(CannotRun("Tïll: not there."))
    assert main(["check"]) == 2
    assert shown.getvalue() == b"T\\xefll: not there.\n"


def test_signal_to_end_unwinds_what_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(order: Order) -> int:
        handler: Any = signal.getsignal(signal.SIGTERM)
        handler(signal.SIGTERM, None)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setitem(cli._COMMANDS, "check", command)
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
