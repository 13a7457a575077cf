"""falsify.depends: a change is the world's unless it is known to concern some tests alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import CoverageData

from evidence.engine.falsify.depends import Dependencies, dependencies

CODE = """\
import functools

LIMIT = 3


def charged(amount, most=LIMIT):
    fee = 1
    return min(amount + fee, most)


def stocked():
    return ["tea"]


@functools.lru_cache
def rates():
    return {"fee": 1}


def loaded():
    return LIMIT


LOADED = loaded()


def elsewhere():
    return "nobody was seen here"


class Till:
    def open(self):
        return charged(1)
"""
FILES = {
    "shop/till.py": CODE,
    "shop/other.py": "PRICE = 2\n",
    "shop/migrations/0001.py": "UNIQUE = ['receipt']\n",
    "tests/test_till.py": "def test_charged(): ...\n",
    "tests/test_stock.py": "def test_stock(): ...\n",
    "tests/test_shared.py": "def test_shared(): ...\n",
    "tests/test_uses.py": "from tests.test_shared import (\n    test_shared,\n)\n",
    "tests/conftest.py": "# fixtures\n",
    "README.md": "import test_till\n",
}
CHARGED, STOCK, SHARED = (
    "tests/test_till.py::test_charged",
    "tests/test_stock.py::test_stock",
    "tests/test_shared.py::test_shared",
)
RAN = {
    f"{CHARGED}[1]|run": (7, 8, 17),
    f"{CHARGED}[1]|setup": (12,),
    f"{STOCK}|run": (12, 33),
    f"{SHARED}|run": (7, 8),
    "": (1, 3, 6, 11, 16, 20, 21, 24, 27, 31, 32),
}


@dataclass
class Place:
    """A small project and who ran what in it."""

    root: Path

    def now(self, outside: str = "python 3.11") -> Dependencies:
        files = {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.name != "coverage"
        }
        return dependencies(
            self.root,
            files,
            outside,
            cited=["shop/till.py", "shop/gone.py"],
            recordings=[self.root / "coverage"],
            tests=[CHARGED, STOCK, SHARED],
        )

    def edit(self, path: str, was: str, becomes: str) -> None:
        text = (self.root / path).read_text("utf-8")
        assert text.count(was) == 1
        (self.root / path).write_text(text.replace(was, becomes), "utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    data = CoverageData(str(tmp_path / "coverage"))
    for context, lines in RAN.items():
        data.set_context(context)
        data.add_lines({"shop/till.py": lines})
    data.write()
    data.close()
    return Place(tmp_path)


def changed(before: Dependencies, after: Dependencies) -> set[str]:
    return {each for each in (CHARGED, STOCK, SHARED) if before.alone(each) != after.alone(each)}


def test_a_changed_function_concerns_the_tests_that_called_it(place: Place) -> None:
    before = place.now()
    place.edit("shop/till.py", "fee = 1", "fee = 2")
    after = place.now()
    assert before.world == after.world
    assert changed(before, after) == {CHARGED, SHARED}
    assert before.everything != after.everything


def test_what_a_test_never_runs_by_itself_is_a_stray(place: Place) -> None:
    charged, opened = "shop/till.py::charged", "shop/till.py::Till.open"
    worldly = ("shop/till.py::loaded", "shop/till.py::stocked", "shop/elsewhere.py::gone")
    before = place.now()
    assert before.strays([CHARGED], [charged, opened, *worldly]) == (opened,)
    assert before.strays([CHARGED, STOCK], [charged, opened]) == ()
    assert before.strays(["tests/test_new.py::test_it"], [opened, charged]) == (opened, charged)
    place.edit("shop/till.py", "return charged(1)", "return charged(2)")
    after = place.now()
    assert before.of_strays([opened]) != after.of_strays([opened])
    assert before.of_strays([charged]) == after.of_strays([charged])
    assert before.of_strays([]) == after.of_strays([])
    assert before.of_strays(None) == before.everything != after.of_strays(None)
    # One that became the world's meanwhile is not what it was.
    assert before.of_strays([opened]) != before.of_strays(["shop/till.py::stocked"])


def test_a_method_is_told_from_other_functions(place: Place) -> None:
    before = place.now()
    place.edit("shop/till.py", "return charged(1)", "return charged(2)")
    after = place.now()
    assert before.world == after.world
    assert changed(before, after) == {STOCK}


def test_functions_below_a_changed_one_move_and_stay_the_same(place: Place) -> None:
    before = place.now()
    data = CoverageData(str(place.root / "coverage"))
    data.erase()
    place.edit("shop/till.py", "    return min(", "\n\n    return min(")
    for context, lines in RAN.items():
        data.set_context(context)
        data.add_lines({"shop/till.py": [n + 2 if n > 7 else n for n in lines]})
    data.write()
    data.close()
    after = place.now()
    assert before.world == after.world
    assert changed(before, after) == {CHARGED, SHARED}


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("shop/till.py", "LIMIT = 3", "LIMIT = 4", id="constant"),
        pytest.param("shop/till.py", "most=LIMIT", "most=4", id="default"),
        pytest.param("shop/till.py", '["tea"]', "[]", id="ran in a set-up"),
        pytest.param("shop/till.py", '{"fee": 1}', "{}", id="remembered"),
        pytest.param("shop/till.py", "    return LIMIT", "    return 9", id="ran at import"),
        pytest.param("shop/till.py", "nobody was", "somebody was", id="never seen to run"),
        pytest.param("shop/other.py", "2", "3", id="file that no claim cites"),
        pytest.param("shop/migrations/0001.py", "'receipt'", "", id="constraint of a migration"),
        pytest.param("tests/conftest.py", "fixtures", "other", id="conftest"),
        pytest.param("tests/test_shared.py", "...", "pass", id="test file that another imports"),
    ],
)
def test_anything_else_is_a_change_of_the_world(
    place: Place, path: str, was: str, becomes: str
) -> None:
    before = place.now()
    place.edit(path, was, becomes)
    after = place.now()
    assert before.world != after.world
    assert changed(before, after) == {CHARGED, STOCK, SHARED}


def test_what_is_no_file_is_the_worlds(place: Place) -> None:
    assert place.now().world != place.now("python 3.12").world


def test_a_file_of_tests_concerns_its_own_tests(place: Place) -> None:
    before = place.now()
    place.edit("tests/test_till.py", "...", "assert True")
    after = place.now()
    assert before.world == after.world
    assert changed(before, after) == {CHARGED}


@pytest.mark.parametrize("code", ["def charged(:\n", "\udcff"])
def test_a_file_that_is_no_python_is_the_worlds(place: Place, code: str) -> None:
    before = place.now()
    (place.root / "shop/till.py").write_bytes(code.encode("utf-8", "surrogateescape"))
    after = place.now()
    assert before.world != after.world


Contained = Callable[[Dependencies], dict[str, str]]


@pytest.mark.parametrize(
    ("contained", "hangs"),
    [
        pytest.param(lambda now: {STOCK: now.alone(STOCK)}, False, id="seen to start no process"),
        pytest.param(lambda now: {}, True, id="may start one"),
        pytest.param(lambda now: {STOCK: "another"}, True, id="seen before it changed"),
    ],
)
def test_a_test_that_may_start_a_process_hangs_on_every_file(
    place: Place, contained: Contained, hangs: bool
) -> None:
    before = place.now()
    said = before.of([STOCK], contained(before))
    place.edit("shop/till.py", "    fee = 1\n", "    fee = 2\n")
    after = place.now()
    assert (said != after.of([STOCK], contained(after))) is hangs


def test_tests_hang_together_in_any_order(place: Place) -> None:
    now = place.now()
    free = {each: now.alone(each) for each in (CHARGED, STOCK)}
    assert now.of([CHARGED, STOCK], free) == now.of([STOCK, CHARGED], free)
    assert now.of([CHARGED], free) != now.of([STOCK], free)
