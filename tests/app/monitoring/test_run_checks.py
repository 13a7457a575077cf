"""run_checks: what it prints, and when it fails."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.actor import Actor
from monitoring import checks
from monitoring.checks import Check, Finding
from monitoring.management.commands import run_checks as run_checks_command
from monitoring.models import CheckRun, Issue
from monitoring.services import acknowledge

pytestmark = pytest.mark.django_db
OLLY = Actor(id=7, role="ops", origin="web")
LAMP = Finding("product:1", "5 lamps", "4 lamps")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Finding]]:
    """What the two checks answer; the name of a check that is missing here crashes."""
    given: dict[str, list[Finding]] = {"stock": [], "stamps": []}
    monkeypatch.setattr(
        checks,
        "CHECKS",
        tuple(
            Check(name, name.title(), f"Mend the {name}.", lambda now, name=name: given[name])
            for name in ("stock", "stamps")
        ),
    )
    return given


def _run(*flags: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("run_checks", *flags, stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return out.getvalue(), code


def test_nothing_found_is_a_line_for_each_check_and_exit_0(answers: Any) -> None:
    assert _run("--fail-on-issues") == (
        "ok      stock\n"
        "ok      stamps\n"
        "checks  2 run, 0 failed to run; issues  0 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n",
        0,
    )


def test_an_open_issue_is_a_line_that_says_what_to_do_and_exit_1(answers: Any) -> None:
    answers["stock"] = [LAMP]
    expected = (
        "found   stock\n"
        "  product:1: 4 lamps, expected 5 lamps; Mend the stock.\n"
        "ok      stamps\n"
        "checks  2 run, 0 failed to run; issues  1 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n"
    )
    assert _run("--fail-on-issues") == (expected, 1)
    assert _run() == (expected, 0)
    answers["stock"] = []
    assert _run("--fail-on-issues")[1] == 0


def test_an_acknowledged_issue_fails_again_when_its_time_has_passed(answers: Any) -> None:
    answers["stock"] = [LAMP]
    _run()
    now = timezone.now()
    acknowledge(
        issue=Issue.objects.get(), by=OLLY, why="known", until=now + timedelta(days=1), now=now
    )
    assert _run("--fail-on-issues") == (
        "found   stock\n"
        "ok      stamps\n"
        "checks  2 run, 0 failed to run; issues  0 open, "
        "0 with an acknowledgement that ran out, 1 acknowledged\n",
        0,
    )
    ended = now - timedelta(seconds=1)
    Issue.objects.update(acknowledged_until=ended)
    assert _run("--fail-on-issues") == (
        "found   stock\n"
        "  product:1: 4 lamps, expected 5 lamps "
        f"(acknowledged until {ended:%Y-%m-%d %H:%M} UTC); Mend the stock.\n"
        "ok      stamps\n"
        "checks  2 run, 0 failed to run; issues  0 open, "
        "1 with an acknowledgement that ran out, 0 acknowledged\n",
        1,
    )


def test_a_check_that_fails_to_run_is_exit_1(answers: Any) -> None:
    del answers["stamps"]
    printed = (
        "ok      stock\n"
        "error   stamps\n"
        "  check:stamps: KeyError: 'stamps', expected a check that runs; "
        "Read the error; mend its cause and run the checks again. Until then it proves nothing.\n"
        "checks  2 run, 1 failed to run; issues  1 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n"
    )
    assert _run("--fail-on-issues") == (printed, 1)


def test_an_error_fails_even_when_its_issue_is_acknowledged(answers: Any) -> None:
    del answers["stamps"]
    _run()
    now = timezone.now()
    acknowledge(
        issue=Issue.objects.get(), by=OLLY, why="known", until=now + timedelta(days=1), now=now
    )
    assert _run("--fail-on-issues")[1] == 1


def test_only_runs_and_judges_the_checks_that_were_named(answers: Any) -> None:
    answers["stock"] = [LAMP]
    _run()
    assert _run("--only", "stamps", "--fail-on-issues") == (
        "ok      stamps\n"
        "checks  1 run, 0 failed to run; issues  0 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n",
        0,
    )
    assert _run("--only", "stock", "--only", "stamps", "--fail-on-issues")[1] == 1


def test_since_judges_only_what_opened_since(answers: Any) -> None:
    answers["stock"] = [LAMP]
    _run()
    old = timezone.now() - timedelta(days=3)
    Issue.objects.update(first_seen_at=old)
    day_before, day_after = ((old + timedelta(days=n)).isoformat() for n in (-1, 1))
    assert _run("--since", day_before, "--fail-on-issues")[1] == 1
    assert _run("--since", old.isoformat(), "--fail-on-issues")[1] == 1
    assert _run("--since", day_after, "--fail-on-issues") == (
        "found   stock\n"
        "ok      stamps\n"
        "checks  2 run, 0 failed to run; issues  0 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n",
        0,
    )
    answers["stock"] = []
    _run()
    answers["stock"] = [LAMP]
    assert _run("--since", day_after, "--fail-on-issues")[1] == 1
    with pytest.raises(CommandError, match="--since: found 'soon'"):
        _run("--since", "soon")


def test_what_is_left_out_is_neither_run_nor_judged(answers: Any) -> None:
    answers["stock"] = [LAMP]
    _run()
    assert _run("--except", "stock", "--fail-on-issues") == (
        "ok      stamps\n"
        "checks  1 run, 0 failed to run; issues  0 open, "
        "0 with an acknowledgement that ran out, 0 acknowledged\n",
        0,
    )
    assert _run("--except", "stock", "--except", "stamps")[0].startswith("checks  0 run")


def test_a_copy_that_stands_still_is_judged_by_its_own_time(
    answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    stale = Check("stale", "Stale", "Wait.", lambda now: asked.append(now) or [])
    monkeypatch.setattr(checks, "CHECKS", (stale,))
    moment = timezone.now() - timedelta(days=3)
    assert _run("--as-of", moment.isoformat())[1] == 0
    assert asked == [moment]
    monkeypatch.setattr(run_checks_command, "timezone", SimpleNamespace(now=lambda: moment))
    assert _run("--as-of", moment.isoformat())[1] == 0
    # A check that ran while the backup began is no later one.
    assert _run("--as-of", (moment - timedelta(minutes=1)).isoformat())[1] == 0


def test_an_issue_that_is_found_as_of_a_moment_opened_since_then(answers: Any) -> None:
    answers["stock"] = [LAMP]
    moment = (timezone.now() - timedelta(days=3)).isoformat()
    assert _run("--as-of", moment, "--since", moment, "--fail-on-issues")[1] == 1


@pytest.mark.parametrize(
    ("as_of", "why"),
    [
        (timedelta(minutes=5), "which is not here yet; leave it out for now"),
        (timedelta(minutes=-5), "but checks ran here on .* UTC; only a copy that stands still"),
    ],
)
def test_a_moment_by_which_nothing_can_be_judged_is_refused(
    answers: Any, as_of: timedelta, why: str
) -> None:
    _run()
    before = CheckRun.objects.count()
    with pytest.raises(CommandError, match=f"^--as-of: found .*, {why}"):
        _run("--as-of", (timezone.now() + as_of).isoformat())
    assert CheckRun.objects.count() == before


def test_a_name_that_is_none_is_refused_with_the_nearest(answers: Any) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("run_checks", "--only", "stmps")
    assert str(refused.value) == (
        "Check: found 'stmps', expected the name of a check; did you mean stamps?"
    )
