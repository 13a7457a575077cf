"""Run tests in this process and say how each of them ended, in the words of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

PASSED = "passed"
_TOLD = 4000  # Characters; the engine cleans them before it cuts.


class Watcher:
    """A pytest plugin that remembers how each phase of the running test ended. `where` is the file
    in which the last test that did not pass raised what ended it, `case` its id."""

    def __init__(self) -> None:
        self.case = self.where = ""
        self._phases: list[tuple[str, str, BaseException | None]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Any:
        report = yield
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        error = call.excinfo.value if call.excinfo else None
        self._phases.append((report.when, outcome, error))
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
            self.where = _raised_in([error for _, _, error in self._phases if error])
            if outcome != PASSED:
                return outcome, message
        return PASSED, ""

    def _verdict(self) -> tuple[str, str]:
        for phase, outcome, error in self._phases:
            if outcome == "passed":
                continue
            if outcome != "failed":
                return "skipped", f"it was {outcome}"
            if phase == "setup":
                return "setup error", _line(error)
            return _kind(error) if phase == "call" else "crash", _line(error)
        ran = [phase for phase, _, _ in self._phases]
        return (PASSED, "") if "call" in ran else ("skipped", "it never ran")


def _raised_in(errors: Sequence[BaseException]) -> str:
    """The file of the innermost line of the first of them."""
    trace = errors[0].__traceback__ if errors else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace else ""


def _kind(error: BaseException | None) -> str:
    if isinstance(error, BaseExceptionGroup):
        kinds = [_kind(each) for each in error.exceptions]
        return "assertion" if "assertion" in kinds else kinds[0]
    if isinstance(error, pytest.fail.Exception):
        return "timeout" if str(error).startswith("Timeout") else "assertion"
    return "assertion" if isinstance(error, AssertionError) else "crash"


def _line(error: BaseException | None) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_TOLD] if error else ""
