from __future__ import annotations

import fcntl
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.publish import atomic
from evidence.engine.publish.atomic import publish_whole

REPOSITORY = Path(__file__).parents[3]

# For each line it reads: starts a process that publishes without end, and says its id. Each build's
# files are listed, with digests, in its own manifest. Forked, because starting a Python thirty
# times takes longer than what is tested.
LOOP = """if True:
    import hashlib, itertools, os, signal, sys
    from pathlib import Path
    from evidence.engine.publish.atomic import publish_whole

    def fill(folder, lock):
        lines = []
        for number in range(40):
            file = folder / f"part{number % 4}" / f"{number}.txt"
            file.parent.mkdir(exist_ok=True)
            data = f"build {run} of {os.getpid()} part {number}".encode() * 200
            file.write_bytes(data)
            lines.append(f"{hashlib.sha256(data).hexdigest()} {file.relative_to(folder)}")
        (folder / "MANIFEST").write_text("\\n".join(lines))

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for those that are killed.
    for _ in sys.stdin:
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            for run in itertools.count():
                publish_whole(Path(sys.argv[1]), fill)
"""


# What a killed build leaves running: a child that inherited its lock.
HOLDER = """if True:
    import fcntl, sys
    fcntl.flock(int(sys.argv[1]), fcntl.LOCK_EX)
    print(flush=True)
    input()
"""


def fill_with(text: str) -> object:
    def fill(folder: Path, lock: int) -> None:
        (folder / "MANIFEST").write_text("")
        (folder / "text").write_text(text)

    return fill


def publish(build: Path, text: str) -> Path:
    return publish_whole(build, fill_with(text))  # type: ignore[arg-type]


def is_whole(build: Path) -> bool:
    """Every file of the manifest is there with its digest, and the parts' files are no others."""
    lines = (build / "MANIFEST").read_text().splitlines()
    listed = dict(reversed(line.split(" ", 1)) for line in lines)
    found = {path.relative_to(build).as_posix() for path in build.glob("part*/*")}
    return found == set(listed) and all(
        hashlib.sha256((build / name).read_bytes()).hexdigest() == digest
        for name, digest in listed.items()
    )


def start_child(parent: subprocess.Popen[str]) -> int:
    """The id of a new process that publishes."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write("\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


def wait_for_end(process: int) -> None:
    deadline = time.monotonic() + 20
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(process, 0)
            time.sleep(0.001)
        pytest.fail(f"process {process} outlived KILL")


def leftovers(tmp_path: Path) -> list[str]:
    kinds = ("stage-", "trash-", "link-", "lock-")
    return [path.name for path in (tmp_path / ".build").glob("*") if path.name.startswith(kinds)]


@pytest.mark.slow
def test_thirty_kills_at_any_moment_leave_the_last_whole_build(tmp_path: Path) -> None:
    build = tmp_path / "build"
    moments = random.Random(20_260_101)
    interrupted = 0
    with subprocess.Popen(
        [sys.executable, "-c", LOOP, str(build)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        for _ in range(30):
            child = start_child(parent)
            time.sleep(moments.uniform(0, 0.12))
            os.kill(child, signal.SIGKILL)
            wait_for_end(child)
            assert not build.is_symlink() or is_whole(build)
            interrupted += bool(leftovers(tmp_path))
    assert interrupted >= 5, "the kills did not land inside builds"
    publish(build, "the next")
    assert (build / "text").read_text() == "the next"
    publish(build, "the one after")
    assert leftovers(tmp_path) == []


def test_first_build_makes_the_link(tmp_path: Path) -> None:
    build = publish(tmp_path / "build", "one")
    assert build.is_symlink()
    assert build.readlink().parts[0] == ".build"
    assert (build / "text").read_text() == "one"


def test_only_this_build_and_the_one_before_stay(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        publish(tmp_path / "build", text)
    kept = {(path / "text").read_text() for path in (tmp_path / ".build").glob("whole-*")}
    assert kept == {"two", "three"}


def test_failed_build_leaves_the_last_one_and_no_stage(tmp_path: Path) -> None:
    build = publish(tmp_path / "build", "good")

    def fail(folder: Path, lock: int) -> None:
        (folder / "text").write_text("bad")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        publish_whole(build, fail)
    assert (build / "text").is_file()
    assert (build / "text").read_text() == "good"
    assert leftovers(tmp_path) == []


def test_build_that_fails_without_its_folder_says_what_it_failed_of(tmp_path: Path) -> None:
    def fail(folder: Path, lock: int) -> None:
        folder.rmdir()
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        publish_whole(tmp_path / "build", fail)


def test_every_file_is_on_the_disk_before_the_link_moves_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: dict[str, bool] = {}
    build, fsync = tmp_path / "build", os.fsync

    def noted(descriptor: int) -> None:
        synced[str(Path(f"/proc/self/fd/{descriptor}").readlink())] = build.exists()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    publish(build, "one")

    written = {Path(path).name for path, was_linked in synced.items() if "/stage-" in path}
    assert written >= {"MANIFEST", "text"}
    assert not any(was_linked for path, was_linked in synced.items() if "/stage-" in path)


def test_names_are_changed_by_one_build_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap, tried = atomic._swap, []

    def swap_while_another_asks(build: Path, whole: Path) -> None:
        tried.append(whole)
        with (whole.parent / "alone").open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        swap(build, whole)

    monkeypatch.setattr(atomic, "_swap", swap_while_another_asks)
    build = publish(tmp_path / "build", "one")

    assert tried == [build.resolve()]


@pytest.mark.parametrize("kind", ["a folder", "a file"])
def test_what_stands_in_the_way_is_named(tmp_path: Path, kind: str) -> None:
    build = tmp_path / "build"
    build.mkdir() if kind == "a folder" else build.write_text("mine")
    with pytest.raises(CannotRun) as refused:
        publish_whole(build, lambda *_: pytest.fail("it was built before it was refused"))
    assert str(refused.value) == (
        f"build: {kind} is in the way, a link to the last whole build expected; "
        "move build away or delete it, then build again."
    )
    assert build.exists()


def test_stage_of_a_live_build_is_left_alone(tmp_path: Path) -> None:
    build = tmp_path / "build"

    def fill(folder: Path, lock: int) -> None:
        (folder / "text").write_text("slow")
        publish(build, "quick")
        assert (folder / "text").exists()

    publish_whole(build, fill)
    assert (build / "text").read_text() == "slow"


def test_stage_of_a_dead_build_goes_once_its_children_end(tmp_path: Path) -> None:
    build = publish(tmp_path / "build", "one")
    store = tmp_path / ".build"
    (store / "stage-dead").mkdir()
    lock = os.open(store / "lock-dead", os.O_CREAT | os.O_RDWR)
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(lock,),
    )
    os.close(lock)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()
    publish(build, "two")
    assert (store / "stage-dead").exists()
    child.communicate(b"\n")
    publish(build, "three")
    assert not (store / "stage-dead").exists()
