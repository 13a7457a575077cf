"""The versions of the tools that gates name, each read once."""

from __future__ import annotations

import re
import subprocess
import threading

from evidence.engine.register.model import Gate, Register, Tool
from evidence.engine.run.bench import Bench
from evidence.engine.run.pytests import NEEDED
from evidence.engine.run.tools import Python

_TIMEOUT_S = 20
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
_TEST_TOOLS = ("pytest", "pytest-xdist", "coverage")


def distributions(register: Register) -> set[str]:
    """Every Python distribution whose version some log may name."""
    named = {tool.name for gate in register.gates for tool in gate.tools if not tool.run}
    return {*NEEDED, *_TEST_TOOLS, *named}


class Versions:
    """Asked from several threads."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._python: Python = bench.python
        self._told: dict[Tool, str] = {}
        self._lock = threading.Lock()

    def of(self, gate: Gate) -> tuple[tuple[str, str], ...]:
        """Python first, then the test tools of a test gate, then what the gate names."""
        found = {"Python": self._python.version}
        if gate.pytest is not None:
            for name in _TEST_TOOLS:
                if version := self._python.distributions.get(name):
                    found[name] = version
        for tool in gate.tools:
            found[tool.name] = self._of(tool)
        return tuple(found.items())

    def _of(self, tool: Tool) -> str:
        if not tool.run:
            return self._python.distributions.get(tool.name) or "not installed"
        with self._lock:
            if tool not in self._told:
                self._told[tool] = self._ask(tool)
            return self._told[tool]

    def _ask(self, tool: Tool) -> str:
        """The first version number it prints, or its first line."""
        place = self._bench.lay_out(f"_version-{len(self._told)}", cores=1, own={}, services={})
        try:
            answer = subprocess.run(
                place.fill(tool.run),
                env=place.env,
                cwd=self._bench.project.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return "not found"
        line = place.cleaner.clean(answer.stdout.decode("utf-8", "replace").partition("\n")[0])
        number = _VERSION.search(line)
        return number[0] if number else line[:60]
