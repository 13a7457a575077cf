"""falsify.inside.trying: how a test ended, in the engine's words; a broken set-up is no kill."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.inside.trying import Watcher, _Phase

TESTS = """
import pytest


@pytest.fixture
def broken():
    assert False, "no drawer"


@pytest.fixture
def left_broken():
    yield
    raise OSError("cannot tidy up")


def test_passes():
    pass


def test_asserts():
    assert 4 + 4 == 9


def test_fails():
    pytest.fail("on purpose")


def test_expects_to_be_refused():
    with pytest.raises(ValueError):
        pass


def test_crashes():
    1 / 0


def test_hangs():
    pytest.fail("Timeout >5.0s")


def test_is_skipped():
    pytest.skip("not today")


@pytest.mark.xfail
def test_is_known_to_fail():
    assert False


def test_cannot_be_set_up(broken):
    pass


def test_cannot_be_tidied_up(left_broken):
    pass


@pytest.fixture
def left_wrong():
    yield
    assert False, "something is left"


def test_is_wrong_when_tidied_up(left_wrong):
    pass


def test_asserts_among_others():
    raise ExceptionGroup("two", [ValueError("one"), AssertionError("two")])


@pytest.mark.xfail(strict=True)
def test_is_known_to_fail_and_does_not():
    pass


@pytest.mark.parametrize("n", [1, 2, 3])
def test_holds_for_some(n):
    assert n < 2


def test_passes_in_the_end():
    pass
"""
ENDS = {
    "passes": ("passed", ""),
    "asserts": ("assertion", "AssertionError: assert (4 + 4) == 9"),
    "fails": ("assertion", "Failed: on purpose"),
    "expects_to_be_refused": ("assertion", "Failed: DID NOT RAISE <class 'ValueError'>"),
    "crashes": ("crash", "ZeroDivisionError: division by zero"),
    "hangs": ("timeout", "Failed: Timeout >5.0s"),
    "is_skipped": ("skipped", "it was skipped"),
    "is_known_to_fail": ("skipped", "it was xfailed"),
    "cannot_be_set_up": ("setup error", "AssertionError: no drawer assert False"),
    "cannot_be_tidied_up": ("crash", "OSError: cannot tidy up"),
    # What it says after its own lines is no judgement of them.
    "is_wrong_when_tidied_up": ("crash", "AssertionError: something is left assert False"),
    "asserts_among_others": ("assertion", "ExceptionGroup: two (2 sub-exceptions)"),
    # Nothing was raised.
    "is_known_to_fail_and_does_not": ("crash", ""),
    "holds_for_some": ("assertion", "AssertionError: assert 2 < 2"),
    "passes_in_the_end": ("passed", ""),
}


class Asks:
    """Instead of pytest's own loop: has the watcher run each test, all its cases at once."""

    def __init__(self) -> None:
        self.watcher = Watcher()
        self.answers: dict[str, tuple[str, str]] = {}
        self.raised: dict[str, tuple[str, str]] = {}
        self.phases: dict[str, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.register(self.watcher)
        tests: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            tests.setdefault(item.name.partition("[")[0].removeprefix("test_"), []).append(item)
        left = list(session.items)
        for name, items in tests.items():
            left = left[len(items) :]
            self.answers[name] = self.watcher.run(items, left)
            self.raised[name] = self.watcher.case, Path(self.watcher.where).name
            self.phases[name] = self.watcher.phase
        return True


def test_phase_and_file_are_known_before_any_other_plugin_hears_of_the_test() -> None:
    watcher, seen = Watcher(), []

    class Other:
        def pytest_runtest_setup(self) -> None:
            seen.append((watcher.now, watcher.file))

        def pytest_runtest_call(self) -> None:
            seen.append((watcher.now, watcher.file))

    plugins = pytest.PytestPluginManager()
    plugins.register(watcher)
    plugins.register(Other())
    item = SimpleNamespace(nodeid="tests/test_a.py::TestIt::test_it")
    plugins.hook.pytest_runtest_setup(item=item)
    plugins.hook.pytest_runtest_call(item=item)
    assert seen == [("setup", "tests/test_a.py"), ("call", "tests/test_a.py")]


@pytest.mark.slow
def test_each_end_of_a_test_has_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a session of its own, with none of this one's plugins and settings."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_ends.py").write_text(TESTS, encoding="utf-8")
    asks = Asks()
    options = ["--capture=no", "--import-mode=importlib", "-p", "no:cacheprovider"]
    options += ["-p", "no:faulthandler", f"--rootdir={tmp_path}"]

    pytest.main([*options, "-c", str(tmp_path / "pytest.ini"), str(tmp_path)], plugins=[asks])

    assert asks.answers == ENDS
    assert asks.raised["passes"] == ("test_ends.py::test_passes", "")
    assert asks.raised["holds_for_some"] == ("test_ends.py::test_holds_for_some[2]", "test_ends.py")
    assert asks.raised["fails"][1] == "outcomes.py"
    # It was raised in several places, so in none.
    assert asks.raised["asserts_among_others"][1] == ""
    assert {name: phase for name, phase in asks.phases.items() if phase != "call"} == {
        "passes": "",
        "passes_in_the_end": "",
        "cannot_be_set_up": "setup",
        "cannot_be_tidied_up": "teardown",
        "is_wrong_when_tidied_up": "teardown",
    }


class Item:
    """A case that ends in each of these phases as told, and remembers who was said to be next."""

    def __init__(self, watcher: Watcher, *phases: str) -> None:
        self.watcher, self.phases = watcher, phases or ("setup", "call", "teardown")
        self.session, self.ihook, self.next = object(), self, None
        self.nodeid = f"t.py::test[{'-'.join(self.phases)}]"

    def pytest_runtest_protocol(self, *, item: Item, nextitem: Any) -> None:
        assert item is self
        self.next = nextitem
        self.watcher._phases += [_Phase(phase, "passed") for phase in self.phases]


def test_each_case_knows_who_follows_so_that_only_what_nobody_needs_is_tidied_up() -> None:
    """The last of all keeps what the session has set up."""
    watcher = Watcher()
    first, second, third, fourth, fifth = items = [cast(Any, Item(watcher)) for _ in range(5)]

    assert watcher.run(items[:3], items[3:]) == ("passed", "")
    assert [each.next for each in items] == [second, third, fourth, None, None]

    assert watcher.run([fourth, fifth], []) == ("passed", "")
    assert [fourth.next, fifth.next] == [fifth, fifth.session]

    assert watcher.run([first], []) == ("passed", "")
    assert first.next is first.session


def test_what_never_came_to_its_own_lines_has_not_passed() -> None:
    watcher = Watcher()
    assert (watcher.case, watcher.where, watcher.phase) == ("", "", "")
    for phases in (["setup", "teardown"], ["setup"]):
        item = cast(Any, Item(watcher, *phases))
        assert watcher.run([item], []) == ("skipped", "it never ran")
