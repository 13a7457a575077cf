"""The gate that starts the shop from a fresh clone tells what a newcomer would have met instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evidence.gates import fresh_clone
from evidence.gates.fresh_clone import Failed, NothingToInstall, walk

MAKEFILE = "PYTHON ?= python3\ndemo:\n\t@$(PYTHON) shop.py\n"
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


def test_a_shop_that_opens_answers_and_ends_is_told_step_by_step(clone: Path) -> None:
    lines = walked(clone)
    assert [line[:12].strip() for line in lines] == [
        "set-up",
        "shop is open",
        "front page",
        "after Ctrl-C",
        "git status",
    ]
    assert lines[2:] == ["front page    200", "after Ctrl-C  nothing runs", "git status    clean"]
    seconds = [float(line[14:].split()[0]) for line in lines[:2]]
    assert 0 < seconds[0] <= seconds[1] < fresh_clone.OPENS_S


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
        ("sys.exit(0)", "pass", "still runs after 1 s"),
        ('print("Stopped. Nothing is left running.", flush=True)', "pass", "did not say"),
        ('print("installing"', 'open("left.txt", "w"); print("installing"', "left.txt"),
        ('print(f"The shop is open', 'time.sleep(60)\nprint(f"The', "no open shop after 2 s"),
    ],
)
def test_what_goes_wrong_is_told(
    clone: Path, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str, told: str
) -> None:
    monkeypatch.setattr(fresh_clone, "ENDS_S", 1.0)
    monkeypatch.setattr(fresh_clone, "OPENS_S", 2.0)
    edit(clone, was, becomes)
    with pytest.raises(Failed, match=told):
        walked(clone)


def test_packages_that_cannot_be_fetched_are_no_failure(clone: Path) -> None:
    told = "error: Connection refused by https://packages.example/simple"
    fails = f'print("{told}"); sys.exit("Packages: the install failed")'
    edit(clone, 'print("installing", flush=True)', fails)
    with pytest.raises(NothingToInstall, match="it cannot be reached") as error:
        walked(clone)
    assert "example" not in str(error.value)
