"""Processes that the demo starts, watches and surely ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import children as rooms
from demo.children import Child, ChildEnded, Children

APP = Path(rooms.__file__).resolve().parent.parent


def _python(children: Children, name: str, code: str) -> Child:
    return children.start(name, [sys.executable, "-c", code], env=os.environ, cwd=APP)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _wait_for(log: Path, words: str) -> None:
    deadline = time.monotonic() + 10
    while words not in log.read_text("utf-8"):
        assert time.monotonic() < deadline, f"{words} never came"
        time.sleep(0.02)


def test_leaving_the_block_stops_every_child(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        first = _python(children, "first", "import time; time.sleep(60)")
        second = _python(children, "second", "import time; time.sleep(60)")
        children.check()
    assert not _alive(first.process.pid)
    assert not _alive(second.process.pid)


def test_a_child_that_ignores_term_is_killed_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "STOP_TIMEOUT_S", 0.3)
    children = Children(tmp_path)
    code = "import signal, time; signal.signal(15, 1); print('deaf', flush=True); time.sleep(60)"
    child = _python(children, "stubborn", code)
    _wait_for(child.log, "deaf")
    assert children.stop() == ["stubborn"]
    assert not _alive(child.process.pid)


def test_a_grandchild_ends_with_its_group(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "deaf = 'import signal, time; signal.signal(15, 1); time.sleep(60)'\n"
        "print(subprocess.Popen([sys.executable, '-c', deaf]).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with Children(tmp_path) as children:
        child = _python(children, "parent", code)
        _wait_for(child.log, "\n")
        grandchild = int(child.log.read_text("utf-8"))
        assert _alive(grandchild)
    deadline = time.monotonic() + 5
    while _alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(grandchild)


def test_a_child_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = _python(children, "web", "print('no room left'); raise SystemExit(3)")
        child.process.wait()
        with pytest.raises(ChildEnded) as caught:
            children.check()
    log = tmp_path / "web.log"
    assert str(caught.value) == (
        f"web: ended by itself (exit code 3); its log is {log}\n    no room left"
    )


def test_a_child_that_was_killed_is_told_by_its_signal(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = _python(children, "worker", "import time; time.sleep(60)")
        child.process.send_signal(signal.SIGKILL)
        child.process.wait()
        with pytest.raises(ChildEnded, match="killed by SIGKILL"):
            children.check()


def test_finish_waits_for_a_child_that_has_an_end(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        children.finish(_python(children, "migrate", "print('done')"))
        with pytest.raises(ChildEnded, match="exit code 2"):
            children.finish(_python(children, "seed", "raise SystemExit(2)"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from demo.children import Children\n"
        f"children = Children(Path({str(tmp_path)!r}))\n"
        "child = children.start('worker', [sys.executable, '-c', 'import time; time.sleep(60)'],"
        " env=os.environ, cwd=Path.cwd())\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=APP, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.kill()
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)
