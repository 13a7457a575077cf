"""One judged run becomes one published build: docs, site and what is volatile."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from evidence.engine.judge.model import Judgement
from evidence.engine.mistakes import CannotRun, Place
from evidence.engine.project import Project
from evidence.engine.publish import links
from evidence.engine.publish.atomic import publish_whole
from evidence.engine.publish.changes import changes_since, published_before
from evidence.engine.publish.evidence_json import dumps, evidence_json
from evidence.engine.publish.pages import write_pages
from evidence.engine.publish.people import render_people
from evidence.engine.publish.sealing import VERIFIER, seal, signed_by, signing_key
from evidence.engine.publish.selfcontained import check_site
from evidence.engine.publish.site import MkDocs
from evidence.engine.publish.text import count
from evidence.engine.publish.views import Views
from evidence.engine.publish.volatile import run_json
from evidence.engine.register.model import Link, Register
from evidence.engine.run.listener import Listener
from evidence.engine.run.model import Run
from evidence.engine.run.schedule import usable_cores
from evidence.engine.source.links import LinkDead, resolve_symbol
from evidence.engine.source.shared import not_shared

_SCHEMA = Path(__file__).with_name("evidence.schema.json")


def publish(
    project: Project, register: Register, run: Run, judgement: Judgement, listener: Listener
) -> Path:
    """Publish a build whole and return `project.build`, now a link to it.

    The build holds `docs` (Markdown), `site` (open site/index.html), `volatile`, the verifier and
    the seal: manifest, statements and, when a key is named, signatures. Raises Mistakes when
    people's pages cite what is not there or is in no clone, CannotRun when the site cannot be
    built or signed; the last build then stays.
    """
    views, key = Views(project, register, run, judgement), signing_key(project)
    listener.stage("pages")
    people = render_people(views, lambda text: resolve_citation(project, text))

    def fill(folder: Path, lock: int) -> None:
        docs, site = folder / "docs", folder / "site"
        docs.mkdir()
        with MkDocs(project, epoch=run.tree.committed_at, lock=lock) as mkdocs:
            evidence = evidence_json(project, register, run, judgement)
            before = published_before(project, project.version)
            changes = changes_since(before, evidence) if before else None
            chapters = write_pages(
                docs,
                views,
                people,
                sealed=signed_by(key),
                changes=changes,
                beside=partial(_write_json, docs / "evidence.json", evidence),
            )
            shutil.copyfile(_SCHEMA, docs / "evidence.schema.json")
            listener.stage("site")
            mkdocs.build(docs=docs, site=site, chapters=chapters)
        _check(site, _copy_artifacts(project, run, site), usable_cores(project.cores))
        (folder / "volatile").mkdir()
        (folder / "volatile" / "run.json").write_text(run_json(run), encoding="utf-8")
        shutil.copyfile(VERIFIER, folder / VERIFIER.name)
        seal(folder, key)

    return publish_whole(project.build, fill)


def resolve_citation(project: Project, text: str) -> tuple[str, int]:
    """The file and first line of a citation in a page; LookupError when there is none."""
    link = Link(text, Place(""))
    try:
        symbol = resolve_symbol(project.root, link)
    except LinkDead as error:
        raise LookupError(str(error)) from error
    if why := not_shared(project, (symbol.path,)).get(symbol.path):
        raise LookupError(f"{symbol.path}: {why}")
    return symbol.path, symbol.first if link.name else 0


def _write_json(file: Path, told: dict[str, Any]) -> None:
    file.write_text(dumps(told), encoding="utf-8", newline="\n")


def _copy_artifacts(project: Project, run: Run, site: Path) -> frozenset[str]:
    """Put what gates made for download beside their pages; after MkDocs, which would read it."""
    copied = {
        links.artifact_file(gate.id, artifact): project.work / "results" / artifact
        for gate in run.gates
        for artifact in gate.artifacts
    }
    for name, file in copied.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, site / name)
    return frozenset(copied)


def _check(site: Path, downloads: frozenset[str], cores: int) -> None:
    if wrong := check_site(site, downloads=downloads, processes=cores):
        lines = "\n".join(f"  {line}" for line in wrong)
        raise CannotRun(
            f"site: {count(len(wrong), 'broken address', 'broken addresses')}, "
            f"none expected; mend the pages that hold them:\n{lines}"
        )
