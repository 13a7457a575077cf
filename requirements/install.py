"""Make `.venv` what `lock.txt` says, from nothing but a Python. Standard library only.

Called by the Makefile before everything else; does nothing when the environment already matches.
Every file that is installed is checked against a hash. The fast installer comes first, pip is
the fallback, and both read the same lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = HERE / "lock.txt"
INSTALLER = HERE / "installer.txt"
STAMP = VENV / "installed.sha256"
OLDEST, NEWEST = (3, 11), (3, 13)
# Loads what pytest rewrites of the libraries that bring it plugins.
_PLUGINS = "import hypothesis.stateful\nimport hypothesis.strategies\n"
# Variables under which Python would write nothing, or pytest would load other things.
_LEFT_OUT = frozenset(
    {
        *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "DJANGO_SETTINGS_MODULE"),
        *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
    }
)
QUIET = ["--quiet", "--disable-pip-version-check", "--no-input"]


def main() -> int:
    """Exit code 0 when `.venv` matches the lock; 2 with a sentence when it cannot be made to."""
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.read_text("utf-8") == _wanted() and PYTHON.exists():
            return 0
        return _install()


def _install() -> int:
    started = time.monotonic()
    _check_python()
    if not _works():
        _say(f"setting up .venv with Python {sys.version.split()[0]}")
        _make_environment()
    _find_signer()
    _say("installing the locked packages (each file is checked against its hash)")
    if not (_with_uv() or _with_pip()):
        return _fail("Packages: the install failed; see the lines above, then run make again.")
    keep_bytecode(PYTHON, ROOT)
    STAMP.write_text(_wanted(), encoding="utf-8")
    _say(f"ready in {time.monotonic() - started:.0f} s")
    return 0


def _check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            _fail(
                f"Python: {found} found, 3.11 to 3.13 expected; "
                "name another one, for example: make PYTHON=python3.12"
            )
        )


def _works() -> bool:
    if not PYTHON.exists():
        return False
    asked = [str(PYTHON), "-c", "import pip, sys; print(sys.version_info[:2])"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == str(sys.version_info[:2])


def _make_environment() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    create = [sys.executable, "-m", "venv", str(VENV)]
    if subprocess.run(create, capture_output=True, check=False).returncode == 0:
        return
    # Debian ships Python without the part that makes environments; root can mend that here.
    shutil.rmtree(VENV, ignore_errors=True)
    if _may_install():
        _say("this Python cannot make environments; installing Debian's package python3-venv")
        _install_package("python3-venv")
    if subprocess.run(create, check=False).returncode != 0:
        sys.exit(
            _fail(
                "Python: it cannot make a virtual environment; "
                "install Debian's package python3-venv, then run make again."
            )
        )


def _find_signer() -> None:
    """ssh-keygen signs and verifies bundles, and the tests that do so need it."""
    if shutil.which("ssh-keygen") is None and _may_install():
        _say("no ssh-keygen on this machine; installing Debian's package openssh-client")
        _install_package("openssh-client")
    if shutil.which("ssh-keygen") is None:
        _say("no ssh-keygen on this machine: tests of signing will fail; install openssh-client")


def _may_install() -> bool:
    """True for root of a Debian."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def _install_package(name: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    subprocess.run(["apt-get", "install", "-y", "-qq", name], check=False, env=quiet)


def _with_uv() -> bool:
    pip = [str(PYTHON), "-m", "pip", "install", *QUIET, "--require-hashes"]
    if subprocess.run([*pip, "-r", str(INSTALLER)], check=False).returncode != 0:
        return False
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
    # Copies, not links to a cache: the environment must not change when the cache does.
    # The machine's own certificates, as pip uses them: a company's proxy is known to those only.
    hashed = ["--require-hashes", "--link-mode", "copy", "--system-certs", "-r", str(LOCK)]
    # Like pip: gates write no bytecode, so without it each of them would compile Django again.
    hashed.append("--compile-bytecode")
    if subprocess.run([*uv, *hashed], check=False).returncode == 0:
        return True
    _say("the fast installer failed; trying pip")
    return False


def _with_pip() -> bool:
    pip = [str(PYTHON), "-m", "pip", "install", *QUIET, "--require-hashes", "-r", str(LOCK)]
    return subprocess.run(pip, check=False).returncode == 0


def keep_bytecode(python: Path, root: Path) -> None:
    """Compile once what every process would compile again, for gates write no bytecode.

    pytest rewrites each plugin that it loads, over a hundred modules, and looks for its own copies
    first. The project's own code is kept with a digest of its source instead of a time, so that
    no edit can be missed. Without all this everything works as well, only slower.
    """
    env = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_plugins.py").write_text(_PLUGINS, encoding="utf-8")
        alone = ["-c", os.devnull, "--rootdir", folder, "-p", "no:cacheprovider"]
        collect = [str(python), "-m", "pytest", "-q", "--collect-only", *alone, folder]
        _quietly(collect, cwd=Path(folder), env=env)
    # A folder that is not there is passed over.
    compile_all = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]
    _quietly([str(python), *compile_all, "app", "evidence"], cwd=root, env=env)


def _quietly(command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
    nowhere = subprocess.DEVNULL
    subprocess.run(command, cwd=cwd, env=env, stdout=nowhere, stderr=nowhere, check=False)


def _wanted() -> str:
    text = LOCK.read_bytes() + INSTALLER.read_bytes() + repr(sys.version_info[:2]).encode()
    return hashlib.sha256(text).hexdigest()


def _say(text: str) -> None:
    sys.stdout.write(f"setup   {text}\n")
    sys.stdout.flush()


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
