from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.gates import stripe_cli_install
from tests.repo.planted import ROOT


def _gate() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evidence.gates.stripe_cli"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_cli_the_gate_says_that_it_did_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = _gate()

    assert (done.returncode, done.stdout) == (
        77,
        "not run: the Stripe CLI is not installed, and there is no npm to install it with\n",
    )


def test_cli_that_fails_turns_the_gate_red(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "stripe"
    broken.write_text("#!/bin/sh\necho no such trigger >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("STRIPE_CLI", str(broken))

    done = _gate()

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert all(line.endswith("the CLI exited with 3: no such trigger") for line in lines[:-1])
    assert lines[-1] == f"stripe trigger: 0 of {len(lines) - 1} events arrived"


def test_an_npm_that_cannot_bring_it_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    npm = tmp_path / "npm"
    npm.write_text(
        "#!/bin/sh\necho npm error code ECONNREFUSED at https://elsewhere.example >&2\nexit 1\n"
    )
    npm.chmod(0o755)
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin/none")
    monkeypatch.setattr(stripe_cli_install, "FOLDER", tmp_path / "cli")

    for _ in range(2):
        with pytest.raises(
            stripe_cli_install.NotHere, match=r"^npm could not .* registry: it cannot be reached$"
        ):
            stripe_cli_install.find()


def test_what_is_pinned_has_a_hash_and_no_address() -> None:
    locked = json.loads((stripe_cli_install.PINNED / "package-lock.json").read_text())
    packages = [one for name, one in locked["packages"].items() if name]
    assert packages
    assert all(one["integrity"].startswith("sha512-") for one in packages)
    assert "://" not in json.dumps(locked)
