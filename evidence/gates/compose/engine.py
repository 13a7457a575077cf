"""A Docker engine: this machine's if one answers, else one of the proof's own, gone afterwards.

Note [Keeper]
    An engine that is killed leaves containers, mounts and networks behind. So a process of its own
    keeps it: `python -m evidence.gates.compose.engine`, which prints a line when the engine
    answers and takes everything down once its standard input closes. That happens however the gate
    ends, even by KILL. The keeper carries nothing of the gate's environment and leads its own
    session, so whoever ends the gate does not end it half way.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence.gates.compose import parts

_PREFIX = "purelaka-engine-"
# On disk, where layers can lie on each other, and short: a socket's path may have 107 bytes.
_PLACE = Path("/var/tmp")  # noqa: S108 (mkdtemp makes a folder for root alone)
_READY_S, _STOP_S = 60, 30
_PLENTY_BYTES, _MOST_BYTES = 8 * 2**30, 4 * 2**30
_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Engine:
    """Where an engine answers, and whether it is the proof's own."""

    host: str
    own: bool


@contextmanager
def running() -> Iterator[Engine]:
    """An engine that answers. Raises parts.NotHere."""
    docker = shutil.which("docker")
    if docker and _answers(docker, {}):
        yield Engine(os.environ.get("DOCKER_HOST", ""), own=False)
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise parts.NotHere("no Docker engine answers; only root on Debian can start one here")
    unpacked = parts.engine()
    with subprocess.Popen(
        [sys.executable, "-m", "evidence.gates.compose.engine", str(unpacked)],
        cwd=parts.ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as keeper:
        if keeper.stdin is None or keeper.stdout is None:
            raise AssertionError("pipes were asked for")
        word, _, rest = keeper.stdout.readline().strip().partition(" ")
        if word != "ready":
            keeper.stdin.close()
            raise parts.NotHere(rest or "the engine's keeper ended before it was ready")
        try:
            yield Engine(rest, own=True)
        finally:
            keeper.stdin.close()
            left = keeper.stdout.read().strip()
            if keeper.wait() or left:
                raise RuntimeError(f"The engine left something behind: {left}")


def main() -> int:
    """The keeper: see Note [Keeper]. Exit code 1 when something is left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    unpacked = Path(sys.argv[1])
    _sweep()
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_PLACE))
    _keep_in_memory(home)
    (home / "keeper").write_text(str(os.getpid()), "utf-8")
    env = _environment(unpacked, home)
    daemon = _start(unpacked, home, env)
    try:
        if _wait(unpacked, daemon, env):
            _say(f"ready {env['DOCKER_HOST']}")
            sys.stdin.read()
        else:
            said = (home / "log").read_text("utf-8", "replace").strip().splitlines()
            _say(f"failed the engine did not start: {said[-1] if said else 'it said nothing'}")
            sys.stdin.read()
    finally:
        left = _take_down(unpacked, daemon, env, home)
    for line in left:
        _say(line)
    return int(bool(left))


def _keep_in_memory(home: Path) -> None:
    """Where there is plenty: writing and deleting a hundred thousand small files takes minutes
    on a busy disk, and nobody needs them afterwards."""
    told = Path("/proc/meminfo").read_text("utf-8").partition("MemAvailable:")[2].split()
    if told and int(told[0]) * 1024 >= _PLENTY_BYTES:
        options = ["-t", "tmpfs", "-o", f"size={_MOST_BYTES},mode=0700", "purelaka-engine"]
        subprocess.run(["mount", *options, str(home)], capture_output=True, check=False)


def _environment(unpacked: Path, home: Path) -> dict[str, str]:
    folders = [unpacked / "usr" / "sbin", unpacked / "usr" / "bin"]
    libraries = sorted({str(path.parent) for path in (unpacked / "usr" / "lib").rglob("*.so*")})
    libraries += sorted({str(path.parent) for path in (unpacked / "lib").rglob("*.so*")})
    return {
        "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "XTABLES_LIBDIR": next(map(str, (unpacked / "usr" / "lib").rglob("xtables")), ""),
        "HOME": str(home),
        "DOCKER_HOST": f"unix://{home}/socket",
    }


def _start(unpacked: Path, home: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """No rules of this machine's firewall, no bridge of its own, no file outside `home`."""
    command = [
        str(unpacked / "usr/sbin/dockerd"),
        *("--host", env["DOCKER_HOST"], "--data-root", f"{home}/data"),
        *("--exec-root", f"{home}/exec", "--pidfile", f"{home}/pid"),
        *("--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
        *("--userland-proxy-path", str(unpacked / "usr/sbin/docker-proxy")),
        *("--config-file", "", "--shutdown-timeout", "5"),
    ]
    library = ctypes.CDLL(None)
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # Should the keeper itself be killed, the engine ends its containers and goes.
            preexec_fn=lambda: library.prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM),
        )


def _wait(unpacked: Path, daemon: subprocess.Popen[bytes], env: dict[str, str]) -> bool:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until and daemon.poll() is None:
        if _answers(str(unpacked / "usr/bin/docker"), env):
            return True
        time.sleep(0.3)
    return False


def _answers(docker: str, env: dict[str, str]) -> bool:
    asked = [docker, "version", "--format", "{{.Server.Version}}"]
    done = subprocess.run(
        asked, env={**os.environ, **env}, capture_output=True, check=False, timeout=30
    )
    return done.returncode == 0


def _take_down(
    unpacked: Path, daemon: subprocess.Popen[bytes], env: dict[str, str], home: Path
) -> list[str]:
    """Containers, networks, engine, mounts, files; lines about what could not be removed."""
    docker = str(unpacked / "usr/bin/docker")
    if daemon.poll() is None:
        _remove(docker, env, ["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"])
        _remove(docker, env, ["network", "ls", "-q", "--filter", "type=custom"], ["network", "rm"])
        daemon.terminate()
    try:
        daemon.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    _end_all(home)
    _unmount(home)
    shutil.rmtree(home, ignore_errors=True)
    return [f"{home} is still there"] if home.exists() else []


def _remove(docker: str, env: dict[str, str], which: list[str], how: list[str]) -> None:
    try:
        listed = subprocess.run(
            [docker, *which], env=env, capture_output=True, text=True, check=False, timeout=30
        )
        if names := listed.stdout.split():
            subprocess.run(
                [docker, *how, *names], env=env, capture_output=True, check=False, timeout=60
            )
    except subprocess.TimeoutExpired:
        return


def _end_all(home: Path) -> None:
    """What an engine that died left running: each such process names this run's folder."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and str(home).encode() in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)


def _unmount(home: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    for mount in reversed([mount for mount in mounts if f"{mount}/".startswith(f"{home}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)


def _sweep() -> None:
    """Folders that a killed keeper left."""
    for home in _PLACE.glob(f"{_PREFIX}*"):
        keeper = home / "keeper"
        number = keeper.read_text("utf-8") if keeper.exists() else "0"
        with contextlib.suppress(OSError):
            if b"compose.engine" in Path(f"/proc/{number}/cmdline").read_bytes():
                continue
        _end_all(home)
        _unmount(home)
        shutil.rmtree(home, ignore_errors=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
