"""falsify.inside.starts: who started a process, and who may use one that others started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence.engine.falsify.inside import starts
from evidence.engine.falsify.inside.starts import Starts, has_children
from evidence.engine.falsify.inside.trying import Watcher

HERE, SAME, OTHER = (
    "tests/test_a.py::test_it",
    "tests/test_a.py::test_b",
    "tests/test_b.py::test_it",
)


@pytest.fixture
def living() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its test ends."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def orphan() -> Iterator[Callable[[str], None]]:
    """Starts a process that lives until the test ends, by another that has ended by then."""
    read, write = os.pipe()
    script = 'exec 3<&0; setsid sh -c "read _" <&3 >/dev/null 2>&1 &'

    def start(sign: str) -> None:
        env = {**os.environ, "SIGN": sign}
        subprocess.run(["sh", "-c", script], env=env, stdin=read, check=True)

    yield start
    os.close(write)
    os.close(read)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Starts:
    """One that hears while nothing of ours lives."""
    monkeypatch.setattr(starts, "has_children", lambda: False)
    return Starts(Watcher())


@pytest.mark.parametrize("event", ["subprocess.Popen", "os.system", "os.forkpty", "os.posix_spawn"])
def test_whoever_starts_one_is_told_once(heard: Starts, event: str) -> None:
    assert heard.has_started(HERE) is False
    heard.hear(event, ())
    assert heard.has_started(HERE) is True
    assert heard.has_started(HERE) is False
    heard.hear("open", ())
    assert heard.has_started(HERE) is False


@pytest.mark.parametrize(("module", "heard_of"), [("platform", False), ("elsewhere", True)])
def test_what_python_asks_the_system_of_itself_is_no_process_of_a_test(
    heard: Starts, module: str, heard_of: bool
) -> None:
    asks = {"__name__": module, "heard": heard}
    exec("def ask(): heard.hear('subprocess.Popen', ())", asks)  # noqa: S102 - ours
    asks["ask"]()
    assert heard.has_started(HERE) is heard_of


def test_what_was_heard_before_a_fork_is_forgotten_in_it(heard: Starts) -> None:
    heard.hear("os.fork", ())
    heard.forget()
    assert heard.has_started(HERE) is False


@pytest.mark.parametrize(("lives", "others"), [(True, True), (False, False)])
def test_what_the_sessions_set_up_started_serves_all_while_it_lives(
    lives: bool, others: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "has_children", lambda: lives)
    starting = Starts(Watcher())
    starting.hear("subprocess.Popen", ())
    starting.forks_begin()
    starting.forget()
    assert [starting.has_started(test) for test in (HERE, OTHER)] == [others, others]


def test_what_was_started_without_a_word_is_seen_while_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `multiprocessing` does where it does not fork."""
    monkeypatch.setattr(starts, "has_children", lambda: True)
    silent = Starts(Watcher())
    silent.began_for_all()
    assert silent.in_session is True
    silent.forks_begin()
    assert silent.has_started(HERE) is True


def test_a_session_that_started_none_serves_nobody(heard: Starts) -> None:
    heard.forks_begin()
    assert heard.has_started(HERE) is False


@pytest.mark.parametrize(
    ("phase", "lives", "same"),
    [("setup", True, True), ("setup", False, False), ("call", True, False)],
)
def test_what_a_tests_set_up_started_serves_its_file_while_it_lives(
    phase: str, lives: bool, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "has_children", lambda: lives)
    watcher = Watcher()
    starting = Starts(watcher)
    watcher.now = phase
    starting.hear("subprocess.Popen", ())
    watcher.now = "call"
    assert [starting.has_started(test) for test in (HERE, SAME, OTHER)] == [True, same, False]
    starting.forget()
    assert starting.has_started(SAME) is False


@pytest.mark.parametrize(
    ("event", "forks"), [("os.fork", True), ("os.forkpty", True), ("subprocess.Popen", False)]
)
def test_a_fork_may_run_what_nobody_sees(heard: Starts, event: str, forks: bool) -> None:
    heard.hear(event, ())
    assert heard.has_forked is forks
    # Whoever is asked next may be served by it too.
    assert heard.has_started(HERE) is True
    assert heard.has_forked is forks
    heard.forget()
    assert heard.has_forked is False


@pytest.mark.parametrize(
    ("event", "lives", "forked"),
    [("os.fork", True, True), ("os.fork", False, False), ("subprocess.Popen", True, False)],
)
def test_a_fork_of_the_sessions_set_up_serves_all_while_it_lives(
    event: str, lives: bool, forked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "has_children", lambda: lives)
    starting = Starts(Watcher())
    starting.hear(event, ())
    starting.forks_begin()
    starting.forget()
    assert starting.has_forked is forked


@pytest.mark.parametrize("began", [True, False])
def test_what_is_started_before_any_test_is_for_all(heard: Starts, began: bool) -> None:
    if began:
        heard.hear("subprocess.Popen", ())
    heard.began_for_all()
    heard.hear("subprocess.Popen", ())
    assert heard.in_session is began


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("within", [True, False])
def test_what_is_started_as_a_fixture_is_set_up_is_told_of_it(
    heard: Starts, before: bool, within: bool
) -> None:
    if before:
        heard.hear("subprocess.Popen", ())
    with heard.apart() as started:
        if within:
            heard.hear("subprocess.Popen", ())
        assert started() is within
    with heard.apart() as started:
        assert started() is False
    assert heard.in_session is False
    # And the test that asked for it has started it.
    assert heard.has_started(HERE) is (before or within)


@pytest.mark.parametrize(("lived", "lives"), [(True, True), (False, True), (False, False)])
def test_what_a_fixture_started_without_a_word_is_seen_while_it_lives(
    lived: bool, lives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = [lived]
    monkeypatch.setattr(starts, "has_children", lambda: living[0])
    with Starts(Watcher()).apart() as started:
        living[0] = lives
        assert started() is (lives and not lived)


@pytest.mark.usefixtures("living")
def test_a_child_is_seen_while_it_lives() -> None:
    assert has_children() is True


@pytest.mark.parametrize(
    ("sign", "ours"),
    [("", False), ("sign of ours", True), ("sign of others", False)],
    ids=["none", "ours", "others"],
)
def test_whoever_carries_our_sign_lives_on_when_the_one_that_started_it_has_ended(
    sign: str, ours: bool, orphan: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server does that goes into the background."""
    # What the tests themselves need may live.
    monkeypatch.setattr(starts, "has_children", lambda: False)
    orphan("sign of ours")
    assert Starts(Watcher(), sign).lives_on() is ours


@pytest.mark.usefixtures("living")
def test_a_child_lives_on_whatever_it_carries() -> None:
    assert Starts(Watcher(), "").lives_on() is True


def test_neither_we_nor_what_has_ended_lives_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starts, "_PROCESSES", tmp_path)
    monkeypatch.setattr(starts.os, "getpid", lambda: 7)
    others = (("8", "8 (b) Z 1 0"), ("9", "9 (c) S 1 0"))
    for number, text in (("7", "7 (a) S 1 0"), ("self", "7 (a) S 1 0"), *others):
        (tmp_path / number).mkdir()
        (tmp_path / number / "stat").write_text(text)
        (tmp_path / number / "environ").write_bytes(b"A=1\0SIGN=tea\0" if number != "9" else b"")
    (tmp_path / "10").mkdir()
    assert Starts(Watcher(), "tea").lives_on() is False
    (tmp_path / "9/environ").write_bytes(b"SIGN=tea\0")
    assert Starts(Watcher(), "tea").lives_on() is True
    (tmp_path / "9/environ").unlink()
    assert Starts(Watcher(), "tea").lives_on() is False


def test_one_that_ended_and_was_not_waited_for_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starts, "_PROCESSES", tmp_path)
    monkeypatch.setattr(starts.os, "getpid", lambda: 7)
    for number, text in enumerate(("1 (a) Z 7 0", "2 (b) S 8 0", "3 (c) (d) S", "no process")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "stat").write_text(text)
    (tmp_path / "meminfo").write_text("")
    assert has_children() is False
    (tmp_path / "2" / "stat").write_text("3 (c) d) S 7 0")
    assert has_children() is True


@pytest.mark.parametrize(
    ("told", "parent"),
    [("3 (c) d) S 7 0", 7), ("1 (a) Z 7 0", 0), ("2 (b) S", 0), ("no process", 0), (None, 0)],
)
def test_parent_is_told_of_what_lives(told: str | None, parent: int, tmp_path: Path) -> None:
    if told is not None:
        (tmp_path / "stat").write_text(told)
    assert starts._parent(tmp_path) == parent


def test_it_is_taken_for_granted_where_nobody_can_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starts, "_PROCESSES", tmp_path / "gone")
    assert has_children() is True
