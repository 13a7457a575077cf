"""The lock gate's part that needs no package index: pins, hashes, no addresses."""

from __future__ import annotations

import re

from tests.repo.planted import ROOT, Gate, Repository

HASH = "    --hash=sha256:" + "0" * 64 + "\n"


def plant(repository: Repository, lock: str) -> None:
    repository.write("requirements/lock.txt", lock)
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
        pins = [number for number, line in enumerate(lines) if "==" in line]
        assert pins
        assert all("--hash=sha256:" in lines[number + 1] for number in pins)


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
