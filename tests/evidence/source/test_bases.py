"""Where a class inherits its methods from, whatever stands in the place of its bases."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import Place
from evidence.engine.register.model import Link
from evidence.engine.source.links import resolve_test

SHARED = """\
class Base:
    def test_shared(self):
        assert True


class Other:
    class Inner:
        def test_inner(self):
            assert True


class TestIt({bases}):
    pass
"""


@pytest.mark.parametrize(
    "bases",
    ["Base", "made(0x{long}), Base", "List[0x{long}], Base", "*every(0x{long}), Base"],
)
def test_a_method_is_inherited_beside_a_base_that_is_worked_out(stranger, bases):
    text = SHARED.format(bases=bases.format(long="f" * 4000))
    stranger.write("tests/test_bases.py", text)
    link = Link("tests/test_bases.py::TestIt::test_shared", Place("claims.yml"))
    assert resolve_test(stranger.root, link).first == 2


def test_a_method_is_inherited_of_a_class_in_a_class(stranger):
    stranger.write("tests/test_bases.py", SHARED.format(bases="Other.Inner"))
    link = Link("tests/test_bases.py::TestIt::test_inner", Place("claims.yml"))
    assert resolve_test(stranger.root, link).first == 8
