"""What all gates of one run share, and what each gets for itself."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.project import Project
from evidence.engine.run.capture import Cleaner
from evidence.engine.run.environment import fill, gate_environment
from evidence.engine.run.model import Tree
from evidence.engine.run.places import Places
from evidence.engine.run.secrets import CANARY_NAME, Canary, Redactor, plant_canary, secret_values
from evidence.engine.run.tools import Python
from evidence.engine.run.varying import Varying
from evidence.engine.run.watchdog import Watchdog


@dataclass(frozen=True)
class Bench:
    """One run. `results` is staged, `scratch` is thrown away; `cores` is how many may be used;
    `measured` are the files whose lines coverage follows."""

    project: Project
    python: Python
    tree: Tree
    results: Path
    scratch: Path
    cores: int
    measured: tuple[str, ...] = ()
    watchdog: Watchdog | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def lay_out(
        self,
        name: str,
        *,
        cores: int,
        own: Mapping[str, str],
        services: Mapping[str, str],
        varies: Iterable[tuple[str, str]] = (),
    ) -> Place:
        """A folder, an environment with a planted secret, and the cleaner that knows them.

        Names that begin with an underscore are the engine's own: no gate is called so.
        """
        out = self.scratch / name
        out.mkdir(parents=True)
        values = {
            "python": self.python.path,
            "out": str(out),
            "root": str(self.project.root),
            "cores": str(cores),
            "commit": self.tree.commit,
        }
        canary = plant_canary()
        if self.watchdog:
            self.watchdog.watch(canary)
        own_env = {key: fill(value, values) for key, value in own.items()}
        project_env = {key: fill(value, values) for key, value in self.project.env}
        env = gate_environment(
            self.project, self.python, project_env, services, own_env, {CANARY_NAME: canary}
        )
        names = self.project.secret_names
        handed_in = secret_values(names, os.environ, services)
        redactor = Redactor.of(
            {canary, *handed_in, *secret_values(names, env)}, self.project.secret_patterns
        )
        places = Places.of(
            {
                "<out>": out,
                "<venv>": self.python.venv,
                "<repo>": self.project.root,
                "<home>": Path(env["HOME"]) if env.get("HOME") else None,
            }
        )
        return Place(
            name=name,
            out=out,
            env=env,
            values=values,
            canary=Canary(canary),
            cleaner=Cleaner(redactor, places, Varying.of(varies)),
            handed_in=handed_in,
        )


@dataclass(frozen=True)
class Place:
    """Where one command runs. `handed_in` are secrets that no committed file holds."""

    name: str
    out: Path
    env: dict[str, str]
    values: dict[str, str]
    canary: Canary
    cleaner: Cleaner
    handed_in: frozenset[str]

    def fill(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(fill(word, self.values) for word in argv)

    def shown(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command as pages and logs show it: the same on a machine with more cores."""
        values = {**self.values, "cores": "{cores}"}
        return tuple(self.cleaner.clean(fill(word, values)) for word in argv)

    def has(self, executable: str) -> bool:
        """True when the command would find it."""
        return shutil.which(fill(executable, self.values), path=self.env["PATH"]) is not None
