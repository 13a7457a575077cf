from __future__ import annotations

import subprocess
import sys

import pytest

from evidence.gates.stripe_test_mode import STRIPE, why_not
from tests.repo.planted import ROOT

TEST_KEY, LIVE_KEY = "sk_test" + "_of_nobody", "sk_live" + "_of_nobody"


def test_without_a_key_the_gate_says_that_it_did_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)

    done = _gate()

    why = "no key; set STRIPE_API_KEY to one of Stripe's test mode, sk_test_..."
    assert (done.returncode, done.stdout) == (77, f"not run: {why}\n")


def test_a_local_stripe_is_asked_as_stripe_would_be() -> None:
    done = _gate("--stand-in")

    assert done.returncode == 0, done.stdout
    first, *_, last = done.stdout.splitlines()
    assert first == "asked  a local Stripe that stands in for Stripe's test mode"
    assert " passed" in last
    assert " skipped" not in last


def _gate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evidence.gates.stripe_test_mode", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("key", "base", "says"),
    [
        ("", STRIPE, "no key; set STRIPE_API_KEY to one of Stripe's test mode, sk_test_..."),
        (LIVE_KEY, STRIPE, "STRIPE_API_KEY is no key of Stripe's test mode; expected sk_test_..."),
        (TEST_KEY, "", "STRIPE_API_BASE is not set, expected https://api.stripe.com"),
        (
            TEST_KEY,
            "http://127.0.0.1:1",
            "STRIPE_API_BASE is http://127.0.0.1:1, expected https://api.stripe.com",
        ),
        (TEST_KEY, STRIPE, ""),
    ],
    ids=["none", "live", "no address", "the twin", "test mode"],
)
def test_only_stripes_own_test_mode_is_asked(key: str, base: str, says: str) -> None:
    assert why_not(key, base) == says
