"""falsify.depends: a change concerns the trials that went there, or everybody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence.engine.falsify.depends import Dependencies
from evidence.engine.falsify.inside.opened import GIT
from evidence.engine.falsify.trace import Shared, Trace

CODE = '''\
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


def unseen():
    return "nobody notes it"


class Till:
    def open(self):
        return charged(1)

    @property
    def held(self):
        return 1

    @held.setter
    def held(self, paid):
        self.paid = paid


def explained(n,
              most=LIMIT): return n + most


def priced(n) -> Annotated[int,
                           LIMIT]: return n + 3


def told():
    """What it says."""
    return 1


def given():
    yield 1
    yield 2


def beside():
    one = 1; return one


def twice():
    def within():
        yield 4
    yield 3


def only_told():
    """Only this."""
'''
FILES = {
    "shop/till.py": CODE,
    "shop/other.py": "PRICE = 2\n\n\ndef price():\n    return PRICE\n",
    "shop/migrations/0001.py": "UNIQUE = ['receipt']\n",
    "shop/page.html": "tea\n",
    "shop/rates.csv": "tea,2\n",
    "tests/test_till.py": "def test_charged(): ...\n",
    "tests/test_stock.py": "def test_stock(): ...\n",
    "tests/test_shared.py": "def test_shared(): ...\n",
    "tests/test_uses.py": "from tests.test_shared import (\n    test_shared,\n)\n",
    "tests/conftest.py": "# fixtures\n",
    "README.md": "import test_till\n",
}
TILL, STOCK, SHARED = (
    "tests/test_till.py::test_charged",
    "tests/test_stock.py::test_stock",
    "tests/test_shared.py::test_shared",
)
NOTED = (
    *("charged", "stocked", "rates", "loaded", "Till.open", "Till.held"),
    *("explained", "priced", "told", "given", "twice", "only_told"),
    "beside",
)
BEFORE = Shared(
    Trace(
        frozenset({"shop/till.py::loaded"}),
        frozenset(FILES) - {"README.md", "shop/page.html", "tests/test_uses.py"},
    ),
    frozenset(f"shop/till.py::{name}" for name in NOTED),
)


def trace(*functions: str, files: tuple[str, ...] = ()) -> Trace:
    return Trace(frozenset(f"shop/till.py::{name}" for name in functions), frozenset(files))


TRIALS = {
    TILL: trace("charged"),
    STOCK: trace("stocked", "Till.open", "Till.held", "rates", files=("shop/page.html",)),
    SHARED: trace("charged", "told", "given", "beside"),
}


@dataclass
class Place:
    """A small project. Where its trials went stands in `TRIALS`."""

    root: Path

    def now(self, outside: str = "python 3.11", commit: str = "a" * 40) -> Dependencies:
        files = {
            path.relative_to(self.root).as_posix(): self._digest(path)
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }
        return Dependencies(self.root, files, outside, commit=commit, tests=TRIALS)

    def _digest(self, path: Path) -> str:
        if path.is_symlink():
            return f"link {path.readlink()}"
        kind = "program" if path.stat().st_mode & 0o100 else "file"
        return f"{kind} {hashlib.sha256(path.read_bytes()).hexdigest()}"

    def edit(self, path: str, was: str, becomes: str) -> None:
        text = (self.root / path).read_text("utf-8")
        assert text.count(was) == 1
        (self.root / path).write_text(text.replace(was, becomes), "utf-8")

    def concerns(self, path: str, was: str, becomes: str) -> set[str] | None:
        """Whose results count no more after that edit; None when it is everybody's."""
        before = self.now()
        self.edit(path, was, becomes)
        after = self.now()
        if before.of_shared(BEFORE) != after.of_shared(BEFORE):
            return None
        return {t for t in TRIALS if before.of([t], TRIALS[t]) != after.of([t], TRIALS[t])}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return Place(tmp_path)


def test_a_changed_function_concerns_the_trials_that_entered_it(place: Place) -> None:
    assert place.concerns("shop/till.py", "fee = 1", "fee = 2") == {TILL, SHARED}


def test_a_method_is_told_from_other_functions(place: Place) -> None:
    assert place.concerns("shop/till.py", "return charged(1)", "return charged(2)") == {STOCK}


def test_functions_below_a_changed_one_move_and_stay_the_same(place: Place) -> None:
    assert place.concerns("shop/till.py", "    return min(", "\n\n    return min(") == {
        TILL,
        SHARED,
    }


def test_what_a_function_says_of_itself_is_told_from_what_it_does(place: Place) -> None:
    assert place.concerns("shop/till.py", 'says."""\n    return 1', 'says."""\n    return 2') == {
        SHARED
    }
    assert place.concerns("shop/till.py", "yield 2", "yield 5") == {SHARED}
    assert place.concerns("shop/till.py", "one = 1;", "one = 2;") == {SHARED}
    assert place.concerns("shop/till.py", "return one", "return 1") == {SHARED}


def test_a_file_that_was_opened_concerns_whoever_opened_it(place: Place) -> None:
    assert place.concerns("shop/page.html", "tea", "milk") == {STOCK}


def test_a_file_that_nobody_opened_concerns_nobody(place: Place) -> None:
    assert place.concerns("README.md", "import", "use") == set()


def test_a_file_of_tests_concerns_its_own_tests(place: Place) -> None:
    assert place.concerns("tests/test_till.py", "...", "assert True") == {TILL}


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("shop/till.py", "LIMIT = 3", "LIMIT = 4", id="constant"),
        pytest.param("shop/till.py", "amount, most=LIMIT", "amount, most=4", id="default"),
        pytest.param("shop/till.py", '{"fee": 1}', "{}", id="remembered"),
        pytest.param("shop/till.py", "    return LIMIT", "    return 9", id="ran before any fork"),
        pytest.param("shop/till.py", "nobody notes", "nobody sees", id="notes nothing"),
        pytest.param("shop/till.py", "self.paid = paid", "self.paid = 0", id="two of one name"),
        pytest.param("shop/till.py", "What it says", "What it tells", id="docstring"),
        pytest.param("shop/till.py", "Only this", "Only that", id="nothing but a docstring"),
        pytest.param("shop/till.py", "return n + most", "return n", id="begins beside a default"),
        pytest.param("shop/till.py", "n + 3", "n + 4", id="begins beside what it returns"),
        pytest.param(
            "shop/till.py", "    yield 1\n    yield 2", "    return [1, 2]", id="generator no more"
        ),
        pytest.param("shop/till.py", "    yield 3\n", "", id="no generator, but one within"),
        pytest.param("shop/other.py", "return PRICE", "return 3", id="file read as a text"),
        pytest.param("shop/rates.csv", "2", "3", id="file that is no Python"),
        pytest.param("shop/migrations/0001.py", "'receipt'", "", id="constraint of a migration"),
        pytest.param("tests/conftest.py", "fixtures", "other", id="conftest"),
        pytest.param("tests/test_shared.py", "...", "pass", id="test file that another imports"),
    ],
)
def test_anything_else_that_was_there_before_forks_concerns_everybody(
    place: Place, path: str, was: str, becomes: str
) -> None:
    assert place.concerns(path, was, becomes) is None


def test_one_file_more_concerns_everybody(place: Place) -> None:
    before = place.now()
    (place.root / "shop/new.html").write_text("found first\n", "utf-8")
    assert before.of_shared(BEFORE) != place.now().of_shared(BEFORE)


def test_a_file_that_may_be_run_now_concerns_everybody(place: Place) -> None:
    before = place.now()
    (place.root / "README.md").chmod(0o755)
    assert before.of_shared(BEFORE) != place.now().of_shared(BEFORE)


def test_a_link_that_leads_elsewhere_concerns_everybody(place: Place) -> None:
    link = place.root / "newest"
    link.symlink_to("shop/page.html")
    before = place.now()
    link.unlink()
    link.symlink_to("README.md")
    assert before.of_shared(BEFORE) != place.now().of_shared(BEFORE)


@pytest.mark.parametrize(
    ("was", "becomes", "is_its_own"),
    [
        ("def test_charged(): ...\n", "def test_charged(): pass\n", True),
        ("RATE = 1\n", "RATE = 2\n", True),
        ("def test_till(): 1\n", "def test_till(): 2\n", True),
        ("from shop import till, x\n", "from shop import till, y\n", True),
        ("from shop import till\n", "from shop import other\n", False),
        ("from tests import x\n", "from tests import conftest\n", False),
        ("act(1)\n", "act(2)\n", False),
        ("@pytest.fixture(scope='session')\ndef f(): 1\n",
         "@pytest.fixture(scope='session')\ndef f(): 2\n", False),
        ("def broken(:\n", "def broken(::\n", False),
        ("x = '\udcff'\n", "y = '\udcff'\n", False),
    ],
)  # fmt: skip
def test_a_file_of_tests_that_does_more_than_define_concerns_everybody(
    place: Place, was: str, becomes: str, is_its_own: bool
) -> None:
    file = place.root / "tests/test_till.py"
    file.write_bytes(was.encode("utf-8", "surrogateescape"))
    before = place.now()
    file.write_bytes(becomes.encode("utf-8", "surrogateescape"))
    after = place.now()
    assert (before.of_shared(BEFORE) == after.of_shared(BEFORE)) is is_its_own
    assert before.of([TILL], TRIALS[TILL]) != after.of([TILL], TRIALS[TILL])
    assert before.of([STOCK], TRIALS[STOCK]) == after.of([STOCK], TRIALS[STOCK])


@pytest.mark.parametrize(
    "load", ['pytest_plugins = ["tests.test_till"]\n', "x = 1; from tests.test_till import y\n"]
)
def test_a_file_of_tests_that_another_names_concerns_everybody(place: Place, load: str) -> None:
    (place.root / "tests/test_uses.py").write_text(load, "utf-8")
    assert place.concerns("tests/test_till.py", "...", "pass") is None


def test_what_is_no_file_concerns_everybody(place: Place) -> None:
    assert place.now().of_shared(BEFORE) != place.now("python 3.12").of_shared(BEFORE)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def charged(:\n", id="no Python"),
        pytest.param("\udcff", id="no text"),
        pytest.param("LIMIT = " + "-" * 100_000 + "1\n", id="too deep to be read"),
        pytest.param("def charged():\n    return 1" + " + 1" * 1200, id="too deep to be followed"),
    ],
)
def test_a_file_that_is_no_python_counts_whole(place: Place, code: str) -> None:
    before = place.now()
    (place.root / "shop/till.py").write_bytes(code.encode("utf-8", "surrogateescape"))
    after = place.now()
    assert before.of_shared(BEFORE) != after.of_shared(BEFORE)
    assert after.of([TILL], TRIALS[TILL]) != before.of([TILL], TRIALS[TILL])


def test_whoever_went_nobody_knows_where_hangs_on_every_file(place: Place) -> None:
    shared = Shared(None, BEFORE.noted)
    before = place.now()
    assert before.of([TILL], None) == before.of_shared(shared) == before.everything
    place.edit("README.md", "import", "use")
    after = place.now()
    assert after.of([TILL], None) == after.of_shared(shared) == after.everything
    assert before.everything != after.everything
    assert before.everything != place.now("python 3.12").everything


def test_whoever_asked_git_hangs_on_every_file_as_it_was_at_any_time(place: Place) -> None:
    asked = trace(files=(GIT,))
    here, later = place.now(), place.now(commit="b" * 40)
    assert here.of([TILL], asked) != later.of([TILL], asked)
    assert here.of_shared(Shared(asked)) != later.of_shared(Shared(asked))
    assert here.of([TILL], trace()) == later.of([TILL], trace())
    place.edit("README.md", "import", "use")
    assert here.of([TILL], asked) != place.now().of([TILL], asked)


def test_what_is_gone_is_a_change(place: Place) -> None:
    before = place.now()
    place.edit("shop/till.py", "def charged(", "def charges(")
    (place.root / "shop/page.html").unlink()
    after = place.now()
    for test in TRIALS:
        assert before.of([test], TRIALS[test]) != after.of([test], TRIALS[test])


def test_tests_hang_together_in_any_order(place: Place) -> None:
    now = place.now()
    assert now.of([TILL, STOCK], trace("charged")) == now.of([STOCK, TILL], trace("charged"))
    assert now.of([TILL], trace("charged")) != now.of([STOCK], trace("charged"))
    # Two tests of one file are two.
    assert now.of([TILL], trace()) != now.of([f"{TILL}_twice"], trace())
