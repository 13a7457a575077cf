"""`manage.py throwaway`."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """The command answers TERM in its own way, as a process may; here it is not the process."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def _throwaway(*words: str) -> int:
    """The exit code of the command, whose own commands are processes as ever."""
    try:
        call_command("throwaway", "--", *words)
    except SystemExit as leaving:
        return int(str(leaving.code))
    return 0


def test_commands_run_on_an_empty_database_in_their_order(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = 'from django.db import connection; print("on", connection.settings_dict["NAME"])'
    assert _throwaway("showmigrations", "--plan", "audit", "::", "shell", "-c", told) == 0
    printed = capfd.readouterr().out
    assert printed.startswith("$ manage.py showmigrations --plan audit\n")
    assert "[ ]  audit.0001_initial" in printed
    assert printed.index("audit.0001") < printed.index("$ manage.py shell")
    assert re.search(r"^on throwaway_[0-9a-f]{12}$", printed, re.MULTILINE)


def test_the_first_failing_code_is_the_answer_and_nothing_runs_after_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert _throwaway("check", "--tag", "nope", "::", "check") == 1
    assert capfd.readouterr().out.count("$ manage.py") == 1


def test_an_empty_command_gets_a_sentence() -> None:
    with pytest.raises(CommandError, match=r"^throwaway: an empty command beside ::"):
        _throwaway("::", "check")
