"""Gate: every command of the operators' pages runs as it is written and prints what is shown.

Each page has a throwaway world of its own. A line a command; what differs is shown in full.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.docs.executed.compare import agrees
from tests.docs.executed.named import problems
from tests.docs.executed.page import Block, Step, Unclear, read_page
from tests.docs.executed.shell import Shell, TookTooLong
from tests.docs.executed.world import ROOT, world


@dataclass(frozen=True)
class Document:
    """A page and the world that its commands need."""

    path: str
    with_shop: bool


DOCUMENTS = (
    Document("site_src/runbook.md", with_shop=True),
    Document("site_src/schedule.md", with_shop=True),
    Document("site_src/deployment.md", with_shop=True),
    Document("site_src/backup_restore.md", with_shop=True),
    Document("site_src/release_process.md", with_shop=False),
    Document("README.md", with_shop=False),
)


def main() -> int:
    """Exit code 0 when all agree, 1 when not. Arguments: only these pages."""
    wanted = sys.argv[1:]
    chosen = [each for each in DOCUMENTS if not wanted or Path(each.path).name in wanted]
    failed = sum(_failures(document) for document in chosen)
    _say(f"{len(chosen)} pages, {failed} commands that are not as written")
    return 1 if failed or not chosen else 0


def _failures(document: Document) -> int:
    name = document.path
    try:
        blocks = read_page(ROOT / name, name)
    except Unclear as unclear:
        _say(f"failed  {unclear}")
        return 1
    looked_at = sum(_look(name, block) for block in blocks if block.not_run)
    runs = [block for block in blocks if not block.not_run]
    if not runs:
        return looked_at
    with world(with_shop=document.with_shop) as shell:
        return looked_at + _run(name, runs, shell)


def _run(name: str, blocks: list[Block], shell: Shell) -> int:
    failed = 0
    for step in (step for block in blocks for step in block.steps):
        try:
            came, code = shell.run(step.command)
        except TookTooLong as error:
            _say(f"failed  {name}:{step.line}  {error}; the rest of the page was not run")
            return failed + 1
        if code == step.exit_code and (step.prints is None or agrees(step.prints, came)):
            _say(f"ok      {name}:{step.line}  {step.command}")
        else:
            failed += 1
            _show(name, step, came, code)
    return failed


def _look(name: str, block: Block) -> int:
    """What is not run is looked at: its commands, options, files and variables exist."""
    found = [(step, why) for step in block.steps for why in problems(step.command)]
    for step, why in found:
        _say(f"failed  {name}:{step.line}  {why}")
    if not found:
        _say(f"not run {name}:{block.line}  {block.not_run}; its commands and options exist")
    return len(found)


def _show(name: str, step: Step, came: list[str], code: int) -> None:
    _say(f"failed  {name}:{step.line}  {step.command}")
    _say(f"  exit code {code}, {step.exit_code} expected; shown on the page:")
    for line in step.prints or ():
        _say(f"    {line}")
    _say("  what came out:")
    for line in came:
        _say(f"    {line}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
