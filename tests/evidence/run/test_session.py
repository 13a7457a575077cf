"""A whole run: side by side, in order, recorded whole, ended tidily."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.register.model import Gate, Register, Tool
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import GateRun, GateStatus
from evidence.engine.run.record import read_run
from evidence.engine.run.session import run_gates
from tests.evidence.run.conftest import Bench, gate

MEET = """
import pathlib, sys, time
pathlib.Path({mine!r}).touch()
until = time.monotonic() + 20
while not pathlib.Path({theirs!r}).exists():
    if time.monotonic() > until: sys.exit("nobody came")
    time.sleep(0.01)
"""


def test_gates_really_run_side_by_side(bench: Bench, tmp_path: Path) -> None:
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    run = bench.run(
        gate("a", MEET.format(mine=a, theirs=b)), gate("b", MEET.format(mine=b, theirs=a))
    )
    assert [each.status for each in run.gates] == [GateStatus.PASSED, GateStatus.PASSED]


def test_gate_of_two_cores_has_both_to_itself(bench: Bench, tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    note = f"import time; f = open({mark!r}, 'a', buffering=1); f.write('%s in\\n');"
    wait = " time.sleep(0.3); f.write('%s out\\n')"
    run = bench.run(
        *(gate(name, (note + wait) % (name, name)) for name in ("a", "b")),
        gate("wide", (note + wait) % ("wide", "wide") + "; print('{cores}')", cores=2),
    )
    events = Path(mark).read_text().splitlines()
    assert events[events.index("wide in") + 1] == "wide out"
    assert [each.id for each in run.gates] == ["a", "b", "wide"]
    assert bench.output("wide") == "2\n"


def test_gate_that_mostly_waits_is_told_of_one_core(bench: Bench) -> None:
    bench.run(gate("waits", "print('{cores}')", cores=0.5))
    assert bench.output("waits") == "1\n"


def test_run_is_read_back_as_it_was_recorded(bench: Bench) -> None:
    run = bench.run(gate("one", "print(1)"), gate("two", "import sys; sys.exit(1)"))
    assert read_run(bench.project) == run


def test_reading_without_a_run_says_what_to_do(bench: Bench) -> None:
    with pytest.raises(CannotRun, match="no run is recorded yet; run the gates first"):
        read_run(bench.project)


def test_broken_record_is_refused_with_a_sentence(bench: Bench) -> None:
    bench.run(gate(script="print(1)"))
    (bench.project.work / "results/run.json").write_text("{")
    with pytest.raises(CannotRun, match=r"cannot be read .*; run the gates again"):
        read_run(bench.project)


def test_only_some_gates_can_be_run(bench: Bench) -> None:
    register = Register(gates=(gate("one", "print(1)"), gate("two", "print(2)")))
    run = run_gates(bench.project, register, frozenset({"two"}), Silent())
    assert [each.id for each in run.gates] == ["two"]
    with pytest.raises(CannotRun, match=r"gate tow: not in gates.yml.*did you mean two\?"):
        run_gates(bench.project, register, frozenset({"tow"}), Silent())


def test_files_that_change_while_gates_run_are_named(bench: Bench) -> None:
    run = bench.run(gate(script="open('README.md', 'a').write('more'); open('new', 'w')"))
    assert (run.tree.dirty, run.changed) == (True, ("README.md", "new"))


def test_facts_are_read_once_and_cleaned(bench: Bench) -> None:
    facts = ("{python}", "-c", "import os; print('{\"where\": [\"' + os.getcwd() + '\"]}')")
    run = bench.run(gate(script="print(1)"), facts=facts)
    assert run.facts == {"where": ["<repo>"]}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("print('oh no')", "printed 'oh no', which is no JSON"),
        ("print([1])", "printed a JSON list, expected one object; mend the command"),
        ("raise SystemExit('broken')", "exit code 1; mend the command\n  broken"),
    ],
)
def test_facts_that_cannot_be_read_stop_the_run(bench: Bench, script: str, why: str) -> None:
    slow = gate(script="import time; time.sleep(600)")
    with pytest.raises(CannotRun) as raised:
        bench.run(slow, facts=("{python}", "-c", script))
    assert str(raised.value).startswith(f"[tool.evidence] facts: {why}")


def test_project_python_that_is_none_stops_the_run(bench: Bench) -> None:
    with pytest.raises(CannotRun, match="nopython: not found on PATH; install it, or set"):
        bench.run(gate(script="print(1)"), python="nopython")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_leaves_no_process_and_the_last_results(
    bench: Bench, tmp_path: Path, number: signal.Signals
) -> None:
    bench.run(gate(script="print('whole')"))
    mark, end = tmp_path / "mark", tmp_path / "ended"
    hang = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    box = f"import sys; print('{{}}', flush=True); sys.stdin.read(); open({str(end)!r}, 'w')"
    # Whoever starts the tests in the background may have Ctrl-C ignored, and so would the child.
    script = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from evidence.engine.project import Project, Service
from tests.evidence.run.conftest import Register, Silent, gate, run_gates
root = Path({str(bench.stranger.root)!r})
project = Project(root, "Till", "1", root / "evidence", root / "build", root / ".local/evidence",
    python=sys.executable, services=(Service("box", ("{{python}}", "-c", {box!r})),))
run_gates(project, Register(gates=(gate("it", {hang!r}, services=("box",)),)), None, Silent())
"""
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as engine:
        until = time.monotonic() + 30
        while not (mark.exists() and mark.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        engine.send_signal(number)
        engine.communicate(timeout=30)
    assert engine.returncode in (-signal.SIGINT, 130, 143)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert end.exists()
    assert bench.output() == "whole\n"


def test_project_with_no_commit_cannot_run(bench: Bench, tmp_path: Path) -> None:
    plain = replace(bench.project, root=tmp_path, work=tmp_path / "work")
    register = Register(gates=(gate(script="print(1)"),))
    with pytest.raises(CannotRun, match="no git checkout"):
        run_gates(plain, register, None, Silent())
    bench.stranger.git("init", "--quiet", str(tmp_path))
    with pytest.raises(CannotRun, match="no commit yet"):
        run_gates(plain, register, None, Silent())


def test_listener_hears_the_start_the_newest_line_and_the_end(bench: Bench) -> None:
    heard: list[tuple[str, str]] = []

    class Ears(Silent):
        def gate_started(self, gate: Gate) -> None:
            heard.append(("started", gate.id))

        def gate_progress(self, gate: Gate, line: str) -> None:
            heard.append(("line", line))

        def gate_ended(self, gate: Gate, run: GateRun) -> None:
            heard.append(("ended", str(run.status)))

    bench.run(gate(script="print('on', __import__('os').getcwd())"), listener=Ears())
    assert heard == [("started", "it"), ("line", "on <repo>"), ("ended", "passed")]


def test_tool_versions_come_from_a_distribution_or_from_a_command(bench: Bench) -> None:
    tools = (Tool("coverage"), Tool("git", ("git", "--version")), Tool("gone", ("no-such-tool",)))
    bench.run(gate(script="print(1)", tools=tools))
    told = bench.head()["tools"].split(", ")
    assert told[1].startswith("coverage 7.")
    assert told[2].startswith("git 2.")
    assert told[3] == "gone not found"
