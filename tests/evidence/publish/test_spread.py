"""publish.spread: many jobs in several processes come to what one process comes to."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from functools import partial

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.publish import spread as module
from evidence.engine.publish.spread import spread


class Unpicklable(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def numbers(many: int) -> list[Callable[[], int]]:
    return [partial(int, number) for number in range(many)]


def in_a_fork(do: Callable[[], object]) -> Callable[[], object]:
    """Does it where it is not this process that works, which waits for that fork meanwhile."""
    here = os.getpid()
    reading, writing = os.pipe()

    def job() -> object:
        if os.getpid() == here:
            return heard(reading)
        os.write(writing, b"x")
        return do()

    return job


def heard(reading: int) -> bytes:
    """What somebody else wrote, soon."""
    assert select.select([reading], [], [], 3)[0], "nobody else is at work"
    return os.read(reading, 20)


def fails(error: BaseException) -> object:
    raise error


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_stand_in_the_order_of_the_jobs(processes: int) -> None:
    assert spread(numbers(100), processes, worth=1) == list(range(100))


def test_more_jobs_than_tickets_are_done_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TICKETS", 7)
    assert spread(numbers(100), 2, worth=1) == list(range(100))


def test_several_processes_work_at_once() -> None:
    """Each of two jobs waits for the other to begin."""
    one, other = os.pipe(), os.pipe()

    def job(mine: tuple[int, int], its: tuple[int, int]) -> tuple[bytes, int]:
        os.write(its[1], b"x")
        return heard(mine[0]), os.getpid()

    found = spread([partial(job, one, other), partial(job, other, one)], 2, worth=1)
    assert [said for said, _ in found] == [b"x", b"x"]
    assert len({pid for _, pid in found}) == 2


@pytest.mark.parametrize(
    ("many", "processes", "forks"),
    [(0, 2, 0), (1, 2, 0), (99, 2, 0), (100, 2, 1), (1000, 1, 0), (1000, 4, 3)],
)
def test_few_jobs_are_not_worth_a_fork(
    many: int, processes: int, forks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork, begun = os.fork, []

    def counted() -> int:
        begun.append("one")
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    assert spread(numbers(many), processes) == list(range(many))
    assert len(begun) == forks


def test_what_a_job_raises_in_a_fork_is_raised() -> None:
    jobs = [in_a_fork(partial(fails, CannotRun("no room on the disk")))] * 2
    with pytest.raises(CannotRun, match="no room on the disk"):
        spread(jobs, 2, worth=1)


def test_error_that_cannot_be_pickled_is_told() -> None:
    jobs = [in_a_fork(partial(fails, Unpicklable("one", "other")))] * 2
    with pytest.raises(ChildProcessError, match="Unpicklable: one and other"):
        spread(jobs, 2, worth=1)


def test_fork_that_ends_without_an_answer_is_told() -> None:
    with pytest.raises(ChildProcessError, match="ended without an answer; run again"):
        spread([in_a_fork(partial(os._exit, 3))] * 2, 2, worth=1)


def test_forks_are_ended_when_this_process_fails() -> None:
    here, (reading, writing) = os.getpid(), os.pipe()
    forks = []

    def job() -> None:
        if os.getpid() == here:
            forks.append(int(heard(reading)))
            raise CannotRun("no room")
        os.write(writing, str(os.getpid()).encode())
        time.sleep(5)

    with pytest.raises(CannotRun, match="no room"):
        spread([job, job], 2, worth=1)
    with pytest.raises(ChildProcessError):
        os.waitpid(forks[0], os.WNOHANG)
