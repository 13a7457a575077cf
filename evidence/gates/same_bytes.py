"""Gate: one commit gives the same bytes, whoever builds it, where, when and with what settings.

Two things are built twice, in another folder, with another hash seed, time zone, locale, temporary
folder and number of workers, and every file outside the folders named `volatile` is compared:

- a small repository, whole: its tests over one worker and over two, judged, published, sealed;
- if nothing differs there, this repository's own commit: its quick gates run, judged and published,
  in two clones. What takes minutes (all tests, types) or asks others (lock, Stripe's CLI) is not
  run twice here.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUICK = (
    "django-check",
    "deploy-check",
    "migrations-complete",
    "migrations-fresh",
    "ruff",
    "imports",
    "hygiene",
    "spelling",
)
_SHOWN = 12


@dataclass(frozen=True)
class Setting:
    """What differs between the two builds."""

    folder: str
    cores: int
    environment: tuple[tuple[str, str], ...]


HERE = Setting("here", 1, (("PYTHONHASHSEED", "1"), ("TZ", "UTC"), ("LC_ALL", "C.UTF-8")))
ELSEWHERE = Setting(
    "some where/else-and-longer",
    2,
    (("PYTHONHASHSEED", "4242"), ("TZ", "Pacific/Kiritimati"), ("LC_ALL", "C")),
)


def main() -> int:
    """0 when both pairs agree, 1 when a file differs, 2 when something could not be built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", default=",".join(QUICK), help="of this repository, by comma")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, default=1, help=argparse.SUPPRESS)
    order = parser.parse_args()
    gates = tuple(order.gates.split(","))
    if order.build:
        publish_clone(order.build, gates, order.cores)
        return 0
    with tempfile.TemporaryDirectory(prefix="same-bytes-") as folder:
        try:
            # What shows in a small repository takes seconds to see again once it is mended.
            found = [*_small(Path(folder, "small"))] or [*_own(Path(folder, "own"), gates)]
        except subprocess.CalledProcessError as error:
            output = (error.output or b"").decode("utf-8", "replace")
            sys.stdout.write(f"{output}\n{' '.join(map(str, error.cmd))}: {error.returncode}\n")
            return 2
    return 1 if found else 0


def differences(first: Path, second: Path) -> list[str]:
    """A sentence for each file outside volatile folders that is not the same in both builds."""
    one, other = _digests(first), _digests(second)
    return [
        f"{name}  {_how(first / name, second / name)}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def build_small(folder: Path, setting: Setting, files: dict[str, str]) -> Path:
    """The published build of a repository made of `files`."""
    root = folder / setting.folder
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    environment = _environment(folder, setting)
    _commit(root, environment)
    command = [sys.executable, str(ROOT / "build_evidence.py"), "--no-color"]
    _run([*command, "--cores", str(setting.cores)], root, environment)
    return (root / "build").resolve()


def publish_clone(root: Path, gates: Sequence[str], cores: int) -> None:
    """Run some gates of the clone at `root`, judge and publish. Runs the clone's own engine."""
    from evidence.engine.judge.verdict import judge
    from evidence.engine.project import load_project
    from evidence.engine.publish.publication import publish
    from evidence.engine.run.listener import Silent
    from evidence.engine.run.session import run_gates
    from evidence.engine.source.check import check_register

    project = replace(load_project(root), cores=cores)
    register, _ = check_register(project)
    run = run_gates(project, register, frozenset(gates), Silent())
    publish(project, register, run, judge(project, register, run), Silent())


def _small(folder: Path) -> Iterator[str]:
    first, second = (build_small(folder, setting, SMALL) for setting in (HERE, ELSEWHERE))
    yield from _told("a small repository, built whole twice", first, second)


def _own(folder: Path, gates: Sequence[str]) -> Iterator[str]:
    # Asked once: somebody may commit while this runs.
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    builds = [_clone_and_build(folder, setting, gates, commit) for setting in (HERE, ELSEWHERE)]
    what = f"this commit, {len(gates)} gates run twice ({', '.join(gates)})"
    yield from _told(what, *builds)


def _told(what: str, first: Path, second: Path) -> list[str]:
    found = differences(first, second)
    files = len(_digests(first))
    end = f"{len(found)} differ" if found else "all the same, byte by byte"
    sys.stdout.write(f"{what}: {files} files, {end}\n")
    for line in found[:_SHOWN]:
        sys.stdout.write(f"  {line}\n")
    if len(found) > _SHOWN:
        sys.stdout.write(f"  … and {len(found) - _SHOWN} more\n")
    return found


def _clone_and_build(folder: Path, setting: Setting, gates: Sequence[str], commit: str) -> Path:
    root = folder / setting.folder
    environment = _environment(folder, setting)
    clone = ["git", "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(root)]
    _run(clone, ROOT, environment)
    _run(["git", "checkout", "--quiet", "--detach", commit], root, environment)
    script = root / "evidence/gates/same_bytes.py"
    command = [sys.executable, str(script), "--build", str(root), "--gates", ",".join(gates)]
    environment["PYTHONPATH"] = str(root)
    _run([*command, "--cores", str(setting.cores)], root, environment)
    return (root / "build").resolve()


def _digests(build: Path) -> dict[str, str]:
    """Signatures are left out with what is volatile: whoever builds again has another key."""
    names = (path.relative_to(build) for path in build.rglob("*") if path.is_file())
    return {
        name.as_posix(): hashlib.sha256((build / name).read_bytes()).hexdigest()
        for name in names
        if "volatile" not in name.parts[:2] and name.parts[0] != "attestations"
    }


def _how(first: Path, second: Path) -> str:
    if not (first.is_file() and second.is_file()):
        return "is in one build only"
    pairs = zip(first.read_bytes().split(b"\n"), second.read_bytes().split(b"\n"), strict=False)
    for number, (one, other) in enumerate(pairs, start=1):
        if one != other:
            at = next(
                (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one)
            )
            start = max(0, at - 30)
            shown = [line[start : at + 50].decode("utf-8", "replace") for line in (one, other)]
            return f"line {number}: {shown[0]!r} and {shown[1]!r}"
    return "one goes on where the other ends"


def _environment(folder: Path, setting: Setting) -> dict[str, str]:
    scratch = folder / f"scratch-{setting.cores}"
    scratch.mkdir(parents=True, exist_ok=True)
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {**inherited, **dict(setting.environment), "TMPDIR": str(scratch)}


def _commit(root: Path, environment: dict[str, str]) -> None:
    author = ("-c", "user.name=Sam", "-c", "user.email=sam@example.org")
    fixed = {**environment, "GIT_AUTHOR_DATE": _NOON, "GIT_COMMITTER_DATE": _NOON}
    for words in (
        ("init", "--quiet", "--template="),
        ("add", "--all"),
        (*author, "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "Open the till"),
    ):
        _run(["git", *words], root, fixed)


def _run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    """Raise CalledProcessError unless it ends well; exit code 1 is a build with open claims."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    is_built = done.returncode == 1 and (folder / "build").exists()
    if done.returncode and not is_built:
        raise subprocess.CalledProcessError(done.returncode, list(command), done.stdout)


_NOON = "2026-01-02T12:00:00+00:00"
_PYPROJECT = """
[tool.evidence]
name = "Till"
version = "1.0"

[tool.evidence.env]
PYTEST_DISABLE_PLUGIN_AUTOLOAD = "1"
PYTEST_PLUGINS = "pytest_cov.plugin,pytest_jsonreport.plugin,xdist.plugin"
"""
_TESTS = """
import time

import pytest

from till import total


@pytest.mark.parametrize("count", range(12))
def test_total_adds_up(count):
    time.sleep(0.01 * (count % 3))
    assert total({1, 2, 3} | set(range(count))) == sum({1, 2, 3} | set(range(count)))


@pytest.mark.skip(reason="no cash")
def test_of_cash():
    pass


def test_that_fails():
    assert total({"b": 1, "a": 2}.values()) == 4
"""
_GATES = """
gates:
  - id: tests
    proves: The till adds up.
    pytest: ["-n", "{cores}", tests]
    cores: 2
    timeout_s: 60
  - id: prints
    proves: What a tool prints of time, place and order does not reach the log.
    run: ["{python}", prints.py]
    varies:
      <seconds>: in ([0-9.]+)s
    timeout_s: 30
"""
_PRINTS = """
import os
import time

print({"a", "b", "c"}, time.tzname, os.getcwd())
print(f"in {time.process_time():.9f}s")
"""
_CLAIMS = """
area: Till
about: What happens when somebody pays.
claims:
  - id: TILL-01
    says: A basket costs the sum of its prices.
    requirements: [T1]
    code: [till.py::total]
    tests: [tests/test_till.py::test_total_adds_up]
    gates: [prints]
  - id: TILL-02
    says: A basket of two costs four.
    code: [till.py::total]
    tests: [tests/test_till.py::test_that_fails]
"""
SMALL = {
    "pyproject.toml": _PYPROJECT + '\n[tool.pytest.ini_options]\npythonpath = ["."]\n',
    ".gitignore": "build\n__pycache__/\n",
    "till.py": 'def total(prices):\n    """What the basket costs."""\n    return sum(prices)\n',
    "prints.py": _PRINTS,
    "tests/test_till.py": _TESTS,
    "evidence/claims/till.yml": _CLAIMS,
    "evidence/gates.yml": _GATES,
    "evidence/requirements.yml": "requirements:\n  selling:\n    T1: The till adds up\n",
}


if __name__ == "__main__":
    sys.exit(main())
