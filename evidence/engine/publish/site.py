"""Docs into a site: MkDocs, strict, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish.pages import Chapter
from evidence.engine.publish.text import escape

_DEFAULT = Path(__file__).with_name("mkdocs.yml")
_ENGINE_HOME = Path(__file__).parents[3]


class MkDocs:
    """A process that loads MkDocs at once, while what it is to build is still being written.

    `epoch` is the commit's time in Unix seconds. `lock` is inherited, so the stage stays held if
    this process is killed. `shortcuts` only saves time: without them MkDocs comes to the same
    bytes.
    """

    def __init__(self, project: Project, *, epoch: int, lock: int, shortcuts: bool = True) -> None:
        self._project = project
        self._shortcuts = shortcuts
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evidence.engine.publish.mkdocs_build"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=project.root,
            env=_environment(epoch),
            pass_fds=(lock,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """One that was told nothing is not waited for."""
        self._process.kill()
        self._process.communicate()

    def build(self, *, docs: Path, site: Path, chapters: tuple[Chapter, ...]) -> None:
        """Build `docs` into `site`, once. Raises CannotRun when MkDocs warns of anything."""
        order = self._order(docs, site, chapters)
        _, said = self._process.communicate(json.dumps(order))
        if self._process.returncode:
            problems = _problems(said, {str(docs): "docs", str(self._project.root): "."})
            raise CannotRun(
                f"site: MkDocs found problems, a clean strict build expected:\n{problems}"
            )

    def _order(self, docs: Path, site: Path, chapters: tuple[Chapter, ...]) -> dict[str, object]:
        own = self._project.mkdocs
        own = own if own and own.is_file() else _DEFAULT
        options: dict[str, object] = {
            "docs_dir": str(docs),
            "site_dir": str(site),
            "nav": [_entry(chapter) for chapter in chapters],
            "not_in_nav": "/source/\n",
            "exclude_docs": "!.*\n!/templates/\n",
            # With a repository address Material asks that host for stars; permalinks need none.
            "repo_url": "",
        }
        if own == _DEFAULT:
            options["site_name"] = self._project.name
        told = {"config": str(own), "default": str(_DEFAULT), "options": options}
        return {**told, "shortcuts": self._shortcuts}


def _entry(chapter: Chapter) -> dict[str, object]:
    title = str(escape(chapter.title))
    if chapter.pages:
        return {title: [_entry(page) for page in chapter.pages]}
    return {title: f"{chapter.name}.md"}


def _environment(epoch: int) -> dict[str, str]:
    passed = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    return {
        **passed,
        "PYTHONPATH": str(_ENGINE_HOME),
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(epoch),
        "TZ": "UTC",
        "NO_MKDOCS_2_WARNING": "1",
    }


def _problems(text: str, folders: dict[str, str]) -> str:
    for folder, name in folders.items():
        text = text.replace(folder, name)
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-30:])
