"""Jobs over cores: long ones first, no more at once than there are cores, errors end the rest."""

from __future__ import annotations

import threading
import time

import pytest

from evidence.engine.run.schedule import Job, run_side_by_side, usable_cores


def test_long_jobs_begin_first() -> None:
    begun: list[str] = []
    jobs = [
        Job(name, 1, expected_s, lambda name=name: begun.append(name))  # type: ignore[misc]
        for name, expected_s in (("short", 1.0), ("long", 9.0), ("middle", 5.0))
    ]
    run_side_by_side(jobs, cores=1, stop=threading.Event())
    assert begun == ["long", "middle", "short"]


def test_no_more_cores_are_taken_than_there_are() -> None:
    lock, taken, most = threading.Lock(), [0], [0]

    def work(cores: int) -> None:
        with lock:
            taken[0] += cores
            most[0] = max(most[0], taken[0])
        time.sleep(0.02)
        with lock:
            taken[0] -= cores

    jobs = [
        Job(str(number), 1 + number % 2, 1.0, lambda n=number: work(1 + n % 2))  # type: ignore[misc]
        for number in range(9)
    ]
    run_side_by_side(jobs, cores=3, stop=threading.Event())
    assert most[0] == 3


def test_two_that_mostly_wait_share_a_core() -> None:
    meet = threading.Barrier(3, timeout=10.0)
    jobs = [Job(str(number), cores, 1.0, meet.wait) for number, cores in enumerate((1, 0.5, 0.5))]
    run_side_by_side(jobs, cores=2, stop=threading.Event())
    assert not meet.broken


def test_job_wider_than_the_machine_still_runs() -> None:
    ran: list[int] = []
    run_side_by_side([Job("wide", 64, 1.0, lambda: ran.append(1))], cores=2, stop=threading.Event())
    assert ran == [1]


def test_error_in_a_job_stops_the_rest_and_is_raised() -> None:
    stop, begun = threading.Event(), []

    def fail() -> None:
        raise ValueError("a bug")

    jobs = [
        Job("fails", 1, 9.0, fail),
        Job("hears", 1, 8.0, lambda: begun.append(stop.wait(10))),
        Job("never", 1, 1.0, lambda: begun.append("never")),
    ]
    with pytest.raises(ValueError, match="a bug"):
        run_side_by_side(jobs, cores=2, stop=stop)
    assert begun[0] is True
    assert "never" not in begun


def test_usable_cores_are_at_least_one_and_at_most_what_is_asked() -> None:
    assert usable_cores() >= 1
    assert usable_cores(1) == 1
    assert usable_cores(10_000) == usable_cores()
