"""The gate that starts the shop from a fresh clone tells what a newcomer would have met instead."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from evidence.gates import fresh_clone, remains
from evidence.gates.fresh_clone import Failed, NothingToInstall, walk

pytestmark = pytest.mark.usefixtures("ends_only_its_own")
MAKEFILE = """PYTHON ?= python3
demo:
	@$(PYTHON) shop.py
clean:
	@cp shop.py ../../cleaned
"""
SHOP = """
import http.server, signal, sys, threading, time

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"tea")

    def log_message(self, *told):
        pass

def told(number, frame):
    print("Stopped. Nothing is left running.", flush=True)
    sys.exit(0)

signal.signal(signal.SIGINT, told)
print("installing", flush=True)
print("  starting  the door", flush=True)
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print(f"The shop is open: http://127.0.0.1:{server.server_port}/   (test)", flush=True)
server.serve_forever()
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    root.mkdir()
    (root / "Makefile").write_text(MAKEFILE)
    (root / "shop.py").write_text(SHOP)
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Open"]):
        settings = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
        subprocess.run(["git", *settings, *words], cwd=root, check=True)
    return root


def edit(clone: Path, was: str, becomes: str) -> None:
    text = (clone / "shop.py").read_text()
    assert was in text
    (clone / "shop.py").write_text(text.replace(was, becomes))
    settings = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
    subprocess.run(["git", *settings, "commit", "-aqm", "Break"], cwd=clone, check=True)


def walked(clone: Path) -> list[str]:
    return list(walk(clone, clone.parent, Path(sys.executable)))


@pytest.mark.slow
def test_a_shop_that_opens_answers_and_ends_is_told_step_by_step(clone: Path) -> None:
    lines = walked(clone)
    assert [line[:12].strip() for line in lines] == [
        "set-up",
        "shop is open",
        "front page",
        "after Ctrl-C",
        "git status",
        "temporary",
    ]
    assert lines[2:] == [
        "front page    200",
        "after Ctrl-C  nothing runs",
        "git status    clean",
        "temporary     nothing left",
    ]
    seconds = [float(line[14:].split()[0]) for line in lines[:2]]
    assert 0 < seconds[0] <= seconds[1] < fresh_clone.OPENS_S


@pytest.mark.slow
@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        (
            'print("  starting',
            'sys.exit(3)\nprint("  starting',
            r"`make demo` ended with 2:\ninstalling\nmake.*Error 3",
        ),
        ("server.serve_forever()", "sys.exit()", "front page: .*, expected 200"),
        ("self.send_response(200)", "self.send_response(500)", "front page: HTTP Error 500"),
        ('print("Stopped. Nothing is left running.", flush=True)', "pass", "did not say"),
        ('print("installing"', 'open("left.txt", "w"); print("installing"', "left.txt"),
        (
            'print("installing"',
            'import tempfile; tempfile.mkstemp("_left"); print("installing"',
            "_left",
        ),
    ],
)
def test_what_goes_wrong_is_told(clone: Path, was: str, becomes: str, told: str) -> None:
    edit(clone, was, becomes)
    with pytest.raises(Failed, match=told):
        walked(clone)


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("sys.exit(0)", "pass", "after Ctrl-C: still runs after 1 s"),
        ('print(f"The shop is open', 'time.sleep(60)\nprint(f"The', "no open shop after 2 s"),
    ],
)
def test_what_takes_too_long_is_told(
    clone: Path, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str, told: str
) -> None:
    monkeypatch.setattr(fresh_clone, "ENDS_S", 1.0)
    monkeypatch.setattr(fresh_clone, "OPENS_S", 2.0)
    edit(clone, was, becomes)
    with pytest.raises(Failed, match=told):
        walked(clone)


LET_GO = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "open('loose', 'w').close(); time.sleep({seconds})"
)
LEAVES = """
import os, subprocess
with open(os.path.join(os.environ["HOME"], "child.log"), "w") as log:
    subprocess.Popen(
        [sys.executable, "-c", {code!r}], cwd=os.environ["HOME"], env={{}},
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )
while not os.path.exists(os.path.join(os.environ["HOME"], "loose")):
    time.sleep(0.02)
print("installing\""""


def leave_behind(clone: Path, *, seconds: float) -> None:
    """A process of its own session, with its own log and nothing of this environment."""
    edit(clone, 'print("installing"', LEAVES.format(code=LET_GO.format(seconds=seconds)))


@pytest.mark.slow
def test_process_that_outlives_ctrl_c_is_named_and_ended(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh_clone, "ENDS_S", 0.2)
    monkeypatch.setattr(remains, "_GRACE_S", 0.1)
    leave_behind(clone, seconds=60)

    with pytest.raises(
        Failed, match=r"^after Ctrl-C: still runs after 0 s: python -c import signal"
    ):
        walked(clone)

    assert remains.running([clone.parent]) == {}


def test_process_that_is_about_to_end_is_waited_for(clone: Path) -> None:
    leave_behind(clone, seconds=1)
    assert "after Ctrl-C  nothing runs" in walked(clone)
    assert remains.running([clone.parent]) == {}


def test_packages_that_cannot_be_fetched_are_no_failure(clone: Path) -> None:
    told = "error: Connection refused by https://packages.example/simple"
    fails = f'print("{told}"); sys.exit("Packages: the install failed")'
    edit(clone, 'print("installing", flush=True)', fails)
    with pytest.raises(NothingToInstall, match="it cannot be reached") as error:
        walked(clone)
    assert "example" not in str(error.value)


def test_packages_that_came_and_are_wrong_are_a_failure(clone: Path) -> None:
    told = "error: Hash mismatch for soap==1.0"
    fails = f'print("{told}"); sys.exit("Packages: the install failed")'
    edit(clone, 'print("installing", flush=True)', fails)
    with pytest.raises(Failed, match=f"ended with 2:\n{told}"):
        walked(clone)


def test_newcomer_has_neither_keys_nor_servers_nor_an_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ("DATABASE_URL", "STRIPE_API_KEY", "STRIPE_API_BASE", "VIRTUAL_ENV", "MAKEFLAGS")
    for name in theirs:
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PATH", f"/usr/bin:{sys.prefix}/bin:/bin")
    monkeypatch.setenv("SSL_CERT_FILE", "/their/certificates")

    found = fresh_clone._as_a_newcomer(tmp_path)

    assert fresh_clone._as_a_newcomer(tmp_path) == found
    assert not found.keys() & set(theirs)
    assert found["PATH"] == "/usr/bin:/bin"
    assert found["SSL_CERT_FILE"] == "/their/certificates"
    assert (found["HOME"], found["TMPDIR"]) == (str(tmp_path), str(tmp_path / "tmp"))


def test_newcomers_python_is_of_this_version_and_of_no_environment() -> None:
    asked = "import sys; print(sys.version_info[:2], sys.prefix == sys.base_prefix)"
    found = subprocess.run(
        [fresh_clone._python(), "-I", "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout == f"{sys.version_info[:2]} True\n"


@pytest.mark.parametrize(("breaks", "code"), [("", 0), ("sys.exit(3)", 1)])
def test_gate_removes_what_was_built_and_then_the_clone(
    clone: Path,
    breaks: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (clone / "pyproject.toml").write_text("[tool.evidence]\npass_env = []\n")
    subprocess.run(["git", "add", "pyproject.toml"], cwd=clone, check=True)
    edit(clone, 'print("installing"', f'{breaks}\nprint("installing"')
    monkeypatch.setattr(fresh_clone, "ROOT", clone)
    monkeypatch.setattr(fresh_clone, "_python", lambda: Path(sys.executable))
    monkeypatch.setattr(tempfile, "tempdir", str(clone.parent))
    monkeypatch.setattr(signal, "signal", lambda *told: None)

    assert fresh_clone.main() == code

    told = "temporary     nothing left" if code == 0 else "ended with 2"
    assert told in capsys.readouterr().out
    assert (clone.parent / "cleaned").exists()
    assert list(clone.parent.glob("fresh-clone-*")) == []
