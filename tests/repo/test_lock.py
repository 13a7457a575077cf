"""The lock gate's part that needs no package index: pins, hashes, no addresses."""

from __future__ import annotations

import re
import subprocess
import tomllib
from types import ModuleType

import pytest

from evidence.gates import lock
from tests.repo.planted import ROOT, Gate, Repository

HASH = "    --hash=sha256:" + "0" * 64 + "\n"


def plant(repository: Repository, text: str) -> None:
    repository.write("requirements/lock.txt", text)
    for name in ("installer", "shop", "tests", "backups", "compose"):
        repository.write(f"requirements/{name}.txt", "uv==1.0 \\\n" + HASH)


def test_a_package_without_a_hash_is_named(repository: Repository, gate: Gate) -> None:
    plant(repository, "django==5.2 \\\n" + HASH + "stripe==16.0\n")

    done = gate("lock.py")

    assert done.returncode == 1
    assert "requirements/lock.txt: stripe==16.0 is not pinned with a hash\n" in done.stdout


def test_an_address_is_named_with_its_line(repository: Repository, gate: Gate) -> None:
    plant(repository, "--index-url https://packages.example/simple\ndjango==5.2 \\\n" + HASH)

    done = gate("lock.py")

    assert done.returncode == 1
    assert (
        "requirements/lock.txt:1  an address or index option found; none expected\n" in done.stdout
    )


def test_every_locked_package_of_this_repository_has_hashes() -> None:
    for name in ("lock", "shop", "tests", "backups", "installer", "compose"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
        pins = [number for number, line in enumerate(lines) if re.match(r"[\w-]", line)]
        assert pins
        assert all("==" in lines[number] for number in pins)
        assert all("--hash=sha256:" in lines[number + 1] for number in pins)
        assert not [line for line in lines if "://" in line]


def test_each_installer_takes_nothing_that_no_hash_vouches_for(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast one, which needs another one first, and the one that takes its place."""
    asked: list[list[str]] = []

    def ends_well(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(install.subprocess, "run", ends_well)

    assert install._with_uv()
    assert install._with_pip()
    files = [command[command.index("-r") + 1] for command in asked]
    assert files == [str(install.INSTALLER), str(install.LOCK), str(install.LOCK)]
    assert [command for command in asked if "--require-hashes" not in command] == []


def test_lock_is_resolved_for_every_python_that_is_supported(install: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest, newest = install.OLDEST, install.NEWEST

    assert project["requires-python"] == f">=3.{oldest[1]},<3.{newest[1] + 1}"
    assert "--universal" in lock.OPTIONS
    assert lock.OPTIONS[lock.OPTIONS.index("--python-version") + 1] == f"3.{oldest[1]}"


def test_what_runs_in_production_is_a_part_of_what_was_proved() -> None:
    pins = {
        name: {
            line.split(" ")[0]
            for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines()
            if re.match(r"[a-z0-9]", line)
        }
        for name in ("lock.txt", "tests.txt", "backups.txt", "shop.txt")
    }

    assert any(pin.startswith("django==") for pin in pins["shop.txt"])
    assert pins["shop.txt"] < pins["tests.txt"] < pins["lock.txt"]
    assert pins["shop.txt"] < pins["backups.txt"] < pins["lock.txt"]
    assert not [pin for pin in pins["shop.txt"] if pin.startswith(("pytest", "mypy", "mkdocs"))]
