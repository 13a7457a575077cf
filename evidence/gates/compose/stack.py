"""One Compose project of the proof's: how it is spoken to, where it listens, how it goes."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.gates.compose.parts import ROOT

FILES = (
    "docker-compose.yml",
    "docker-compose.override.yml",
    "evidence/gates/compose/proof.yml",
)
_SHOWN_LINES = 40
# Builders paint what a step said on its standard error, also where nobody sees colours.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Wrong(Exception):
    """A step did not end as it should; the message says what was seen."""


@dataclass
class Stack:
    """One Compose project: how it is spoken to, and where it listens."""

    compose: list[str]
    docker: list[str]
    env: dict[str, str]
    project: str
    shop_port: int = field(default_factory=lambda: _free_port())
    twin_port: int = field(default_factory=lambda: _free_port())

    def variables(self) -> dict[str, str]:
        return {
            **self.env,
            "SEED_DEMO": "1",
            "SHOP_PORT": str(self.shop_port),
            "TWIN_PORT": str(self.twin_port),
            "SHOP_IMAGE": f"{self.project}:shop",
            "TESTS_IMAGE": f"{self.project}:tests",
        }

    def run(self, *words: str) -> str:
        """What a Compose command printed; Wrong, with the end of it, unless it went well."""
        files = [word for name in FILES for word in ("--file", name)]
        command = [
            *(*self.compose, "--project-name", self.project, "--project-directory", str(ROOT)),
            *("--env-file", "/dev/null", *files, *words),
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            said = _COLOUR.sub("", done.stdout + done.stderr).strip().splitlines()[-_SHOWN_LINES:]
            raise Wrong("\n".join([f"exit code {done.returncode}", *said]))
        return done.stdout

    def inspect(self, kind: str, name: str) -> Mapping[str, Any]:
        """What the engine knows of an image or a container."""
        told: list[dict[str, Any]] = json.loads(self.ask(kind, "inspect", name))
        return told[0]

    def ask(self, *words: str) -> str:
        """What a command of the engine printed."""
        command = [*self.docker, *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(f"docker {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def gone_afterwards(stack: Stack) -> Iterator[None]:
    """Whatever happens in the block, nothing of the project is left."""
    try:
        yield
    finally:
        with suppress(Wrong):
            stack.run("--profile", "*", "down", "--volumes", "--timeout", "5", "--rmi", "all")


def _free_port() -> int:
    """One that nobody gets by chance: images are built before anything listens on it, and of the
    ports that the system hands out, one that is free now may be another program's by then."""
    while True:
        port = 10_000 + secrets.randbelow(_first_handed_out() - 10_000)
        with socket.socket() as door, suppress(OSError):
            door.bind(("127.0.0.1", port))
            return port


def _first_handed_out() -> int:
    """The lowest port that the system gives to whoever asks for any."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return max(int(told.read_text("ascii").split()[0]), 11_000) if told.exists() else 32_768
