"""The compose gate where it cannot run, and what it says of what it fetched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from evidence.gates.compose import parts, story
from evidence.gates.compose.stack import Stack, Wrong, _free_port
from tests.repo.planted import ROOT


def test_machine_without_engine_and_apt_is_told_apart_from_failure(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evidence.gates.compose"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (77, "")
    assert done.stdout.splitlines()[-1] == (
        "not run: no Docker engine answers; only root on Debian can start one here"
    )


def test_part_is_fetched_once_and_again_when_something_else_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FOLDER", tmp_path)
    made = []

    places = [parts._once("thing", wanted, made.append) for wanted in (b"a", b"a", b"b")]

    assert len(made) == 2
    assert places[0] == places[1] != places[2]
    assert all(place.is_dir() for place in places)


def test_half_that_was_fetched_is_never_taken_for_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FOLDER", tmp_path)

    def breaks_off(into: Path) -> None:
        (into / "first").touch()
        raise parts.NotHere("the network is gone")

    with pytest.raises(parts.NotHere, match="the network is gone"):
        parts._once("thing", b"a", breaks_off)
    whole = parts._once("thing", b"a", lambda into: (into / "all").touch())

    assert [path.name for path in whole.iterdir()] == ["all"]


def test_part_that_cannot_be_fetched_says_what_and_why(tmp_path: Path) -> None:
    with pytest.raises(parts.NotHere, match=r"^A thing: could not be fetched: no way$"):
        parts._run(["sh", "-c", "echo no way >&2; exit 1"], tmp_path, "A thing")
    with pytest.raises(parts.NotHere, match=r"^A thing: there is no no-such-program on this"):
        parts._run(["no-such-program"], tmp_path, "A thing")


class _Builder:
    """A stack whose builds end as told, one after the other; an empty word is a good end."""

    def __init__(self, *ends: str) -> None:
        self.ends = list(ends)

    def run(self, *words: str) -> str:
        assert words == ("--profile", "tests", "build", "--quiet", "web")
        if said := self.ends.pop(0):
            raise Wrong(said)
        return ""


BROKE_OFF = "exit code 1\nerror: Failed to fetch: `https://somewhere.example/x`\ntimed out"


@pytest.mark.parametrize("ends", [("",), (BROKE_OFF, ""), ("Connection reset by peer", "")])
def test_image_whose_packages_broke_off_is_built_again(ends: tuple[str, ...]) -> None:
    stack = _Builder(*ends)
    story.build_image(cast(Stack, stack), "web")
    assert stack.ends == []


def test_image_whose_packages_never_come_is_not_run_and_says_why() -> None:
    with pytest.raises(parts.NotHere, match=r"^the image cannot be built: it did not answer in"):
        story.build_image(cast(Stack, _Builder(BROKE_OFF, BROKE_OFF)), "web")


def test_image_that_is_wrong_is_wrong_at_once() -> None:
    stack = _Builder("exit code 1\nunknown instruction: RUM", "")
    with pytest.raises(Wrong, match="RUM"):
        story.build_image(cast(Stack, stack), "web")
    assert stack.ends == [""]


def test_ports_are_none_that_the_system_hands_out() -> None:
    told = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()
    lowest = int(told[0])
    ports = [_free_port() for _ in range(20)]
    assert all(1024 < port < lowest for port in ports)
    assert len(set(ports)) > 10
