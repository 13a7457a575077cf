"""`manage.py throwaway`."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings


def _throwaway(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(settings.APP_DIR / "manage.py"), "throwaway", "--", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_commands_run_on_an_empty_database_in_their_order() -> None:
    done = _throwaway("showmigrations", "--plan", "audit", "::", "check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("$ manage.py showmigrations --plan audit\n")
    assert "[ ]  audit.0001_initial" in done.stdout
    assert done.stdout.index("audit.0001") < done.stdout.index("$ manage.py check")


def test_the_first_failing_code_is_the_answer_and_nothing_runs_after_it() -> None:
    done = _throwaway("check", "--tag", "nope", "::", "check")
    assert done.returncode == 1
    assert done.stdout.count("$ manage.py") == 1


def test_an_empty_command_gets_a_sentence() -> None:
    done = _throwaway("::", "check")
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: throwaway: an empty command beside ::")
