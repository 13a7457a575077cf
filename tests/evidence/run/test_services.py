"""Services: started once, handed to gates by name, stopped for certain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evidence.engine.project import Service
from evidence.engine.run.model import GateStatus
from tests.evidence.run.conftest import Bench, gate

Write = Callable[..., Service]

BOX = """
import json, os, sys
open({mark!r}, "a").write("started\\n")
print("warming up", flush=True)
print(json.dumps({{"BOX_URL": "box://1", "BOX_SECRET": "kept-in-the-box"}}), flush=True)
sys.stdin.read()
open({mark!r}, "a").write("stopped\\n")
"""


def test_service_starts_once_for_those_who_need_it_and_stops(
    bench: Bench, service: Write, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    show = "import os; print(os.environ.get('BOX_URL'), os.environ.get('BOX_SECRET'))"
    bench.run(
        gate("one", show, services=("box",)),
        gate("two", show, services=("box",)),
        gate("three", show),
        services=(service(BOX.format(mark=str(mark))),),
    )
    assert bench.output("one") == bench.output("two") == "box://1 <redacted>\n"
    assert bench.output("three") == "None None\n"
    assert mark.read_text() == "started\nstopped\n"
    assert bench.read("services/box.log") == "warming up\n"


def test_service_nobody_needs_is_not_started(bench: Bench, service: Write, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    bench.run(gate(script="print(1)"), services=(service(BOX.format(mark=str(mark))),))
    assert not mark.exists()


def test_gate_whose_service_fails_is_not_run_and_shows_why(bench: Bench, service: Write) -> None:
    failing = service("import os, sys; print('no disk in ' + os.getcwd()); sys.exit(4)")
    one, two = bench.run(
        gate("one", "print(1)", services=("box",)), gate("two", "print(2)"), services=(failing,)
    ).gates
    why = "service box ended with exit code 4 before it was ready"
    assert (one.status, one.why) == (GateStatus.NOT_RUN, why)
    assert bench.output("one") == f"{why}\nno disk in <repo>\n"
    assert two.status is GateStatus.PASSED


def test_service_that_is_never_ready_is_ended_at_its_deadline(
    bench: Bench, service: Write, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    script = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({str(mark)!r}, "w").write(str(os.getpid()))
import sys; sys.stdin.read()
"""
    result = bench.run_one(
        gate(script="print(1)", services=("box",)), services=(service(script, 1.0),)
    )
    assert result.status is GateStatus.NOT_RUN
    assert result.why == "service box was not ready within 1 s; see its output"
    assert not Path(f"/proc/{mark.read_text()}").exists()


def test_unknown_service_is_told_with_a_next_step(bench: Bench) -> None:
    result = bench.run_one(gate(script="print(1)", services=("till",)))
    assert (result.status, result.why) == (
        GateStatus.NOT_RUN,
        "service till is not defined; add it to [tool.evidence.services]",
    )


def test_service_that_dies_under_a_gate_is_named_in_why_it_failed(
    bench: Bench, service: Write
) -> None:
    dying = service("import sys; print('{}', flush=True); sys.exit(1)")
    script = "import sys, time; time.sleep(0.5); sys.exit(1)"
    result = bench.run_one(gate(script=script, services=("box",)), services=(dying,))
    assert result.why == "exit code 1; service box ended before the gate did"
