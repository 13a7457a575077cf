from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo.planted import Gate


def test_without_the_cli_the_gate_says_that_it_did_not_run(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    done = gate("stripe_cli.py")

    assert (done.returncode, done.stdout) == (77, "not run: the Stripe CLI is not installed\n")


def test_cli_that_fails_turns_the_gate_red(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "stripe"
    broken.write_text("#!/bin/sh\necho no such trigger >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("STRIPE_CLI", str(broken))

    done = gate("stripe_cli.py")

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert all(line.endswith("the CLI exited with 3: no such trigger") for line in lines[:-1])
    assert lines[-1] == f"stripe trigger: 0 of {len(lines) - 1} events arrived"
