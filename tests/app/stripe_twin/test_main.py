from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
import stripe

from stripe_twin.__main__ import main

from .conftest import cart

_APP = Path(__file__).parents[3] / "app"


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stripe_twin", *arguments],
        cwd=_APP,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _address(stream: IO[str] | None) -> str:
    assert stream is not None
    ready = json.loads(stream.readline())
    assert list(ready) == ["address"]
    return str(ready["address"])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, "stdin"])
def test_starts_serves_and_stops_cleanly(how: signal.Signals | str) -> None:
    with _start("--port", "0", "--secret-key", "sk_test_mine", "--until-stdin-closes") as process:
        address = _address(process.stdout)
        client = stripe.StripeClient("sk_test_mine", base_addresses={"api": address})
        session = client.v1.checkout.sessions.create(params=cart())
        assert str(session.url).startswith(address)
        if isinstance(how, signal.Signals):
            process.send_signal(how)
            # Its standard input is still open then, as under Compose.
            assert process.wait(timeout=20) == 0
        output, errors = process.communicate(timeout=20)

    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors
    assert "POST /v1/checkout/sessions 200" in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--webhook-url", "http://example.com/"], "expected http:// on this machine"),
        (["--port", "70000"], "expected a number from 0 to 65535"),
        (["--settle-after", "soon"], "expected a number of seconds"),
        (["--settle-after", "nan"], "expected a number of seconds"),
        (["--state", "/dev/null/x"], "state file: found /dev/null/x"),
    ],
)
def test_bad_arguments_end_with_2_and_a_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as left:
        code = int(left.code or 0)

    assert code == 2
    assert says in capsys.readouterr().err


def test_needs_neither_the_shop_nor_its_library() -> None:
    probe = (
        "import sys, stripe_twin.__main__; "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('django', 'stripe', 'config', 'core', 'orders', 'payments', 'refunds')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=_APP, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
