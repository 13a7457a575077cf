from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from evidence.gates import stripe_cli, stripe_cli_install

TWO = ("price.created", "product.created")


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_the_cli_the_gate_says_that_it_did_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert stripe_cli.main() == 77
    assert capsys.readouterr().out == (
        "not run: the Stripe CLI is not installed, and there is no npm to install it with\n"
    )


def test_cli_that_fails_turns_the_gate_red(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _program(tmp_path / "stripe", "echo no such trigger >&2\nexit 3")
    monkeypatch.setenv("STRIPE_CLI", str(tmp_path / "stripe"))
    monkeypatch.setattr(sys, "argv", ["stripe_cli", *TWO])

    assert stripe_cli.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        *(f"{kind:45} the CLI exited with 3: no such trigger" for kind in TWO),
        "stripe trigger: 0 of 2 events arrived",
    ]


@pytest.fixture
def triggered(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Why an event did not arrive, by its type; the command line and the twin only pretend."""
    failures: dict[str, str] = {}
    monkeypatch.setattr(stripe_cli_install, "find", lambda: "stripe")
    monkeypatch.setattr(stripe_cli, "_receiving", lambda: nullcontext(stripe_cli.Inbox()))
    monkeypatch.setattr(stripe_cli, "fresh_twin", lambda *options: nullcontext("http://twin"))
    monkeypatch.setattr(
        stripe_cli, "_trigger", lambda cli, address, inbox, kind: failures.get(kind, "")
    )
    return failures


def test_gate_is_green_when_every_event_arrives(
    monkeypatch: pytest.MonkeyPatch, triggered: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stripe_cli"])
    assert stripe_cli.main() == 0
    many = len(stripe_cli.EVENTS)
    assert capsys.readouterr().out.splitlines() == [
        *(f"{kind:45} arrived" for kind in stripe_cli.EVENTS),
        f"stripe trigger: {many} of {many} events arrived",
    ]


def test_one_event_that_does_not_arrive_turns_the_gate_red(
    monkeypatch: pytest.MonkeyPatch, triggered: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stripe_cli", *TWO])
    triggered[TWO[0]] = "nothing came"
    assert stripe_cli.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{TWO[0]:45} nothing came",
        f"{TWO[1]:45} arrived",
        "stripe trigger: 1 of 2 events arrived",
    ]


def test_webhook_with_another_secret_turns_the_gate_red(
    monkeypatch: pytest.MonkeyPatch, triggered: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = stripe_cli.Inbox(forged=2)
    monkeypatch.setattr(stripe_cli, "_receiving", lambda: nullcontext(inbox))
    monkeypatch.setattr(sys, "argv", ["stripe_cli", *TWO])
    assert stripe_cli.main() == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "2 webhooks were signed with another secret",
        "stripe trigger: 2 of 2 events arrived",
    ]


def test_version_is_what_the_program_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _program(tmp_path / "stripe", 'test "$*" = --version && exit 5')
    monkeypatch.setenv("STRIPE_CLI", str(tmp_path / "stripe"))
    monkeypatch.setattr(sys, "argv", ["stripe_cli", "--version"])
    assert stripe_cli.main() == 5


def test_named_program_counts_and_else_the_one_on_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none() -> str:
        raise stripe_cli_install.NotHere("there is none")

    monkeypatch.setattr(stripe_cli_install, "_pinned", none)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    with pytest.raises(stripe_cli_install.NotHere, match=r"^there is none$"):
        stripe_cli_install.find()

    _program(tmp_path / "stripe", "exit 0")
    _program(tmp_path / "named", "exit 0")
    assert stripe_cli_install.find() == str(tmp_path / "stripe")
    monkeypatch.setattr(stripe_cli_install, "_pinned", lambda: "pinned")
    assert stripe_cli_install.find() == "pinned"
    monkeypatch.setenv("STRIPE_CLI", str(tmp_path / "named"))
    assert stripe_cli_install.find() == str(tmp_path / "named")
    monkeypatch.setenv("STRIPE_CLI", "other")
    with pytest.raises(stripe_cli_install.NotHere, match="STRIPE_CLI names other, which is no"):
        stripe_cli_install.find()


class Waited(threading.Condition):
    woken = 0

    def notify_all(self) -> None:
        self.woken += 1
        super().notify_all()


def test_event_counts_only_when_it_carries_the_secret_of_the_gate() -> None:
    inbox, body = stripe_cli.Inbox(arrived=Waited()), b'{"type": "price.created"}'
    for secret in (stripe_cli._SECRET, "whsec_of_another"):
        mark = hmac.new(secret.encode(), b"1." + body, hashlib.sha256).hexdigest()
        inbox.take(body, f"t=1,v0=+%41=a=b==,v1={mark}")
    assert (inbox.types, inbox.forged) == (["price.created"], 1)
    mark = hmac.new(stripe_cli._SECRET.encode(), b"1+%31." + body, hashlib.sha256).hexdigest()
    inbox.take(body, f"t=1+%31,v1={mark}")
    assert inbox.types == ["price.created"] * 2
    assert inbox.arrived.woken == 3


def test_npm_brings_it_with_the_settings_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Told of a prefix, npm would look for them there, and trust no certificate of theirs."""
    _program(
        tmp_path / "npm",
        'case "$*" in *prefix*) exit 1;; esac\n'
        "mkdir -p node_modules/@stripe/cli-here/bin\n"
        "cp $0 node_modules/@stripe/cli-here/bin/stripe",
    )
    monkeypatch.delenv("STRIPE_CLI", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(stripe_cli_install, "FOLDER", tmp_path / "cli")

    found = stripe_cli_install.find()

    assert found == str(tmp_path / "cli/node_modules/@stripe/cli-here/bin/stripe")


def test_an_npm_that_cannot_bring_it_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _program(
        tmp_path / "npm",
        "echo npm error code ECONNREFUSED at https://elsewhere.example >&2\nexit 1",
    )
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
