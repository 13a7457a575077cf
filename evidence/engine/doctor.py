"""What this machine can and cannot prove, and how to change that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish.sealing import VARIABLE, signed_by, signing_key
from evidence.engine.register.model import Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.model import Tree
from evidence.engine.run.pytests import NEEDED, missing_for_pytest
from evidence.engine.run.schedule import usable_cores
from evidence.engine.run.services import ServiceFailed, Services
from evidence.engine.run.tools import Python, ask_python
from evidence.engine.run.tree import read_tree

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_LITTLE_MEMORY_MB = 1500
_TIMEOUT_S = 20


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `ok` is None when its lack only narrows what can be proved."""

    ok: bool | None
    what: str
    found: str
    next_step: str = ""


def examine(project: Project, register: Register) -> tuple[Finding, ...]:
    """Looks at everything; starts and stops each service. Never raises for a lack."""
    return tuple(_findings(project, register))


def _findings(project: Project, register: Register) -> Iterator[Finding]:
    yield Finding(True, "engine", f"Python {sys.version.split()[0]}")
    yield _git()
    yield _tree(project)
    yield Finding(True, "cores", str(usable_cores(project.cores)))
    yield _memory()
    try:
        python = ask_python(project, NEEDED)
    except CannotRun as error:
        yield _unwell("project's Python", error)
        return
    yield from _python(python, register)
    yield from _needs(register)
    yield from _services(project, python)
    yield _mkdocs()
    yield _docker()
    yield _optional("Chromium", _CHROMIUM, "install chromium to take screenshots of demo steps")
    yield _optional("ssh-keygen", ("ssh-keygen",), "install OpenSSH's client to sign a build")
    yield _seal(project)


def _seal(project: Project) -> Finding:
    try:
        key = signing_key(project)
    except CannotRun as error:
        return _unwell("signing", error)
    if key is None:
        step = f"name a key of ssh by {VARIABLE}, so that a buyer can tell a build from a forgery"
        return Finding(None, "signing", "no key is named, builds are unsigned", step)
    return Finding(True, "signing", signed_by(key))


def _git() -> Finding:
    found = _first_line(["git", "--version"])
    return Finding(bool(found), "git", found or "not found", "" if found else "install git")


def _tree(project: Project) -> Finding:
    try:
        tree = read_tree(project)
    except CannotRun as error:
        return _unwell("commit", error)
    if tree.dirty:
        step = "commit your changes, so that results name exactly what they are about"
        return Finding(None, "commit", f"{tree.commit[:12]}, with changes on top", step)
    return Finding(True, "commit", f"{tree.commit[:12]}, clean")


def _memory() -> Finding:
    try:
        total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (ValueError, OSError):
        return Finding(None, "memory", "unknown", "")
    little = total_mb < _LITTLE_MEMORY_MB
    step = f"give it {_LITTLE_MEMORY_MB} MB if gates are killed" if little else ""
    return Finding(None if little else True, "memory", f"{total_mb:,} MB", step)


def _python(python: Python, register: Register) -> Iterator[Finding]:
    yield Finding(True, "project's Python", f"{python.version} at {python.path}")
    if any(gate.pytest is not None for gate in register.gates):
        missing = missing_for_pytest(python)
        found = missing.partition(";")[0] or "pytest and its reports are there"
        step = missing.partition("; ")[2]
        yield Finding(not missing, "test gates", found, step)


def _needs(register: Register) -> Iterator[Finding]:
    """Each executable once, with the gates that need it."""
    needed = sorted({need for gate in register.gates for need in gate.needs})
    for need in needed:
        gates = ", ".join(gate.id for gate in register.gates if need in gate.needs)
        place = shutil.which(need)
        step = "" if place else f"install {need} to run {gates}"
        yield Finding(True if place else None, need, place or f"not found, for {gates}", step)


def _services(project: Project, python: Python) -> Iterator[Finding]:
    if not project.services:
        return
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        bench = Bench(
            project=project,
            python=python,
            tree=Tree(commit="", dirty=False, committed_at=0, fingerprint=""),
            results=Path(folder) / "results",
            scratch=Path(folder) / "out",
            cores=usable_cores(project.cores),
        )
        services = Services(bench)
        try:
            for service in project.services:
                yield _service(service.name, services)
        finally:
            services.close()


def _service(name: str, services: Services) -> Finding:
    try:
        told = services.environment([name])
    except ServiceFailed as error:
        said = "".join(f"\n{line}" for line in error.output[-3:])
        return Finding(False, f"service {name}", f"{error}{said}", "mend its `start`")
    return Finding(True, f"service {name}", f"started, gave {', '.join(sorted(told))}")


def _mkdocs() -> Finding:
    found = _first_line([sys.executable, "-m", "mkdocs", "--version"])
    step = "" if found else f"{sys.executable} -m pip install mkdocs mkdocs-material"
    version = found.rpartition("version ")[2].partition(" ")[0]
    return Finding(bool(found), "MkDocs", version or "not found", step)


def _docker() -> Finding:
    if not shutil.which("docker"):
        return Finding(None, "Docker engine", "no docker command", "install Docker")
    version = _first_line(["docker", "version", "--format", "{{.Server.Version}}"])
    if not version:
        return Finding(None, "Docker engine", "docker is there, no engine answers", "start it")
    return Finding(True, "Docker engine", version)


def _optional(what: str, names: tuple[str, ...], step: str) -> Finding:
    place = next(filter(None, map(shutil.which, names)), None)
    return Finding(True if place else None, what, place or "not found", "" if place else step)


def _unwell(what: str, error: CannotRun) -> Finding:
    """A CannotRun's sentence ends in its next step."""
    found, _, step = str(error).rpartition("; ")
    return Finding(False, what, found or step, step if found else "")


def _first_line(argv: list[str]) -> str:
    """What the command prints first; nothing when it is missing, fails or hangs."""
    try:
        answer = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip().partition("\n")[0]
