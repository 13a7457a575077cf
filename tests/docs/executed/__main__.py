"""Gate: every block of commands runs as it is written and prints what is shown. One that cannot run
here is looked at, and so is every command inside of a sentence, on every page.

Each page has a throwaway world of its own. A line a command, and below it what came out; what
differs from the page is shown in full.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tests.docs.executed.compare import agrees
from tests.docs.executed.named import problems, unseen
from tests.docs.executed.page import Block, Step, Unclear, read_page
from tests.docs.executed.programs import why_not_here
from tests.docs.executed.sentences import Mention, mentions
from tests.docs.executed.shell import Shell, TookTooLong
from tests.docs.executed.words import defines
from tests.docs.executed.world import ROOT, Needs, world

# A shop that starts, and a command that waits for it, leave the machine to another page.
SIDE_BY_SIDE = 2
Say = Callable[[str], None]


@dataclass(frozen=True)
class Document:
    """A page and the world that its commands need; None for a page whose blocks are looked at."""

    path: str
    needs: Needs | None = None


_RUN = (
    Document("site_src/runbook.md", needs=Needs.SHOP),
    Document("site_src/schedule.md", needs=Needs.SHOP),
    Document("site_src/deployment.md", needs=Needs.SERVER),
    Document("site_src/backup_restore.md", needs=Needs.SHOP),
    Document("README.md", needs=Needs.CLONE),
    Document("site_src/broken_on_purpose.md", needs=Needs.CLONE),
    Document("site_src/lies.md", needs=Needs.CLONE),
)
_PAGES = {path.relative_to(ROOT).as_posix() for path in (ROOT / "site_src").glob("*.md")}
# Every other page is looked at; one with a block to be run fails until it is named above.
DOCUMENTS = (*_RUN, *map(Document, sorted(_PAGES - {each.path for each in _RUN})))


def main() -> int:
    """Exit code 0 when all agree, 1 when not. Arguments: only these pages."""
    wanted = sys.argv[1:]
    chosen = [each for each in DOCUMENTS if not wanted or Path(each.path).name in wanted]
    failed = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for lines, of_page in pool.map(_told, chosen):
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
            failed += of_page
    sys.stdout.write(f"{len(chosen)} pages, {failed} commands that are not as written\n")
    return 1 if failed or not chosen else 0


def _told(document: Document) -> tuple[list[str], int]:
    """What is said of a page, in its order whatever ran beside it, and how much of it failed."""
    lines: list[str] = []
    failed = _failures(document, lines.append)
    return lines, failed


def _failures(document: Document, say: Say) -> int:
    name = document.path
    try:
        blocks = [_if_it_can(block) for block in read_page(ROOT / name, name)]
    except Unclear as unclear:
        say(f"failed  {unclear}")
        return 1
    own = {made for block in blocks for step in block.steps for made in defines(step.command)}
    looked_at = sum(_look(name, block, own, say) for block in blocks if block.not_run)
    looked_at += _read(name, own, say)
    runs = [block for block in blocks if not block.not_run]
    if runs and document.needs is None:
        say(f"failed  {name}:{runs[0].line}  to be run; say in _RUN what the page needs")
        return looked_at + 1
    if not runs or document.needs is None:
        return looked_at
    with world(needs=document.needs) as shell:
        return looked_at + _run(name, runs, shell, say)


def _read(name: str, own: set[str], say: Say) -> int:
    """Commands in sentences are looked at."""
    found = list(mentions((ROOT / name).read_text("utf-8")))
    wrong = [(one, why) for one in found for why in problems(one.command, own=own)]
    for one, why in wrong:
        say(f"failed  {name}:{one.line}  {why}")
    if found and not wrong:
        say(f"looked  {name}  {len(found)} commands in sentences: {_all_there(found)}")
    return len(wrong)


def _all_there(commands: Sequence[Step | Mention]) -> str:
    """What was seen, and of which programs it was not."""
    absent = sorted({program for one in commands for program in unseen(one.command)})
    but = f"; {', '.join(absent)} could not be asked, not here" if absent else ""
    return f"programs, options, files and variables exist{but}"


def _if_it_can(block: Block) -> Block:
    """The block, marked when this machine lacks the program that it needs."""
    return replace(block, not_run=block.not_run or why_not_here(block.needs))


def _run(name: str, blocks: list[Block], shell: Shell, say: Say) -> int:
    failed = 0
    for step in (step for block in blocks for step in block.steps):
        try:
            came, code = shell.run(step.command)
        except TookTooLong as error:
            say(f"failed  {name}:{step.line}  {error}; the rest of the page was not run")
            return failed + 1
        if code == step.exit_code and (step.prints is None or agrees(step.prints, came)):
            say(f"ok      {name}:{step.line}  {_first_line(step.command)}")
            _captured(step, say)
        else:
            failed += 1
            _show(name, step, came, code, say)
    return failed


def _captured(step: Step, say: Say) -> None:
    """What came out, as far as it is the same in each run: the page's own lines, which agreed."""
    for line in step.prints or ():
        say(f"          {line}")


def _look(name: str, block: Block, own: set[str], say: Say) -> int:
    """What is not run is looked at: its programs, options, files and variables exist."""
    found = [(step, why) for step in block.steps for why in problems(step.command, own=own)]
    for step, why in found:
        say(f"failed  {name}:{step.line}  {why}")
    if not found:
        say(f"not run {name}:{block.line}  {block.not_run}; {_all_there(block.steps)}")
    return len(found)


def _show(name: str, step: Step, came: list[str], code: int, say: Say) -> None:
    say(f"failed  {name}:{step.line}  {step.command}")
    say(f"  exit code {code}, {step.exit_code} expected; shown on the page:")
    for line in step.prints or ():
        say(f"    {line}")
    say("  what came out:")
    for line in came:
        say(f"    {line}")


def _first_line(command: str) -> str:
    first, more, _ = command.partition("\n")
    return f"{first} …" if more else first


if __name__ == "__main__":
    sys.exit(main())
