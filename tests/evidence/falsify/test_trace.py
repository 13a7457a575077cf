"""falsify.trace: where trials went together, and what servers that saw different things share."""

from __future__ import annotations

from evidence.engine.falsify.trace import NOTHING, Shared, Trace, joined

ONE = Trace(frozenset({"m.py::f"}), frozenset({"page.html"}))
OTHER = Trace(frozenset({"m.py::g"}), frozenset({"m.py"}))


def test_traces_together_are_all_of_them_or_nothing_that_is_known() -> None:
    both = Trace(frozenset({"m.py::f", "m.py::g"}), frozenset({"m.py", "page.html"}))
    assert joined([ONE, OTHER]) == joined(iter([OTHER, ONE, ONE])) == both
    assert joined([]) == NOTHING
    assert joined([ONE, None, OTHER]) is None


def test_servers_share_what_any_of_them_went_through() -> None:
    one, other = (Shared(each) for each in (ONE, OTHER))
    assert (one | other).trace == joined([ONE, OTHER])
    assert (one | Shared(None)).trace is None
    assert Shared() | one == one


def test_a_function_is_noted_if_it_is_wherever_its_file_was_opened() -> None:
    noted = frozenset({"m.py::f", "n.py::f"})
    here = Shared(Trace(files=frozenset({"m.py", "n.py"})), noted)
    never = Shared(Trace(files=frozenset({"page.html"})))
    as_text = Shared(Trace(files=frozenset({"n.py"})))
    assert (here | never).noted == (never | here).noted == noted
    assert (here | as_text).noted == (as_text | here).noted == {"m.py::f"}
    assert (here | here).noted == noted
