"""falsify.testfile: what a file of tests defines is its own, and what it does is everybody's."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.testfile import done_by

MODULES = frozenset({"till", "till.money", "money"})


@pytest.mark.parametrize(
    "text",
    [
        '"""A text."""\n',
        "RATE = 1\nMOST = [RATE, lambda: call()]\n",
        "def test_it(): act()\n",
        "async def test_it(rate=1, *, most=2): act()\n",
        "@pytest.mark.parametrize('n', [pytest.param(1, id='one')])\ndef test_it(n): ...\n",
        "@pytest.fixture\ndef rate(): return act()\n",
        "@pytest.fixture(scope='module')\ndef rate(): return act()\n",
        "@pytest.fixture(scope='class', autouse=True)\ndef rate(): return act()\n",
        "class TestIt:\n    rate = 1\n    def test_it(self): act()\n",
        "@dataclass(frozen=True)\nclass Rate:\n    @property\n    def n(self): return act()\n",
        "@dataclasses.dataclass\nclass Rate:\n    @staticmethod\n    def n(): return act()\n",
        "@contextmanager\ndef till(): yield act()\n",
        "pytestmark = pytest.mark.slow\n",
        "pytestmark = [pytest.mark.usefixtures('rate')]\n",
        "WRONG = pytest.raises(ValueError)\nNEAR = pytest.approx(1)\n",
        "@contextlib.contextmanager\ndef till(): yield act()\n",
    ],
)
def test_what_only_defines_does_nothing(text: str) -> None:
    assert done_by(text, MODULES) == []


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("import os, sys\n", ["import os, sys"]),
        ("from till.money import change, total\n", ["from till.money"]),
        ("from till import money, Till\n", ["from till", "from till import money"]),
        ("from . import money, other\n", ["from .", "from . import money"]),
        ("from ..till import other\n", ["from ..till"]),
        ("from till import *\n", ["from till", "from till import *"]),
        ("os.environ['RATE'] = '2'\n", ["os.environ['RATE'] = '2'"]),
        ("_ = os.environ.setdefault('RATE', '1')\n", ["os.environ.setdefault('RATE', '1')"]),
        ("RATE: int = act()\n", ["RATE: int = act()"]),
        ("print('loaded')\n", ["print('loaded')"]),
        ("if TYPE_CHECKING:\n    import os\n", ["if TYPE_CHECKING:\n    import os"]),
        ("for n in range(3): ...\n", ["for n in range(3):\n    ..."]),
        ("@register\ndef test_it(): ...\n", ["@register"]),
        ("@m.register(1)\ndef test_it(): act()\n", ["@m.register(1)"]),
        ("@pytest.mark.parametrize('n', found())\ndef test_it(n): ...\n",
         ["pytest.mark.parametrize('n', found())"]),
        ("def test_it(rate=act()): ...\n", ["act()"]),
        ("def test_it(*, other, rate=act()): ...\n", ["act()"]),
        ("class TestIt:\n    act()\n    rate = act()\n", ["act()", "act()"]),
        ("class TestIt:\n    @register\n    def test_it(self): ...\n", ["@register"]),
        ("@register\nclass TestIt: ...\n", ["@register"]),
        ("class TestIt(made()): ...\n", ["TestIt ['made()']"]),
        ("class TestIt(metaclass=made()): ...\n", ["TestIt ['metaclass=made()']"]),
        ("class TestIt(Plugin):\n    rate = 1\n", ["TestIt ['Plugin']"]),
        ("pytest_plugins = ['till.a']\n", ["pytest_plugins = ['till.a']"]),
        ("x = pytest.importorskip('till.a')\n", ["pytest.importorskip('till.a')"]),
        ("@lib.property\ndef rate(): ...\n", ["@lib.property"]),
    ],
)  # fmt: skip
def test_what_is_done_as_it_is_loaded_is_told(text: str, done: list[str]) -> None:
    assert done_by(text, MODULES) == done


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def broken(:\n",
        "\0",
        pytest.param("-" * 100_000 + "1\n", id="too deep to be read"),
        pytest.param("1" + " + 1" * 1200, id="too deep to be followed"),
        "@pytest.fixture(scope='session')\ndef rate(): ...\n",
        "@pytest.fixture(scope='package')\ndef rate(): ...\n",
        "@pytest.fixture(scope=S)\ndef rate(): ...\n",
        "@pytest.fixture('session')\ndef rate(): ...\n",
        "@pytest.fixture(**told)\ndef rate(): ...\n",
        "@fixture(scope='session')\ndef rate(): ...\n",
        "class TestIt:\n    @pytest.fixture(scope='session')\n    def rate(self): ...\n",
    ],
)
def test_what_is_set_up_for_other_files_or_cannot_be_read_is_not_its_own(text: str) -> None:
    assert done_by(text, MODULES) is None
