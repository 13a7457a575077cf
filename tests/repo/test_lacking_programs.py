"""Programs that proofs need and this machine lacks: brought as root on Debian, else asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.browser.chromium import NoBrowser, find

# Stands in for Debian's: notes what it was asked for, and brings it.
APT = """#!/bin/sh
echo "$@" >> "{folder}/asked"
test "$1" = install || exit 0
test -z "{said}" || {{ echo "{said}" >&2; exit 100; }}
printf '#!/bin/sh\\n' > "{folder}/{program}" && /bin/chmod 755 "{folder}/{program}"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A machine with no program but, if it is a Debian, one that brings `program`."""

    def made(program: str, *, debian: bool = True, root: bool = True, said: str = "") -> Path:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        if debian:
            apt = tmp_path / "apt-get"
            apt.write_text(APT.format(folder=tmp_path, program=program, said=said), "utf-8")
            apt.chmod(0o755)
        return tmp_path / "asked"

    return made


def test_root_of_a_debian_gets_ssh_keygen(
    install: ModuleType, machine: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = machine("ssh-keygen")

    install._find_signer()

    assert asked.read_text("utf-8").splitlines() == [
        "update -qq", "install -y -qq openssh-client",
    ]  # fmt: skip
    assert shutil.which("ssh-keygen")
    told = capsys.readouterr().out
    assert "installing Debian's package openssh-client" in told
    assert "will fail" not in told

    install._find_signer()
    assert len(asked.read_text("utf-8").splitlines()) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("lacks", [{"debian": False}, {"root": False}])
def test_whoever_may_install_nothing_is_told_what_lacks(
    install: ModuleType,
    machine: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    lacks: dict[str, bool],
) -> None:
    asked = machine("ssh-keygen", **lacks)

    install._find_signer()

    assert not asked.exists()
    told = capsys.readouterr().out
    assert "tests of signing will fail; install openssh-client" in told
    assert "installing" not in told


def test_root_of_a_debian_gets_a_browser(machine: Callable[..., Path]) -> None:
    asked, told = machine("chromium"), []

    path = find(say=told.append)

    assert path == str(asked.with_name("chromium"))
    assert asked.read_text("utf-8").splitlines() == ["update", "install --yes chromium"]
    assert told == ["no Chromium on this machine; installing Debian's package"]
    assert find(say=told.append) == path
    assert len(told) == 1


@pytest.mark.parametrize("lacks", [{"debian": False}, {"root": False}])
def test_without_a_browser_it_is_said_how_to_get_one(
    machine: Callable[..., Path], lacks: dict[str, bool]
) -> None:
    asked = machine("chromium", **lacks)
    with pytest.raises(NoBrowser, match=r"^no Chromium on this machine; install one \(Debian: apt"):
        find(say=pytest.fail)
    assert not asked.exists()


def test_a_browser_that_does_not_come_is_said_with_its_reason(machine: Callable[..., Path]) -> None:
    machine("chromium", said="E: Could not connect, connection timed out")
    with pytest.raises(NoBrowser, match=r"^apt-get install --yes chromium failed: it did not an"):
        find(say=lambda _: None)


def test_a_package_without_its_program_is_no_browser(machine: Callable[..., Path]) -> None:
    machine("something-else")
    with pytest.raises(NoBrowser, match="yet no chromium is on PATH"):
        find(say=lambda _: None)
