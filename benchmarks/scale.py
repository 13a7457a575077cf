"""Thousands of claims: checked, proved and published, beside what one would use instead.

MkDocs Material alone builds the very pages that the engine wrote, so it says what the engine adds
to the tool that it stands on; pytest alone runs the very tests. Others write the same register, or
run the same tests, where they are installed, which no part of this repository needs or does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lib.beside import ROOT, measure, python, show
from lib.big import ALONE, write_project
from lib.peers import proving, publishing

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
        commands = {
            "MkDocs Material alone, same pages": python(PLAIN, docs, Path(folder) / "site"),
            "check": [*engine[:2], "check", *engine[2:]],
            "judge, render and build": [*engine[:2], "site", "--no-cache", *engine[2:]],
            **dict(publishing(Path(folder), CLAIMS)),
        }
        show(f"{CLAIMS:,} claims published", measure(commands, times=1))
        commands = {
            "pytest alone": ["env", *(f"{name}={value}" for name, value in ALONE.items()),
                             sys.executable, "-m", "pytest", "-q", "--rootdir", str(project),
                             "-p", "no:cacheprovider", str(project / "tests")],
            "run, judge, render and build": [*engine, "--no-cache", "--no-falsify"],
            **dict(proving(Path(folder), CLAIMS)),
        }  # fmt: skip
        show(f"{CLAIMS:,} claims with {CLAIMS:,} tests", measure(commands, times=1))


if __name__ == "__main__":
    main()
