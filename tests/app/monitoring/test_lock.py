"""monitoring.lock: one run of the checks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from monitoring import lock
from monitoring.lock import RUN_LOCK, AlreadyRunning, alone
from monitoring.models import CheckRun
from monitoring.services import run_checks

pytestmark = pytest.mark.django_db
SENTENCE = "Checks: another run is under way, expected none; wait until it ends and run again."


@pytest.fixture
def somebody_else(db: None) -> Iterator[BaseDatabaseWrapper]:
    """Another session of the same database."""
    other = connection.copy()
    yield other
    _leave(other)


def _leave(session: BaseDatabaseWrapper) -> None:
    """Close the session and wait until the server has let go of what it held: closing only
    tells it to."""
    session.close()
    deadline = monotonic() + 20
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                "WHERE locktype = 'advisory' AND datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] == 0:
                return
        sleep(0.01)
    raise AssertionError("the other session still holds its lock")


def _lock(session: BaseDatabaseWrapper) -> bool:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RUN_LOCK])
        return bool(cursor.fetchone()[0])


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each wait; nobody really waits."""
    seconds: list[float] = []
    monkeypatch.setattr(lock, "sleep", seconds.append)
    return seconds


def test_a_second_run_is_refused_at_once(
    somebody_else: BaseDatabaseWrapper, now: datetime, waits: list[float]
) -> None:
    assert _lock(somebody_else)
    with pytest.raises(AlreadyRunning) as refused:
        run_checks(now=now)
    assert str(refused.value) == SENTENCE
    assert not CheckRun.objects.exists()
    assert waits == []


def test_a_command_is_refused_after_ten_seconds(
    somebody_else: BaseDatabaseWrapper, waits: list[float]
) -> None:
    assert _lock(somebody_else)
    with pytest.raises(CommandError) as failed:
        call_command("run_checks")
    assert str(failed.value) == SENTENCE
    assert waits == [0.1] * 100
    assert not CheckRun.objects.exists()


def test_a_command_runs_as_soon_as_the_other_run_has_ended(
    somebody_else: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _lock(somebody_else)
    looked: list[datetime] = []

    def wait(seconds: float) -> None:
        looked.append(timezone.now())
        if len(looked) == 3:
            _leave(somebody_else)

    monkeypatch.setattr(lock, "sleep", wait)
    call_command("run_checks", only=["stuck-events"])
    assert len(looked) == 3
    run = CheckRun.objects.get()
    assert run.check_name == "stuck-events"
    # The other may have told of issues until it ended: this run comes after all of that.
    assert run.started_at > looked[-1]
    # Nothing of the lock is held any more.
    assert _lock(somebody_else)


def test_whoever_holds_the_lock_may_take_it_again(somebody_else: BaseDatabaseWrapper) -> None:
    with alone():
        with alone():
            pass
        assert not _lock(somebody_else)
    assert _lock(somebody_else)


def test_the_lock_is_held_while_the_block_runs_and_let_go_after(
    somebody_else: BaseDatabaseWrapper,
) -> None:
    with alone():
        assert not _lock(somebody_else)
    assert _lock(somebody_else)


def test_the_lock_is_let_go_when_the_run_fails(somebody_else: BaseDatabaseWrapper) -> None:
    with pytest.raises(ZeroDivisionError), alone():
        raise ZeroDivisionError
    assert _lock(somebody_else)


def test_a_run_that_died_does_not_lock_the_next_one_out(
    somebody_else: BaseDatabaseWrapper, now: datetime
) -> None:
    assert _lock(somebody_else)
    _leave(somebody_else)
    assert run_checks(now=now)
