"""`python -m evidence.gates.compose`: the shop under Docker Compose, from nothing and back.

Exit code 0 when every step went well, 1 when one did not, 77 where no engine can be had.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from evidence.gates.compose import engine, images, parts
from evidence.gates.compose.stack import Stack, Wrong, gone_afterwards
from evidence.gates.compose.story import steps

NOT_RUN = 77


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _told)
    try:
        with tempfile.TemporaryDirectory() as folder, engine.running() as found:
            return _prove(found, parts.compose(), Path(folder))
    except parts.NotHere as why:
        _say(f"not run: {why}")
        return NOT_RUN


def _prove(found: engine.Engine, compose: list[str], folder: Path) -> int:
    docker = [str(parts.engine() / "usr/bin/docker") if found.own else _docker()]
    env = _environment(found, folder)
    _say(f"engine  {_version(docker, env)}, {_whose(found)}")
    _say(f"compose {_first_line([*compose, 'version'], env)}")
    env |= images.variables(found, docker, env)
    _say(f"images  {_which(found)}")
    stack = Stack(compose, docker, env, f"purelaka-proof-{secrets.token_hex(4)}")
    with gone_afterwards(stack):
        for title, step in steps(stack):
            _say(f"\n{title}")
            try:
                step(stack)
            except Wrong as wrong:
                _say(f"FAILED  {title}: {str(wrong).replace(stack.project, 'purelaka-proof')}")
                return 1
    _say("\nEvery step went well, and nothing is left.")
    return 0


def _environment(found: engine.Engine, folder: Path) -> dict[str, str]:
    """Nothing of the caller's that Compose could take for a variable of the shop's."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    if found.host:
        env["DOCKER_HOST"] = found.host
    if found.own:
        # Debian's engine has no plugin for the other way to build.
        env["DOCKER_BUILDKIT"] = "0"
    return env


def _whose(found: engine.Engine) -> str:
    if found.own:
        return "Debian's, started for this proof alone and gone after it"
    return "this machine's"


def _which(found: engine.Engine) -> str:
    if found.own:
        return (
            "stand-ins: no image can be pulled by an engine of the proof's own, so Debian with "
            "its own Python\n        and PostgreSQL stands in for the two pinned ones; it carries "
            "this machine's certificates"
        )
    return "the two pinned ones, Python's and PostgreSQL's"


def _version(docker: list[str], env: dict[str, str]) -> str:
    asked = [*docker, "version", "--format", "Docker {{.Server.Version}}"]
    return _first_line(asked, env)


def _first_line(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise parts.NotHere(f"{Path(command[0]).name}: {' '.join(done.stderr.split())[-200:]}")
    return done.stdout.strip().splitlines()[0]


def _docker() -> str:
    return shutil.which("docker") or "docker"


def _told(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: what is being taken down must not be interrupted.
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
