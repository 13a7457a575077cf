"""A Chromium for whoever drives one: the machine's own, or Debian's package where root may."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from evidence.gates.unreachable import why_not_fetched

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing is asked of any other host: no updates, no account, no look-ups.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
INSTALL_TIMEOUT_S = 300


class NoBrowser(Exception):
    """No browser can be had here; the sentence says what to do about it."""


def find(*, say: Callable[[str], None]) -> str:
    """The path of a Chromium. On Debian, root gets one installed. Raises NoBrowser."""
    if path := _installed():
        return path
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoBrowser("no Chromium on this machine; install one (Debian: apt install chromium)")
    say("no Chromium on this machine; installing Debian's package")
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "chromium"]):
        _apt(command)
    if path := _installed():
        return path
    raise NoBrowser("Debian's package was installed, yet no chromium is on PATH")


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A headless browser that ends with the block."""
    # Chromium's own sandbox needs what root of a container does not have.
    sandbox = os.geteuid() != 0
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), chromium_sandbox=sandbox
        )
        try:
            yield opened
        finally:
            opened.close()


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _apt(command: list[str]) -> None:
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoBrowser(f"{' '.join(command)} took longer than {INSTALL_TIMEOUT_S} s") from error
    if ended.returncode != 0:
        raise NoBrowser(f"{' '.join(command)} failed: {why_not_fetched(ended.stderr)}")
