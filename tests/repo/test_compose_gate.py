"""The compose gate where it cannot run, and what it says of what it fetched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from evidence.gates.compose import engine, parts, story
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


def test_engine_finds_its_firewall_on_a_machine_that_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, containers do not find each other by name."""

    def unpack(packages: tuple[str, ...], into: Path, what: str) -> None:
        assert {"docker.io", "iptables"} < set(packages), what
        (into / "usr/sbin").mkdir(parents=True)
        for name in ("iptables-nft", "ip6tables-nft"):
            (into / "usr/sbin" / name).touch(mode=0o755)
        (into / "usr/lib/machine/xtables").mkdir(parents=True)
        (into / "usr/lib/machine/libxtables.so.12").touch()

    monkeypatch.setattr(parts, "FOLDER", tmp_path)
    monkeypatch.setattr(parts, "_unpack", unpack)
    unpacked = parts.engine()

    env = engine._environment(unpacked, tmp_path)
    for name in ("iptables", "ip6tables"):
        assert shutil.which(name, path=env["PATH"]) == str(unpacked / "usr/sbin" / name)
    assert env["XTABLES_LIBDIR"] == str(unpacked / "usr/lib/machine/xtables")
    assert str(unpacked / "usr/lib/machine") in env["LD_LIBRARY_PATH"].split(os.pathsep)


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
        assert words == ("--profile", "*", "build", "--quiet", "web")
        if said := self.ends.pop(0):
            raise Wrong(said)
        return ""


class _Shop:
    """A stack on which all goes well. It answers with what it was asked, and keeps that."""

    project, shop_port, twin_port = "proof", 8000, 12111

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, *words: str) -> str:
        if words[:2] == ("ps", "--all"):
            return "\n".join(map(self._state, story.SERVICES))
        if "psql" in words:
            return "\n".join(f"{table}|3" for table in story._COUNTED)
        self.asked.append(" ".join(words))
        return f"answer to {self.asked[-1]}"

    def ask(self, *words: str) -> str:
        return ""

    def inspect(self, kind: str, name: str) -> dict[str, object]:
        confined = {
            "PortBindings": None,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "CapAdd": None,
            "SecurityOpt": ["no-new-privileges:true"],
        }
        return {"Config": {"User": "10001:10001", "Env": []}, "HostConfig": confined}

    def _state(self, name: str) -> str:
        state, _, how = story.SERVICES[name].partition(" ")
        return json.dumps({"Service": name, "State": state, "Health": how, "ExitCode": how})


IN_TESTS = '--profile tests run --rm --no-deps -T tests sh -c exec "$@" 2>&1 sh python'
IN_BACKUPS = "run --rm --no-deps -T backups python app/manage.py"
STORY = [
    [f"--profile * build --quiet {service}" for service in ("web", "backups", "tests")],
    ["up --detach --no-build --wait --wait-timeout 240"],
    ["logs --no-color --no-log-prefix migrate"],
    ["logs --no-color --no-log-prefix seed"],
    [],
    [f"ps --quiet {service}" for service in ("db", "web", "worker", "twin")],
    [f"{IN_TESTS} app/manage.py test analyticsapp -v 2 --noinput"],
    [f"{IN_TESTS} -m pytest -p no:cacheprovider --color=no tests/app/orders"],
    ["exec -T worker python app/manage.py run_checks --fail-on-issues"],
    [
        f"{IN_BACKUPS} {command} /var/backups/shop/proof.dump"
        for command in ("backup", "restore_drill")
    ],
    [f"restart --no-deps --timeout 20 {service}" for service in ("db", "web", "twin", "worker")],
    ["--profile * down --volumes --timeout 20"],
]
# The steps whose answers are the proof; of the others the story tells what it saw.
PRINTED = [each for number in (2, 3, 6, 7, 8, 9) for each in STORY[number]]


def test_whole_story_is_told_in_its_order_and_its_output_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    visited: list[str] = []
    monkeypatch.setattr(story, "_expect", lambda part, url: visited.append(url))
    stack = _Shop()
    told = []
    for _, step in story.steps(cast(Stack, stack)):
        step(cast(Stack, stack))
        told.append(stack.asked)
        stack.asked = []

    assert told == STORY
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "answer to" in line] == [
        f"  answer to {each}" for each in PRINTED
    ]
    shop = ["http://127.0.0.1:8000/readyz", "http://127.0.0.1:8000/sign-in/"]
    assert visited == [*shop, "http://127.0.0.1:12111/_twin/state"] * 2


MARK = "packages: could not be fetched"
# As builders show the command of a step, which holds the mark and is none.
STEP = f"RUN pip install soap || {{ echo '{MARK}' >&2; exit 1; }}"
OLD = "The command '/bin/sh -c pip install soap' returned a non-zero code: 1"
NEW = 'failed to solve: process "/bin/sh -c pip install soap" did not complete successfully: exit 1'
REFUSED = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused'
WRONG_HASH = "error: Failed to download `soap==1.0`\n  cause: Hash mismatch for `soap==1.0`"
UNKNOWN = "Because soap was not found in the package registry and you require soap==1.0"
NO_VERSION = "WARNING: Retrying after connection broken\n  cause: there is no version of soap==1.0"
BROKE_OFF = (
    f"exit code 1\n{STEP}\nerror: Failed to fetch: `https://a.example/x`\ntimed out\n{MARK}\n{OLD}"
)
NUMBERED = f"#9 0.312 cause: dns error\n#9 0.512 {MARK}\n------\n   9 | >>> {STEP}\n{NEW}"
NO_IMAGE = "failed to solve: python:3: dial tcp: lookup registry.example: no such host"


@pytest.mark.parametrize("ends", [("",), (BROKE_OFF, ""), (NUMBERED, ""), (NO_IMAGE, "")])
def test_image_whose_parts_broke_off_is_built_again(ends: tuple[str, ...]) -> None:
    stack = _Builder(*ends)
    story.build_image(cast(Stack, stack), "web")
    assert stack.ends == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (BROKE_OFF, "it did not answer in time"),
        (NUMBERED, "its name is not known on this machine"),
        (NO_IMAGE, "its name is not known on this machine"),
    ],
)
def test_image_whose_parts_never_come_is_not_run_and_says_why(said: str, why: str) -> None:
    with pytest.raises(parts.NotHere) as error:
        story.build_image(cast(Stack, _Builder(said, said)), "web")
    assert str(error.value) == f"the image cannot be built: {why}"


@pytest.mark.parametrize(
    "said",
    [
        "exit code 1\nunknown instruction: RUM",
        f"{STEP}\n{REFUSED}\n{OLD}",
        f"#9 0.3 {REFUSED}\n   9 | >>> {STEP}\n{NEW}",
        f"{WRONG_HASH}\n{MARK}\n{OLD}",
        f"#9 0.3 {UNKNOWN}\n#9 0.4 {MARK}\n{NEW}",
        f"{NO_VERSION}\n{MARK}\n{OLD}",
        f"no space left on device\n{MARK}\n{REFUSED}\n{OLD}",
        "failed to solve: python:3: not found",
    ],
)
def test_image_that_is_wrong_is_wrong_at_once(said: str) -> None:
    stack = _Builder(said, "")
    with pytest.raises(Wrong) as error:
        story.build_image(cast(Stack, stack), "web")
    assert str(error.value) == said
    assert stack.ends == [""]


def test_what_a_painted_line_says_is_read_all_the_same(tmp_path: Path) -> None:
    """As Docker's older builder ends each line of a step's standard error."""
    painted = f"\\033[91mdns error\\n\\033[0m\\033[91m{MARK}\\n\\033[0m Image Building\\n"
    script = tmp_path / "compose"
    script.write_text(f"#!/bin/sh\nprintf '{painted}' >&2\nexit 1\n")
    script.chmod(0o755)
    stack = Stack([str(script)], [], {"PATH": os.environ["PATH"]}, "project")

    with pytest.raises(Wrong) as error:
        stack.run("build")
    assert str(error.value) == f"exit code 1\ndns error\n{MARK}\n Image Building"
    with pytest.raises(parts.NotHere, match="its name is not known on this machine"):
        story.build_image(stack, "web")


def test_every_step_that_fetches_packages_says_when_it_failed() -> None:
    steps = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "").splitlines()
    fetching = [step for step in steps if step.startswith("RUN") and " install " in step]
    assert len([step for step in fetching if "pip install" in step]) == 3
    told = "packages: could not be fetched"
    for step in fetching:
        if "install -d" not in step:
            assert step.endswith(f"|| {{ echo '{told}' >&2; exit 1; }}")
    # As the builder prints it, with the number of the step and its seconds.
    assert story._said_of_fetching(f"#9 0.4 no route\n#9 0.5 {told}\nexit 1") == "#9 0.4 no route\n"


def test_ports_are_none_that_the_system_hands_out() -> None:
    told = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()
    lowest = int(told[0])
    ports = [_free_port() for _ in range(20)]
    assert all(1024 < port < lowest for port in ports)
    assert len(set(ports)) > 10
