"""The demo shop as a walk sees it: an address, commands inside of it, and a window a person."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "app" / "manage.py"
PASSWORD = "purelaka-demo"
WINDOW = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000


class Shop:
    """A running demo. A window for each person is opened when first asked for; `ran` holds the
    commands that were typed."""

    def __init__(self, address: str, browser: Browser) -> None:
        self.address = address
        self.order = 0
        self.ran: list[str] = []
        self._browser = browser
        self._windows: dict[str, BrowserContext] = {}

    def window(self, who: str) -> Page:
        """This person's page, signed in unless `who` is empty."""
        if who not in self._windows:
            context = self._browser.new_context(viewport=WINDOW, accept_downloads=True)
            context.set_default_timeout(PATIENCE_MS)
            self._windows[who] = context
            page = context.new_page()
            if who:
                self._sign_in(page, who)
        return self._windows[who].pages[0]

    def open(self, page: Page, path: str) -> int:
        """Go to an address of the shop; the answer's status."""
        answer = page.goto(f"{self.address}{path}")
        assert answer is not None, f"{path} gave no answer"
        return answer.status

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command inside the demo, as a person types it."""
        port = self.address.rpartition(":")[2]
        self.ran.append(" ".join(command))
        return subprocess.run(
            [sys.executable, str(MANAGE), "in_demo", "--port", port, *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _sign_in(self, page: Page, who: str) -> None:
        self.open(page, "/sign-in/")
        page.get_by_label("Username").fill(who)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text(who, exact=True).wait_for()


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo shop that was started for this and is stopped afterwards."""
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    with subprocess.Popen(
        [sys.executable, "-u", str(MANAGE), "demo"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith("The shop is open: "):
            return line.removeprefix("The shop is open: ").split()[0]
    raise AssertionError("the demo ended before it was open:\n" + "".join(said))
