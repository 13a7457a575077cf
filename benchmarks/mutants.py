"""What a mutant costs here, beside mutmut on the same functions and the same tests.

Twice: claims of the shop with their tests on PostgreSQL, which is what the engine is for, and
plain functions whose tests take no time, where all that is left is what either engine costs by
itself. Everybody has a child a core. A mutant's time is what it takes once the tests have run
unbroken, all-in: servers, controls, and what is tried again in new processes; the whole process
stands beside it. As the shop's tests have it, each process that tests makes a database, a copy of
one that was migrated before: this engine's few servers do, and each of mutmut's children.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lib import mutmut
from lib.beside import ROOT, python
from lib.mutmut import Tried

sys.path.insert(0, str(ROOT))
from evidence.engine.project import load_project
from evidence.engine.register.model import Link
from evidence.engine.register.reading import read_register

FUNCTIONS = 40
TARGET = 4

FUNCTION = '''
def rule_{n}(amount, limit):
    """Whether so much may go, and what is left then."""
    if amount <= 0 or limit < {n}:
        raise ValueError("nothing")
    total = amount * {n} + limit
    if total > 100 and amount != limit:
        total -= {n} + 1
    return total // 2
'''
TEST = """
def test_rule_{n}():
    assert rules.rule_{n}(10, {n}) == (10 * {n} + {n} - ({n} + 1 if 11 * {n} > 100 and {n} != 10 else 0)) // 2
    assert rules.rule_{n}({n}, {n}) == ({n} * {n} + {n}) // 2
    for amount, limit in ((0, {n}), (1, {n} - 1)):
        with pytest.raises(ValueError):
            rules.rule_{n}(amount, limit)
"""  # noqa: E501 - as a person would write it
PYPROJECT = """
[project]
name = "rules"
version = "1"
[tool.evidence]
name = "Rules"
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
[tool.mutmut]
source_paths = ["shop"]
"""
TRY = """
import sys
from pathlib import Path
from evidence.engine.falsify.mutation import try_live
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.run.listener import Silent
project = load_project(Path(sys.argv[1]))
register = read_register(project)
claims = [claim for claim in register.claims if claim.id in sys.argv[2:] or not sys.argv[2:]]
broken = try_live(project, register, claims, Silent(), look=lambda *_: None)
found = broken.record
killed = sum(any(t.outcome.is_kill for t in m.trials) for m in found.mutants)
assert not found.complaints and not found.red, (found.complaints, found.red)
print(sum(broken.seconds.values()), sum(bool(m.trials) for m in found.mutants), killed)
"""

# One whole area of the register, so that nobody chose the claims, and what is done once for all of
# them (servers started, first kills tried again) weighs about what it weighs in a build. mutmut
# takes some minutes for it.
AREA = "ORD-"
# mutmut knows modules by their place below `src`, so the shop stands there for it.
SHOP_FOR_MUTMUT = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {files}
also_copy = ["src", "evidence", "site_src"]
pytest_add_cli_args_test_selection = {tests}
"""
# A database is named for the process that tests; a child of mutmut is such a process too.
A_DATABASE_EACH = """

@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = f"test_purelaka_{os.getpid()}"
"""


def main() -> None:
    # Whoever reads it through a pipe waits for minutes otherwise.
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        has_mutmut = mutmut.install(folder / "mutmut")
        if not has_mutmut:
            print("mutmut could not be installed here, so only this engine is measured")
        shop = _on_the_shop(folder, has_mutmut=has_mutmut)
        met = [_show("All claims on orders that cite code, with tests on PostgreSQL", shop)]
        plain = _on_plain_functions(folder, has_mutmut=has_mutmut)
        met.append(_show(f"{FUNCTIONS} plain functions, with tests that take no time", plain))
    raise SystemExit(0 if all(met) else 1)


def _on_the_shop(folder: Path, *, has_mutmut: bool) -> list[Tried]:
    ours = folder / "shop"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(ours)], check=True)
    claims = read_register(load_project(ours)).claims
    cited = [claim for claim in claims if claim.id.startswith(AREA) and claim.code]
    tests = list(dict.fromkeys(link.text for claim in cited for link in claim.tests))
    theirs = shutil.copytree(ours, folder / "theirs", ignore=shutil.ignore_patterns(".git"))
    _start_database(ours, tests[0])
    tried = [_ours(ours, *(claim.id for claim in cited))]
    _remove_database(ours / "app")
    if has_mutmut:
        code = [link for claim in cited for link in claim.code]
        _for_mutmut(theirs, {link.path.replace("app/", "src/", 1) for link in code}, tests)
        _start_database(_where_it_tests(theirs), tests[0])
        _leave_the_data(theirs / "mutants")
        names = sorted({_name(link) for link in code})
        tried.append(mutmut.run(theirs, folder / "mutmut", names, own_pytest=False))
        _remove_database(theirs / "mutants/src")
    return tried


def _where_it_tests(shop: Path) -> Path:
    """mutmut runs tests in a copy, which has a private server of its own, named for its place."""
    copy = shutil.copytree(shop, shop.with_name("copy"))
    return copy.rename(shop / "mutants")


def _leave_the_data(copy: Path) -> None:
    """All but the server's data: mutmut makes the rest itself."""
    for each in copy.iterdir():
        if each.is_dir() and each.name != ".local":
            shutil.rmtree(each)
        elif each.is_file():
            each.unlink()


def _for_mutmut(shop: Path, files: set[str], tests: list[str]) -> None:
    (shop / "app").rename(shop / "src")
    settings = shop / "pyproject.toml"
    text = settings.read_text("utf-8").replace('pythonpath = ["app"', 'pythonpath = ["src"')
    text += SHOP_FOR_MUTMUT.format(files=sorted(files), tests=tests)
    settings.write_text(text, "utf-8")
    with (shop / "tests/conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(A_DATABASE_EACH)


def _name(link: Link) -> str:
    """All mutants of the symbol, as mutmut names them."""
    module = link.path.removeprefix("app/").removesuffix(".py").replace("/", ".")
    group, _, function = link.name.rpartition(".")
    return f"{module}.x{f'ǁ{group}ǁ' if group else '_'}{function}__mutmut_*"


def _start_database(shop: Path, test: str) -> None:
    """The private server's first start, and the migrations, are part of no mutant."""
    command = [sys.executable, "-m", "pytest", "-q", test]
    subprocess.run(command, cwd=shop, check=True, stdout=subprocess.DEVNULL)


def _remove_database(apps: Path) -> None:
    """What may lie outside the folder, where root's server has its data."""
    subprocess.run([sys.executable, str(apps / "local_postgres/clean.py")], check=True)


def _on_plain_functions(folder: Path, *, has_mutmut: bool) -> list[Tried]:
    _write(project := folder / "rules")
    tried = [_ours(project)]
    if has_mutmut:
        tried.append(mutmut.run(project, folder / "mutmut", own_pytest=True))
    return tried


def _write(project: Path) -> None:
    numbers = range(1, FUNCTIONS + 1)
    claims = [
        f"  - {{id: RUL-{n:02}, says: Rule {n} holds., code: ['shop/rules.py::rule_{n}'], "
        f"tests: ['tests/test_rules.py::test_rule_{n}']}}\n"
        for n in numbers
    ]
    files = {
        "pyproject.toml": PYPROJECT,
        ".gitignore": "build\n.build/\n.local/\n__pycache__/\nmutants/\n",
        "shop/__init__.py": "",
        "shop/rules.py": "".join(FUNCTION.format(n=n) for n in numbers),
        "tests/test_rules.py": "import pytest\n\nfrom shop import rules\n"
        + "".join(TEST.format(n=n) for n in numbers),
        "evidence/claims/rules.yml": "area: Rules\nclaims:\n" + "".join(claims),
        "evidence/gates.yml": "gates:\n  - {id: tests, proves: They pass., pytest: [tests]}\n",
    }
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, "utf-8")
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "Rules"]):
        subprocess.run(["git", *command], cwd=project, check=True)


def _ours(project: Path, *claims: str) -> Tried:
    command, began = python(TRY, project, *claims), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    trying, mutants, killed = done.stdout.split()
    return Tried("this engine", seconds, float(trying), int(mutants), int(killed))


def _show(title: str, tried: list[Tried]) -> bool:
    """Whether the target is met; nobody missed it where there is nobody to compare with."""
    print(f"\n{title}\n  {'':<12} mutants  killed  ms a mutant  the whole process")
    for one in tried:
        print(
            f"  {one.who:<12} {one.mutants:7,}  {one.killed:6,}  {_each(one):11.1f}  "
            f"{one.seconds:15.1f} s"
        )
    if len(tried) == 1:
        return True
    ours, theirs = tried
    times = _each(theirs) / _each(ours)
    whole = theirs.seconds / theirs.mutants / (ours.seconds / ours.mutants)
    said = "met" if times >= TARGET else "missed"
    print(
        f"  A mutant takes mutmut {times:.1f} times as long, at least {TARGET} expected: {said}. "
        f"With the tests' own run: {whole:.1f} times."
    )
    return times >= TARGET


def _each(one: Tried) -> float:
    """Milliseconds."""
    return 1000 * one.trying / one.mutants


if __name__ == "__main__":
    main()
