"""Gate: what the twin is held to holds for Stripe itself.

With STRIPE_API_KEY=sk_test_... and STRIPE_API_BASE=https://api.stripe.com the tests marked
`stripe_test_mode` run against Stripe's test mode; without, the gate says "not run" (exit code 77).
No other key is ever used: with a live one these tests would move money. With `--stand-in` a local
Stripe of its own process is asked in the same way: that shows what a wrong answer would do, and
nothing about Stripe.
"""

from __future__ import annotations

import os
import subprocess
import sys

from evidence.gates.twin import ROOT, fresh_twin

CANNOT_HERE = 77
STRIPE = "https://api.stripe.com"
TESTS = "tests/app/stripe_twin"
_STAND_IN_KEY = "sk_test_stand_in"


def main() -> int:
    """Pytest's exit code; 77 when there is no key for test mode."""
    if "--stand-in" in sys.argv[1:]:
        _say("asked  a local Stripe that stands in for Stripe's test mode")
        with fresh_twin("--secret-key", _STAND_IN_KEY) as address:
            return run(_STAND_IN_KEY, address)
    key, base = os.environ.get("STRIPE_API_KEY", ""), os.environ.get("STRIPE_API_BASE", "")
    why = why_not(key, base)
    if why:
        _say(f"not run: {why}")
        return CANNOT_HERE
    return run(key, base)


def why_not(key: str, base: str) -> str:
    """Why nothing can be asked of Stripe here; empty when it can."""
    if not key:
        return "no key; set STRIPE_API_KEY to one of Stripe's test mode, sk_test_..."
    if not key.startswith("sk_test_"):
        return "STRIPE_API_KEY is no key of Stripe's test mode; expected sk_test_..."
    if base.rstrip("/") != STRIPE:
        return f"STRIPE_API_BASE is {base or 'not set'}, expected {STRIPE}"
    return ""


def run(key: str, base: str) -> int:
    """The marked tests against that address."""
    hosts = f"127.0.0.1,::1,localhost,{base.split('//')[1].partition(':')[0]}"
    options = ["-q", "-ra", "--strict-markers", "--import-mode=importlib"]
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-m", "stripe_test_mode", TESTS),
            *("-o", "addopts=", "-p", "no:cacheprovider", f"--allow-hosts={hosts}", *options),
        ],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "CONFORMANCE_KEY": key, "CONFORMANCE_BASE": base},
    ).returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
