"""Gate: walk the demo in a real browser, step by step, and leave a screenshot of each.

Writes `demo/steps.json` and the pictures under `--out`. Exit code 77 where no browser can be had.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from tests.browser import chromium
from tests.browser.shop import ROOT, Shop, demo
from tests.browser.steps import STEPS
from tests.browser.told import commands, unlike

NOT_RUN = 77
LONGEST_WHY = 300


def main() -> int:
    """Exit code 0 when every step of evidence/demo.yml was seen, 1 when not, 77 without browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where to leave demo/")
    folder = parser.parse_args().out / "demo"
    written = _written()
    if list(written) != list(STEPS):
        _say(f"evidence/demo.yml has the steps {list(written)}, the walk {list(STEPS)}; make them")
        _say("agree")
        return 1
    try:
        path = chromium.find(say=_say)
    except chromium.NoBrowser as no:
        _say(f"not run: {no}")
        return NOT_RUN
    folder.mkdir(parents=True)
    with demo() as address, chromium.browser(path) as opened:
        _say(f"in Chromium {opened.version}")
        told = _walk(Shop(address, opened), folder, written)
    text = json.dumps({"steps": told}, indent=1, ensure_ascii=False)
    (folder / "steps.json").write_text(text + "\n", encoding="utf-8")
    seen = sum(step["status"] == "passed" for step in told)
    _say(f"{seen} of {len(STEPS)} steps seen in the browser")
    return 0 if seen == len(STEPS) else 1


def _photograph(page: Page, path: Path) -> None:
    page.evaluate("document.activeElement?.blur()")
    page.screenshot(path=path, animations="disabled")


def _written() -> dict[str, list[str]]:
    """The steps by id, each with the commands that it tells people to type."""
    told = yaml.safe_load((ROOT / "evidence" / "demo.yml").read_text("utf-8"))
    return {step["id"]: commands(step) for step in told["steps"]}


def _walk(shop: Shop, folder: Path, written: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Each step that was tried; the first that fails ends the walk, as it would for a person."""
    told = []
    for name, walk in STEPS.items():
        outcome = {"id": name, "status": "passed", "why": "", "screenshot": f"{name}.png"}
        shop.ran.clear()
        try:
            _photograph(walk(shop), folder / f"{name}.png")
            differs = unlike(written[name], shop.ran)
            assert not differs, differs
        except (AssertionError, BrowserError) as error:
            why = " ".join(str(error).split())[:LONGEST_WHY]
            outcome |= {"status": "failed", "why": why, "screenshot": ""}
        told.append(outcome)
        _say(f"{outcome['status']}  {name}  {outcome['why']}".rstrip())
        if outcome["status"] != "passed":
            break
    return told


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
