"""A throwaway world for a page: a clone of its own, and in it a demo shop with its own database,
local Stripe, worker and web server. Gone when the page is through."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs.executed.shell import Shell

ROOT = Path(__file__).parents[3]
# What a command needs of whoever runs the gate; everything else it has from the world.
PASSED = ("PATH", "LANG", "DATABASE_URL", "PURELAKA_POSTGRES", "SSL_CERT_FILE")
_OPEN = "The shop is open: "


@contextmanager
def world(*, with_shop: bool) -> Iterator[Shell]:
    """A shell in the clone. `with_shop`: the demo runs, and commands are run inside of it."""
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        home = Path(folder)
        clone = _clone(home / "purelaka")
        (home / "home").mkdir()
        env = {name: os.environ[name] for name in PASSED if name in os.environ}
        env |= {"HOME": str(home / "home"), "TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1"}
        env |= {"TZ": "UTC", "COLUMNS": "100"}
        if not with_shop:
            with Shell(folder=clone, environment=env, scratch=home) as shell:
                yield shell
            return
        with (
            _demo(clone, env) as inside,
            Shell(folder=clone, environment=env | inside, scratch=home) as shell,
        ):
            yield shell


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
    """What the demo told its children; it is stopped afterwards."""
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
            yield json.loads(note.read_text("utf-8"))
        finally:
            process.terminate()


def _git(folder: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    ).stdout
