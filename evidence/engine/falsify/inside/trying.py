"""Run tests in this process and say how each of them ended, in the words of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from .kinds import CRASH, kind_of

PASSED = "passed"
_TOLD = 4000  # Characters; the engine cleans them before it cuts.


@dataclass(frozen=True)
class _Phase:
    """How one phase of a test ended. `whole` is all that pytest prints of the error."""

    name: str
    outcome: str
    error: pytest.ExceptionInfo[BaseException] | None = None
    whole: str = ""


class Watcher:
    """A pytest plugin that remembers how each phase of the running test ended. `where` is the file
    in which the last test that did not pass raised what ended it, `case` its id, `phase` the first
    of its phases that did not pass. `now` and `file` are the phase and the file that run now."""

    def __init__(self) -> None:
        self.case = self.where = self.phase = self.now = self.file = ""
        self._phases: list[_Phase] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.now, self.file = "setup", item.nodeid.partition("::")[0]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self.now = "call"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Any:
        report = yield
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        self._phases.append(_Phase(report.when, outcome, call.excinfo, str(report.longrepr)))
        return report

    def run(self, items: Sequence[pytest.Item], rest: Sequence[pytest.Item]) -> tuple[str, str]:
        """The outcome of a test over these cases, the first that does not pass, and one line."""
        # The session's own fixtures stay: their end would end them for every other child.
        following = [*items[1:], *rest, items[-1].session]
        for item, after in zip(items, following, strict=False):
            self._phases.clear()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
            outcome, message = self._verdict()
            self.case = item.nodeid
            self.where = _raised_in([each.error.value for each in self._phases if each.error])
            if outcome != PASSED:
                return outcome, message
        return PASSED, ""

    def _verdict(self) -> tuple[str, str]:
        self.phase = ""
        for each in self._phases:
            if each.outcome == "passed":
                continue
            self.phase = each.name
            if each.outcome != "failed":
                return "skipped", f"it was {each.outcome}"
            if each.name == "setup":
                return "setup error", _line(each.error)
            return _kind(each) if each.name == "call" else CRASH, _line(each.error)
        ran = [each.name for each in self._phases]
        return (PASSED, "") if "call" in ran else ("skipped", "it never ran")


def _kind(ended: _Phase) -> str:
    return kind_of(ended.error.exconly() if ended.error else "", ended.whole)


def _raised_in(errors: Sequence[BaseException]) -> str:
    """The file of the innermost line of the first of them. A group was raised in many."""
    if not errors or isinstance(errors[0], BaseExceptionGroup):
        return ""
    trace = errors[0].__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace else ""


def _line(info: pytest.ExceptionInfo[BaseException] | None) -> str:
    if info is None:
        return ""
    text = " ".join(str(info.value).split())
    return f"{type(info.value).__name__}: {text}"[:_TOLD]
