"""Thousands of claims: checked, proved and published, beside what one would use instead.

MkDocs Material alone builds the very pages that the engine wrote, so it says what the engine adds
to the tool that it stands on; pytest alone runs the very tests. sphinx-needs and StrictDoc write
the same register where they are installed, which no part of this repository needs or does.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lib.beside import ROOT, measure, python, show
from lib.big import IN_AN_AREA, claim_id, says, write_project

# Memory has to stay flat enough for ten times as many: give another number to see it.
CLAIMS = int(sys.argv[1]) if len(sys.argv) > 1 else 5000

PLAIN = """
import sys
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
from evidence.engine.publish.mkdocs_build import merged
import yaml
default = yaml.safe_load(open("evidence/engine/publish/mkdocs.yml"))
docs = Path(sys.argv[1])
nav = [str(page.relative_to(docs)) for page in sorted(docs.rglob("*.md"))]
nav = [page for page in nav if not page.startswith("source/")]
options = {**merged(default, {}), "strict": False, "site_name": "Big", "docs_dir": str(docs),
           "site_dir": sys.argv[2], "nav": nav, "not_in_nav": "/source/",
           "exclude_docs": "!.*\\n!/templates/\\n"}
build(load_config("evidence/engine/publish/mkdocs.yml", **options))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, CLAIMS)
        engine = [sys.executable, str(ROOT / "build_evidence.py"), "--project", str(project)]
        # No peer breaks code on purpose, so neither does the engine here.
        subprocess.run([*engine, "run", "--no-falsify"], check=True, stdout=subprocess.DEVNULL)
        # Writes the pages that MkDocs alone is measured on.
        subprocess.run([*engine, "site"], check=True, stdout=subprocess.DEVNULL)
        docs = shutil.copytree(project / "build/docs", Path(folder) / "docs")
        publishing = {
            "MkDocs Material alone, same pages": python(PLAIN, docs, Path(folder) / "site"),
            "check": [*engine[:2], "check", *engine[2:]],
            "judge, render and build": [*engine[:2], "site", "--no-cache", *engine[2:]],
            **dict(_peers(Path(folder))),
        }
        show(f"{CLAIMS:,} claims published", measure(publishing, times=1))
        proving = {
            "pytest alone": [sys.executable, "-m", "pytest", "-q", "--rootdir", str(project),
                             "-p", "no:cacheprovider", str(project / "tests")],
            "run, judge, render and build": [*engine, "--no-cache", "--no-falsify"],
        }  # fmt: skip
        show(f"{CLAIMS:,} claims with {CLAIMS:,} tests", measure(proving, times=1))


def _peers(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Those that this Python or PATH has; the others are named, so that nobody thinks them slow."""
    areas = range(-(-CLAIMS // IN_AN_AREA))
    if importlib.util.find_spec("sphinx_needs"):
        _write_needs(folder / "needs", areas)
        yield "sphinx-needs", [
            sys.executable, "-m", "sphinx", "-q", str(folder / "needs"), str(folder / "needs/_out"),
        ]  # fmt: skip
    else:
        print("sphinx-needs: not installed for this Python, not measured")
    if strictdoc := shutil.which("strictdoc"):
        _write_strictdoc(folder / "strictdoc", areas)
        out = str(folder / "strictdoc/out")
        yield "StrictDoc", [strictdoc, "export", str(folder / "strictdoc"), "--output-dir", out]
    else:
        print("StrictDoc: not on PATH, not measured")


def _numbers(area: int) -> range:
    return range(area * IN_AN_AREA, min(CLAIMS, (area + 1) * IN_AN_AREA))


def _write_needs(root: Path, areas: range) -> None:
    root.mkdir()
    (root / "conf.py").write_text(
        'project = "big"\nextensions = ["sphinx_needs"]\nneeds_id_regex = "^[A-Z0-9_-]{3,}"\n'
    )
    names = "".join(f"   area_{area}\n" for area in areas)
    (root / "index.rst").write_text(f"Big\n===\n\n.. toctree::\n\n{names}\n.. needtable::\n")
    for area in areas:
        needs = "".join(
            f".. req:: Claim {number}\n   :id: {claim_id(number)}\n\n   {says(number)}\n\n"
            for number in _numbers(area)
        )
        (root / f"area_{area}.rst").write_text(f"Area {area}\n{'=' * 12}\n\n{needs}")


def _write_strictdoc(root: Path, areas: range) -> None:
    root.mkdir()
    for area in areas:
        claims = "".join(
            f"[REQUIREMENT]\nUID: {claim_id(number)}\nSTATEMENT: {says(number)}\n\n"
            for number in _numbers(area)
        )
        (root / f"area_{area}.sdoc").write_text(f"[DOCUMENT]\nTITLE: Area {area}\n\n{claims}")


if __name__ == "__main__":
    main()
