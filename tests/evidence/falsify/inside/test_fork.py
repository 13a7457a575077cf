"""falsify.inside.fork: what a child said, how it ended, and that nobody of its family is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.falsify.inside.fork import Told, in_child

# From Python 3.12 on a fork beside threads is warned of; these children touch none of them.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
_Tell = Callable[[dict[str, Any]], None]


def test_what_a_child_tells_arrives_and_its_memory_is_its_own() -> None:
    held: list[int] = []

    def work(tell: _Tell) -> None:
        held.append(1)
        tell({"held": held, "pid": os.getpid()})
        tell({"long": "x" * 200_000})

    told = in_child(work, [60.0])

    assert told.is_done
    assert not told.late
    assert (told.died, held) == ("", [])
    first, second, _ = told.lines
    assert first["held"] == [1]
    assert first["pid"] != os.getpid()
    assert len(second["long"]) == 200_000


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_child_holds_one_more_open_file_and_its_end_is_closed_with_it() -> None:
    before = _open_files()
    told = in_child(lambda tell: tell({"files": _open_files()}), [60.0])
    assert told.lines[0] == {"files": before + 1}
    assert _open_files() == before


def _raises(tell: _Tell) -> None:
    raise ValueError("no such mutant")


def _leaves(tell: _Tell) -> None:
    os._exit(0)


def _is_killed(tell: _Tell) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("work", "died"),
    [
        (_raises, "ValueError: no such mutant"),
        (_leaves, "it exited with 0 before its test ended"),
        (_is_killed, "it was ended by SIGKILL"),
    ],
)
def test_a_child_that_dies_is_not_done_and_says_why(
    work: Callable[[_Tell], None], died: str
) -> None:
    told = in_child(work, [60.0])
    assert (told.is_done, told.late, told.died) == (False, False, died)


def test_a_child_that_hangs_is_late_and_ends_with_its_family(tmp_path: Path) -> None:
    family = tmp_path / "family"

    def work(tell: _Tell) -> None:
        with subprocess.Popen(["sleep", "60"]) as grandchild:
            family.write_text(f"{os.getpid()} {grandchild.pid}", encoding="utf-8")
            tell({"began": True})

    told = in_child(work, [60.0, 0.05])

    assert (told.is_done, told.late, told.died) == (False, True, "")
    assert told.lines == [{"began": True}]
    for pid in map(int, family.read_text("utf-8").split()):
        _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    """A killed grandchild is somebody else's to bury; until then it is a zombie."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} is still there")


def test_nothing_told_is_nothing_done() -> None:
    assert not Told().is_done
