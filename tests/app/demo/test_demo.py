"""`manage.py demo`, for real: every process, over HTTP, from the sign-in to a refund."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from demo.people import PASSWORD

DONE_S = 20


class Browser:
    """One visitor: cookies, redirects, and forms with their tokens, by the standard library."""

    def __init__(self, base: str) -> None:
        self._base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self.url = ""
        self.page = ""

    def get(self, url: str) -> str:
        return self._open(url, None)

    def submit(self, action: str, **fields: str) -> str:
        """Send the form of the page shown that goes to `action`, with these fields filled in."""
        forms = re.findall(r"<form\b.*?</form>", self.page, re.S)
        form = next(form for form in forms if f'action="{action}"' in form)
        return self._open(action, {**_hidden(form), **fields})

    def submit_here(self, **fields: str) -> str:
        """Send the form of the page shown that goes to its own address."""
        forms = re.findall(r"<form\b.*?</form>", self.page, re.S)
        form = next(form for form in forms if "action=" not in form)
        return self._open(self.url, {**_hidden(form), **fields})

    def _open(self, url: str, form: dict[str, str] | None) -> str:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        target = urllib.parse.urljoin(self.url or self._base, url)
        with self._opener.open(target, data, timeout=20) as answer:
            self.url, self.page = answer.url, answer.read().decode()
        return self.page


def _hidden(form: str) -> dict[str, str]:
    inputs = re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
    pairs = [(re.search(r'name="([^"]*)"', i), re.search(r'value="([^"]*)"', i)) for i in inputs]
    return {name[1]: value[1] for name, value in pairs if name and value}


@contextmanager
def _demo() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and its address."""
    # The tests' own settings must not reach it: it brings those of a laptop.
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    with subprocess.Popen(
        [sys.executable, str(settings.APP_DIR / "manage.py"), "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Ctrl-C stops"):
                    break
            printed = "".join(lines)
            found = re.search(r"The shop is open: (http://127\.0\.0\.1:\d+) ", printed)
            assert found, printed
            assert printed.count(PASSWORD) == 4
            yield process, found[1]
        finally:
            process.kill()


def _descendants(pid: int) -> set[int]:
    """The processes below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text("utf-8", errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    below: set[int] = set()
    while True:
        more = {child for child, parent in parents.items() if parent in below | {pid}} - below
        if not more:
            return below
        below |= more


def _still_running(pids: set[int]) -> set[int]:
    running = set()
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
        except OSError:
            continue
        if stat.rpartition(")")[2].split()[0] != "Z":
            running.add(pid)
    return running


def _database_of(pid: int) -> str:
    """The database that this child of the demo was told to use."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    url = next(entry for entry in environment if entry.startswith(b"DATABASE_URL="))
    name = re.search(rb"/(demo_[0-9a-f]{12})", url)
    assert name
    return name[1].decode()


def _exists(database: str) -> bool:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        return found.fetchone() is not None


def _sign_in(base: str, username: str) -> Browser:
    browser = Browser(base)
    browser.get("/sign-in/")
    browser.submit_here(username=username, password=PASSWORD)
    return browser


def _buy(base: str) -> str:
    """Buy as the customer, by the twin's payment page; the order's number."""
    cara = _sign_in(base, "cara_customer")
    cara.get("/")
    cara.submit("/basket/add/", quantity="2")
    cara.submit("/orders/place/")
    order = re.search(r"/orders/(\d+)/", cara.url)
    assert order
    assert "Test cards" in cara.submit(f"/orders/{order[1]}/pay/")
    cara.submit(
        urllib.parse.urlsplit(cara.url).path,
        email="cara@example.org",
        number="4242 4242 4242 4242",
    )
    deadline = time.monotonic() + DONE_S
    while "Paid, thank you." not in cara.get(f"{base}/orders/{order[1]}/"):
        assert time.monotonic() < deadline, cara.page
        time.sleep(0.1)
    return order[1]


@pytest.mark.slow
def test_a_purchase_and_a_part_refund_in_the_demo_and_nothing_left_running() -> None:
    with _demo() as (process, base):
        number = _buy(base)
        olly = _sign_in(base, "olly_ops")
        olly.get(f"/staff/orders/{number}/refund/")
        page = olly.submit_here(amount="5.00", reason="chipped")
        assert "Refund sent." in page
        assert "partly refunded" in page
        children = _descendants(process.pid)
        assert len(children) >= 5  # twin, worker, web server and its two processes
        database = _database_of(min(children))
        assert _exists(database)
        process.send_signal(signal.SIGINT)
        assert process.stdout
        assert process.stdout.read().endswith("Stopped. Nothing is left running.\n")
        assert process.wait(DONE_S) == 0
        assert _still_running(children) == set()
    assert not _exists(database)
