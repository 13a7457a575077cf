"""Gate: two releases of a small project, published and read in a real browser.

Tags, builds and deploys two versions to a bare repository on this machine, twice and at once; then
serves what lies there and switches between the versions as a reader does. Prints what was seen.
Exit code 77 where no browser can be had.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.browser.small_project import command, environment, evidence, release, run

NOT_RUN = 77
FIRST, SECOND = "Sums are exact.", "Nothing is rounded twice."


def main() -> int:
    """Exit code 0 when a reader found both versions, 1 when not, 77 without a browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where to leave the pictures")
    out = parser.parse_args().out / "versions"
    try:
        path = chromium.find(say=_say)
    except chromium.NoBrowser as no:
        _say(f"not run: {no}")
        return NOT_RUN
    out.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory(prefix="release-proof-") as folder:
            home = Path(folder)
            _release_both(home)
            with _served(home / "bare.git", home / "pages") as address, chromium.browser(path) as b:
                _read(b.new_page(viewport={"width": 1280, "height": 800}), address, out)
                _read_offline(b.new_page(), _unpacked(home) / "site")
    except (AssertionError, BrowserError) as error:
        _say(f"failed: {error}")
        return 1
    return 0


def _release_both(home: Path) -> None:
    """Version 1.0.0, then 1.1.0 with one claim more; each deployed twice, the last time at once."""
    bare, clone = home / "bare.git", home / "clone"
    run(home, "git", "init", "--quiet", "--bare", str(bare))
    run(home, "git", "clone", "--quiet", str(bare), str(clone))
    older = home / "older"
    for version, says in (("1.0.0", (FIRST,)), ("1.1.0", (FIRST, SECOND))):
        release(clone, version=version, says=says)
        evidence(clone)
        _say(evidence(clone, "deploy").strip())
        run(clone, "git", "fetch", "--quiet")
        if version == "1.0.0":
            run(home, "cp", "--recursive", str(clone), str(older))
    both = [
        subprocess.Popen(command("deploy"), cwd=folder, env=environment(), stdout=subprocess.PIPE)
        for folder in (older, clone)
    ]
    ended = [process.wait(timeout=120) for process in both]
    assert ended == [0, 0], f"deployed again at once: exit codes {ended}, 0 and 0 expected"
    listed = json.loads(run(home, "git", "-C", str(bare), "show", "gh-pages:versions.json"))
    found = {each["version"]: each["aliases"] for each in listed}
    assert found == {"1.1.0": ["latest"], "1.0.0": []}, f"versions.json holds {found}"
    _say("both deployed again at the same moment: versions.json still holds 1.0.0 and 1.1.0")


def _read(page: Page, address: str, out: Path) -> None:
    """As a reader: from the root to the latest, then to the version before by the selector."""
    page.goto(f"{address}/")
    page.wait_for_url("**/latest/**")
    current = page.locator(".md-version__current")
    expect(current).to_contain_text("1.1.0")
    _say("the root leads to the latest version, 1.1.0")
    page.goto(f"{address}/1.1.0/claims/till.html")
    expect(page.get_by_text(SECOND).first).to_be_visible()
    # The list opens over the button that opened it.
    page.locator(".md-version__current").hover(force=True)
    page.screenshot(path=out / "newer.png", animations="disabled")
    page.locator(".md-version__link", has_text="1.0.0").click()
    page.wait_for_url("**/1.0.0/**")
    expect(page.locator(".md-version__current")).to_contain_text("1.0.0")
    expect(page.get_by_text(SECOND)).to_have_count(0)
    page.screenshot(path=out / "older.png", animations="disabled")
    _say("the selector leads to 1.0.0, which does not hold the claim that 1.1.0 added")
    page.goto(f"{address}/1.1.0/volatile/changes.html")
    expect(page.get_by_role("heading", name="What changed since 1.0.0")).to_be_visible()
    expect(page.get_by_role("heading", name="Added (1)")).to_be_visible()
    _say("1.1.0 tells what changed since 1.0.0: one claim added")


def _unpacked(home: Path) -> Path:
    """What a reader was given: the packed bundle, unpacked where nothing else lies."""
    packed, given = home / "given.zip", home / "given"
    evidence(home / "clone", "bundle", "--out", str(packed))
    with zipfile.ZipFile(packed) as bundle:
        bundle.extractall(given)
    return given


def _read_offline(page: Page, site: Path) -> None:
    """The site from an unpacked bundle: no server, and the search still finds."""
    page.goto((site / "index.html").as_uri())
    search = page.locator("input.md-search__input")
    search.click()
    search.press_sequentially("rounded")
    found = page.locator(".md-search-result__link").first
    expect(found).to_be_visible(timeout=15_000)
    found.click()
    expect(page.locator("article").get_by_text(SECOND).first).to_be_visible()
    page.locator("article a[href*='/proof/']").first.click()
    page.wait_for_url("file://**/proof/*.html")
    _say("opened from an unpacked bundle, the search finds the claim, which leads to its proof")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a gate's log holds what was seen, not every request."""


@contextmanager
def _served(bare: Path, folder: Path) -> Iterator[str]:
    """The branch of versions as a host serves it, on loopback."""
    run(bare, "git", "clone", "--quiet", "--branch", "gh-pages", str(bare), str(folder))
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
