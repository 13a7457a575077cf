"""Gates from end to end: real processes in a stranger's repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evidence.engine.register.model import Tool
from evidence.engine.run import process
from evidence.engine.run.model import GateStatus
from tests.evidence.run.conftest import Bench, gate


def test_passing_gate_records_a_log_whose_head_says_what_it_is(bench: Bench) -> None:
    run = bench.run(gate(script="print('hello')", tools=(Tool("pytest"), Tool("nothere"))))
    (result,) = run.gates
    head = bench.head()
    assert (result.status, result.why, result.exit_code) == (GateStatus.PASSED, "", 0)
    assert bench.output() == "hello\n"
    assert head["gate"] == "it"
    assert head["proves"] == "it holds."
    assert head["command"].endswith("-c 'print('\"'\"'hello'\"'\"')'")
    assert head["commit"] == f"{run.tree.commit} (clean)"
    assert head["status"] == "passed"
    assert head["ended"] == "exit code 0"
    assert head["tools"].startswith("Python 3.")
    assert "pytest 8." in head["tools"]
    assert "nothere not installed" in head["tools"]
    assert head["output"] == "6 bytes, read as UTF-8, 0 invalid bytes, 0 redacted"


def test_two_runs_of_one_commit_write_the_same_log(bench: Bench) -> None:
    one = gate(script="import os; print(os.environ['PATH'], {1: '{out}'}, os.getcwd())")
    first = bench.run_one(one)
    again = bench.run_one(one)
    assert first.sha256 == again.sha256
    assert str(bench.stranger.root) not in bench.output()
    assert "<out>" in bench.output()
    assert "<repo>" in bench.output()


def test_failing_gate_fails_with_its_exit_code_and_last_lines(bench: Bench) -> None:
    result = bench.run_one(gate(script="import sys; print('a'); print('b'); sys.exit(3)"))
    assert (result.status, result.exit_code) == (GateStatus.FAILED, 3)
    assert result.why == "exit code 3"
    assert result.failures == ("a", "b")


def test_gate_killed_by_a_signal_says_which(bench: Bench) -> None:
    result = bench.run_one(gate(script="import os; os.kill(os.getpid(), 11)"))
    assert (result.status, result.why) == (GateStatus.FAILED, "by signal 11 (SIGSEGV)")


def test_exit_code_77_is_not_run_for_the_reason_it_prints_last(bench: Bench) -> None:
    script = "import sys; print('looking'); print('no Docker engine'); print(); sys.exit(77)"
    result = bench.run_one(gate(script=script))
    assert (result.status, result.why) == (GateStatus.NOT_RUN, "no Docker engine")


def test_gate_whose_need_is_missing_is_not_run_and_says_what_to_install(bench: Bench) -> None:
    result = bench.run_one(gate(script="print(1)", needs=("sh", "dockerzilla")))
    why = "no dockerzilla on this machine: install it, then run again"
    assert (result.status, result.why, result.exit_code) == (GateStatus.NOT_RUN, why, None)
    assert bench.output() == why + "\n"


def test_missing_executable_fails_with_a_next_step(bench: Bench) -> None:
    result = bench.run_one(gate(run=("nosuchtool", "--check")))
    assert result.status is GateStatus.FAILED
    assert result.why == (
        "nosuchtool: not found; install it, or list it under `needs` if a machine may lack it"
    )


def test_environment_is_a_list_of_names(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAY", "stray")
    monkeypatch.setenv("WANTED", "wanted")
    script = "import os; [print(f'{k}={v}') for k, v in sorted(os.environ.items())]"
    bench.run_one(
        gate(script=script, env=(("OWN", "{cores} of {root}"),)),
        pass_env=("WANTED",),
        env=(("PROJECT", "p"),),
    )
    lines = bench.output().splitlines()
    assert not [line for line in lines if line.startswith("STRAY")]
    expected = {"WANTED=wanted", "PROJECT=p", "OWN=1 of <repo>", "NO_COLOR=1", "TERM=dumb"}
    assert expected | {"TZ=UTC", "COLUMNS=100", "PYTHONHASHSEED=0", "PYTHONUTF8=1"} <= set(lines)
    assert "EVIDENCE_CANARY_SECRET=<redacted>" in lines


def test_standard_input_is_empty(bench: Bench) -> None:
    assert bench.run_one(gate(script="print(repr(input()))")).exit_code == 1
    assert "EOFError" in bench.output()


@pytest.mark.slow
def test_secret_of_the_caller_is_redacted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "s3cr3t-value")
    script = """
import os, sys, time
value = os.environ["API_TOKEN"]
print("plain", value, "and sk_" + "live_abcdefgh1234")
sys.stdout.write("split " + value[:5]); sys.stdout.flush(); time.sleep(0.3)
print(value[5:])
"""
    bench.run_one(gate(script=script), pass_env=("API_TOKEN",))
    assert bench.output() == "plain <redacted> and <redacted>\nsplit <redacted>\n"
    assert bench.head()["output"].endswith("3 redacted")


def test_secret_in_the_command_is_redacted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "s3cr3t-value")
    result = bench.run_one(gate(run=("echo", "s3cr3t-value")))
    assert result.argv == ("echo", "<redacted>")
    assert "s3cr3t" not in bench.read("proof/it.log")
    assert "s3cr3t" not in bench.read("run.json")


def test_planted_secret_printed_as_it_is_is_redacted(bench: Bench) -> None:
    script = "import os; print(os.environ['EVIDENCE_CANARY_SECRET'])"
    assert bench.run_one(gate(script=script)).status is GateStatus.PASSED
    assert bench.output() == "<redacted>\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "expression"),
    [
        ("in base64", "base64.b64encode(b'x' + value.encode()).decode()"),
        ("in hexadecimal", "value.encode().hex()"),
        ("backwards", "value[::-1]"),
    ],
)
def test_planted_secret_printed_in_disguise_fails_the_gate(
    bench: Bench, how: str, expression: str
) -> None:
    script = "import base64, os; value = os.environ['EVIDENCE_CANARY_SECRET']; print('line one');"
    result = bench.run_one(gate(script=f"{script} print({expression})"))
    assert result.status is GateStatus.FAILED
    assert result.why == (
        f"the planted secret came through {how} in its output, line 2; "
        "what is recorded is published, so keep secrets out of it"
    )


@pytest.mark.parametrize("write", ["raw", "base64", "zip"])
def test_planted_secret_in_an_artifact_fails_the_gate_and_drops_the_file(
    bench: Bench, write: str
) -> None:
    script = f"""
import base64, os, pathlib, zipfile
value = os.environ["EVIDENCE_CANARY_SECRET"]
out = pathlib.Path("{{out}}")
if "{write}" == "raw": (out / "a.txt").write_text("x" * 3_000_000 + value)
if "{write}" == "base64": (out / "a.txt").write_text(base64.b64encode(value.encode()).decode())
if "{write}" == "zip":
    with zipfile.ZipFile(out / "a.txt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", value * 9)
(out / "b.txt").write_text("fine")
"""
    result = bench.run_one(gate(script=script, artifacts=("a.txt", "{out}/b.txt")))
    assert result.status is GateStatus.FAILED
    assert "the planted secret came through" in result.why
    assert "in a.txt" in result.why
    assert result.artifacts == ("it/artifacts/b.txt",)
    assert bench.read("it/artifacts/b.txt") == "fine"


def test_secret_of_the_caller_in_an_artifact_fails_the_gate(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "s3cr3t-value")
    script = "import os; open('{out}/a.txt', 'w').write(os.environ['API_TOKEN'])"
    result = bench.run_one(gate(script=script, artifacts=("a.txt",)), pass_env=("API_TOKEN",))
    assert result.status is GateStatus.FAILED
    assert result.why.startswith("the value of a secret variable stands in a.txt")
    assert result.artifacts == ()


def test_promised_artifact_that_is_missing_fails_the_gate(bench: Bench) -> None:
    result = bench.run_one(gate(script="print(1)", artifacts=("report.html",)))
    assert (result.status, result.why) == (
        GateStatus.FAILED,
        "artifact report.html was not written",
    )


def test_artifact_that_links_out_of_its_folder_is_not_copied(bench: Bench) -> None:
    script = "import os; os.symlink('/etc/passwd', '{out}/p')"
    result = bench.run_one(gate(script=script, artifacts=("p",)))
    assert (result.status, result.artifacts) == (GateStatus.FAILED, ())


def test_folder_of_artifacts_is_kept_with_the_folders_in_it(bench: Bench) -> None:
    script = "import os; os.makedirs('{out}/shots/a'); open('{out}/shots/a/b.png', 'w').close()"
    result = bench.run_one(gate(script=script, artifacts=("shots",)))
    assert (result.status, result.artifacts) == (
        GateStatus.PASSED,
        ("it/artifacts/shots/a/b.png",),
    )


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (
            ("Cart.png", "cart.png"),
            "shots/Cart.png and shots/cart.png: two names differ only in capitals, so some disks "
            "keep only one",
        ),
        (
            ("cafe\\u0301.png",),
            "'shots/cafe\\u0301.png': not in composed form: a name is not in Unicode's composed "
            "form, or two names look alike",
        ),
        (
            ("a\\\\b",),
            "'shots/a\\\\b': no name for a file of a bundle: a name holds what no file of a bundle "
            "is called, such as a backslash",
        ),
        (
            ("cart ",),
            "'shots/cart ': no name for a file of a bundle: a name holds what no file of a bundle "
            "is called, such as a backslash",
        ),
    ],
)
def test_artifact_whose_name_a_verifier_would_refuse_fails_the_gate(
    bench: Bench, names: tuple[str, ...], why: str
) -> None:
    written = "".join(f"open('{{out}}/shots/{name}', 'w').close(); " for name in names)
    script = f"import os; os.mkdir('{{out}}/shots'); {written}"
    result = bench.run_one(gate(script=script, artifacts=("shots", "gone")))
    assert (result.status, len(result.artifacts)) == (GateStatus.FAILED, len(names) - 1)
    assert result.why == (
        f"artifact gone was not written; artifact {why}; have the gate give it another name"
    )


def test_utf16_and_invalid_bytes_become_clean_utf8(bench: Bench) -> None:
    script = "import sys; sys.stdout.buffer.write('naïve £5 …\\r\\nend'.encode('utf-16'))"
    bench.run(
        gate("wide", script),
        gate("bad", "import sys; sys.stdout.buffer.write(b'a\\xff\\xfeb\\x07\\n')"),
    )
    assert bench.output("wide") == "naïve £5 …\nend\n"
    assert "UTF-16 (little endian)" in bench.head("wide")["output"]
    assert bench.output("bad") == "a\ufffd\ufffdb\\x07\n"
    assert "2 invalid bytes" in bench.head("bad")["output"]


@pytest.mark.slow
def test_deadline_ends_a_whole_family_that_ignores_term(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child in the group and a grandchild in a session of its own, both deaf to TERM."""
    monkeypatch.setitem(process.run_process.__kwdefaults__, "grace_s", 0.5)
    ids = tmp_path / "ids"
    script = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf])
other = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
open({str(ids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}} {{other.pid}}")
print("waiting", flush=True)
time.sleep(600)
"""
    result = bench.run_one(gate(script=script, timeout_s=1.5))
    assert result.status is GateStatus.FAILED
    assert result.why == (
        "still running at its deadline of 1.5 s; find what hangs or raise timeout_s"
    )
    assert bench.head()["ended"] == "at its deadline of 1.5 s"
    assert bench.output() == "waiting\n[evidence] TERM was not obeyed; KILL was sent.\n"
    assert not [process for process in ids.read_text().split() if _lives(int(process))]


def test_child_that_holds_the_pipe_does_not_hang_the_gate(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_HOLD_S", 0.2)
    script = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("done")
"""
    result = bench.run_one(gate(script=script, timeout_s=60))
    assert result.status is GateStatus.PASSED
    assert bench.output().startswith(
        "done\n[evidence] Still running after the gate had ended, so ended too: python"
    )


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
