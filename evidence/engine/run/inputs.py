"""Everything a run's results depend on, by name: two runs that agree in all of it may share them.

Only digests leave this module, for the environment may hold secrets. A kind of input that nobody
thought of is not in here, so the list errs on the side of too much: every file of the project,
every package beside the project's Python, every program that a gate names. Two things it does not
see: the inside of folders that git ignores, and packages that were edited where they are installed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.register.model import Register
from evidence.engine.run.environment import fill, gate_environment
from evidence.engine.run.model import Tree
from evidence.engine.run.schedule import usable_cores
from evidence.engine.run.tools import Python, find_python

_ENGINE = Path(__file__).parents[1]
_TIMEOUT_S = 60
# Names of packages hold their versions; the interpreter itself knows where it looks for them.
_PACKAGES = """
import os, sys
print(sys.version, sys.prefix, sys.base_prefix)
for place in sys.path[1:]:
    if os.path.isdir(place):
        names = (x for x in os.listdir(place) if x.endswith((".dist-info", ".egg-info", ".pth")))
        print(*sorted(names))
"""


def inputs_of(
    project: Project, programs: Iterable[str], tree: Tree, files: Mapping[str, str]
) -> dict[str, str]:
    """A digest by the name of each input. Raises CannotRun when the project's Python is broken."""
    python = find_python(project)
    env = gate_environment(project, Python(python, "", Path(python).parent.parent))
    return {
        "engine": _engine(),
        "commit": digest_of([tree.commit, str(tree.dirty)]),
        "files": digest_of(f"{path}\0{digest}" for path, digest in sorted(files.items())),
        "ignored files": digest_of(_ignored(project)),
        "cores": str(usable_cores(project.cores)),
        "python and packages": _ask([python, "-c", _PACKAGES], env),
        "environment": digest_of(f"{name}={value}" for name, value in sorted(env.items())),
        "programs": digest_of(_programs(programs, env, python)),
        "services": digest_of(_services(project, env, python)),
    }


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the inputs in which they differ."""
    return tuple(
        name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)
    )


@lru_cache(maxsize=1)
def _engine() -> str:
    parts = sorted(path for path in _ENGINE.rglob("*") if path.suffix not in (".pyc", ""))
    return digest_of(f"{path.relative_to(_ENGINE)}\0{_file(path)}" for path in parts)


def programs_of(project: Project, register: Register) -> tuple[str, ...]:
    """The names of all programs that gates and services start or need."""
    named = {word for gate in register.gates for word in (*gate.needs, *gate.run[:1])}
    named |= {tool.run[0] for gate in register.gates for tool in gate.tools if tool.run}
    named |= {service.start[0] for service in project.services}
    return tuple(sorted(named))


def _programs(names: Iterable[str], env: Mapping[str, str], python: str) -> Iterator[str]:
    """Where each program lies, and which build of it that is."""
    for name in names:
        found = shutil.which(fill(name, {"python": python}), path=env["PATH"])
        about = Path(found).stat() if found else None
        yield f"{name} {found} {about.st_size if about else 0} {about.st_mtime_ns if about else 0}"


def _ignored(project: Project) -> Iterator[str]:
    """Files that git ignores, such as settings of this machine, but for those in folders that it
    ignores whole: these hold caches, packages and what was built."""
    listed = ask_git(
        project.root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"
    ).stdout
    for path in sorted(listed.split("\0")):
        file = project.root / path
        if path and file.is_file() and not any(file.is_relative_to(at) for at in project.output):
            yield f"{path} {_file(file)}"


def _services(project: Project, env: Mapping[str, str], python: str) -> Iterator[str]:
    """What each service says of its version, such as a database's."""
    values = {"python": python, "root": str(project.root)}
    for service in project.services:
        if service.version:
            argv = [fill(word, values) for word in service.version]
            yield f"{service.name} {_ask(argv, env, folder=project.root)}"


def _ask(argv: list[str], env: Mapping[str, str], folder: Path | None = None) -> str:
    """A digest of what the command prints; a command that fails answers with how it failed."""
    try:
        answer = subprocess.run(
            argv,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotRun(f"{argv[0]}: cannot be asked for its version ({error})") from error
    return digest_of([f"{answer.returncode}", answer.stdout.decode("utf-8", "replace")])


def _file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of(parts: Iterable[str]) -> str:
    """Of these parts in this order, none of which can run into the next."""
    text = json.dumps(list(parts), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
