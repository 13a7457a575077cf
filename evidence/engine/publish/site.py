"""Docs into a site: MkDocs, strict, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish.pages import Chapter
from evidence.engine.publish.text import escape

_DEFAULT = Path(__file__).with_name("mkdocs.yml")
_ENGINE_HOME = Path(__file__).parents[3]


def build_site(
    project: Project,
    *,
    docs: Path,
    site: Path,
    chapters: tuple[Chapter, ...],
    epoch: int,
    lock: int,
    shortcuts: bool = True,
) -> None:
    """Build `docs` into `site`. `epoch` is the commit's time in Unix seconds.

    `shortcuts` only saves time: without them MkDocs comes to the same bytes.

    `lock` is inherited by MkDocs, so the stage stays held if this process is killed. Raises
    CannotRun when MkDocs finds anything to warn of.
    """
    own = project.mkdocs if project.mkdocs and project.mkdocs.is_file() else _DEFAULT
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
        options["site_name"] = project.name
    order: dict[str, object] = {"config": str(own), "default": str(_DEFAULT), "options": options}
    order["shortcuts"] = shortcuts
    ended = subprocess.run(
        [sys.executable, "-m", "evidence.engine.publish.mkdocs_build"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=project.root,
        env=_environment(epoch),
        pass_fds=(lock,),
        check=False,
    )
    if ended.returncode:
        problems = _problems(ended.stderr, {str(docs): "docs", str(project.root): "."})
        raise CannotRun(f"site: MkDocs found problems, a clean strict build expected:\n{problems}")


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
