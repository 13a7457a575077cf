"""A throwaway world for a page: a clone of its own, and beside it what the page's commands need: a
demo shop with its own database, local Stripe, worker and web server, or an empty PostgreSQL server
that nobody used before. Gone when the page is through."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.docs.executed.programs import folders
from tests.docs.executed.shell import Shell

ROOT = Path(__file__).parents[3]
if str(ROOT / "app") not in sys.path:
    sys.path.insert(0, str(ROOT / "app"))
from local_postgres.binaries import find  # noqa: E402 (after the path to it)
from local_postgres.fresh import fresh_server  # noqa: E402 (after the path to it)

# What a command needs of whoever runs the gate; everything else it has from the world.
PASSED = ("PATH", "LANG", "DATABASE_URL", "PURELAKA_POSTGRES", "SSL_CERT_FILE")
_OPEN = "The shop is open: "


class Needs(Enum):
    """What has to be there before a page's first command."""

    CLONE = "a clone"
    SERVER = "an empty PostgreSQL server, as its administrator; no variable of the shop is set"
    SHOP = "a demo that runs, with its variables"


@contextmanager
def world(*, needs: Needs) -> Iterator[Shell]:
    """A shell in the clone."""
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        home = Path(folder)
        clone = _clone(home / "purelaka")
        (home / "home").mkdir()
        env = {name: os.environ[name] for name in PASSED if name in os.environ}
        env |= {"HOME": str(home / "home"), "TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1"}
        env |= {"TZ": "UTC", "COLUMNS": "100", "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
        env["PATH"] = os.pathsep.join((*folders(), env["PATH"]))
        around = {Needs.CLONE: _nothing, Needs.SERVER: _server, Needs.SHOP: _demo}[needs]
        with (
            around(clone, env) as inside,
            Shell(folder=clone, environment=inside, scratch=home) as shell,
        ):
            yield shell


@contextmanager
def _nothing(clone: Path, env: dict[str, str]) -> Iterator[dict[str, str]]:
    yield env


@contextmanager
def _server(clone: Path, env: dict[str, str]) -> Iterator[dict[str, str]]:
    """PostgreSQL's own variables lead to the server; its programs are found first."""
    programs = find(env.get("PURELAKA_POSTGRES", "")).folder
    with fresh_server() as url:
        server = urlsplit(url)
        named = {
            "PATH": f"{programs}{os.pathsep}{env['PATH']}",
            "PGHOST": parse_qs(server.query)["host"][0],
            "PGUSER": server.username or "",
        }
        yield {name: value for name, value in env.items() if name != "DATABASE_URL"} | named


def _clone(target: Path) -> Path:
    """This commit, with what was changed since: the page and the code of one moment."""
    _git(ROOT, "clone", "--quiet", str(ROOT), str(target))
    changed = _git(ROOT, "diff", "--name-only", "-z", "HEAD").split("\0")
    added = _git(ROOT, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, (*changed, *added)):
        source, copy = ROOT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
        else:
            copy.unlink(missing_ok=True)
    (target / ".venv").symlink_to(Path(sys.prefix))
    return target


@contextmanager
def _demo(clone: Path, env: dict[str, str]) -> Iterator[dict[str, str]]:
    """With what the demo told its children; it is stopped afterwards."""
    with subprocess.Popen(
        [sys.executable, "-u", "app/manage.py", "demo"],
        cwd=clone,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            said = []
            for line in process.stdout or ():
                said.append(line)
                if line.startswith(_OPEN):
                    port = line.removeprefix(_OPEN).split()[0].rpartition(":")[2]
                    break
            else:
                raise AssertionError("the demo ended before it was open:\n" + "".join(said))
            note = clone / ".local" / "demo" / port / "environment.json"
            yield env | json.loads(note.read_text("utf-8"))
        finally:
            process.terminate()


def _git(folder: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    ).stdout
