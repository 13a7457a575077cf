"""`mutants`: what it prints, in a repository that is not ours."""

from __future__ import annotations

from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify.listing import mutants_of_link
from evidence.engine.mistakes import Place
from evidence.engine.project import load_project
from evidence.engine.register.model import Link


def test_each_mutant_is_shown_with_its_place_and_its_edit(stranger: Any, capsys: Any) -> None:
    stranger.replace(
        "evidence/claims/till.yml", "code: [till/money.py::total]", "code: [till/half.py::half]"
    )
    stranger.write("till/half.py", "def half(total):\n    return total // 2\n")
    stranger.commit()
    assert main(["mutants", "TILL-01", "--project", str(stranger.root)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("TILL-01     4 mutants  ")
    assert [line.rpartition("  ")[0] for line in shown if line.startswith("  till")] == [
        "  till/half.py:2  None returned",
        "  till/half.py:2  arithmetic changed",
        "  till/half.py:2  number moved by one",
        "  till/half.py:2  number moved by one",
    ]
    assert [line for line in shown if line.startswith("    ")] == [
        line
        for new in ("None", "total * 2", "total // 1", "total // 3")
        for line in ("    -    return total // 2", f"    +    return {new}")
    ]
    assert shown[-1] == "4 mutants in all; none was run."


def test_without_a_claim_only_the_numbers_are_shown(stranger: Any, capsys: Any) -> None:
    assert main(["mutants", "--project", str(stranger.root)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[:-1]] == ["TILL-01", "TILL-02", "TILL-03"]
    counts = [int(line.split()[1].replace(",", "")) for line in shown[:-1]]
    assert max(counts) > 0
    assert not any(line.startswith("    ") for line in shown)


def test_a_claim_that_is_none_is_answered_with_the_nearest(stranger: Any, capsys: Any) -> None:
    assert main(["mutants", "TILL-9", "--project", str(stranger.root)]) == 2
    assert capsys.readouterr().err == ("claim TILL-9: not in the register; did you mean TILL-03?\n")


@pytest.mark.slow
def test_code_that_is_nested_too_deeply_is_told_with_the_next_step(
    stranger: Any, capsys: Any
) -> None:
    terms, branches = "+".join(["n"] * 1200), "    elif n:\n        pass\n" * 1200
    stranger.replace(
        "evidence/claims/till.yml", "code: [till/money.py::total]", "code: [till/deep.py::deep]"
    )
    command = ["mutants", "TILL-01", "--project", str(stranger.root)]

    # It is told as a dead link, and the build goes on.
    stranger.write("till/deep.py", f"def deep(n):\n    return {terms}\n")
    assert main(command) == 1
    told, listed, *_ = capsys.readouterr().out.splitlines()
    assert told == (
        "evidence/claims/till.yml:7  TILL-01 cites till/deep.py::deep: till/deep.py:2 is nested "
        "too deeply to be broken, expected 150 levels at most, of which each term of a sum is one; "
        "split it, or cite something else"
    )
    assert listed.startswith("TILL-01     0 mutants")
    stranger.write("till/deep.py", f"def deep(n):\n    if n:\n        pass\n{branches}")
    assert main(command) == 1
    told, listed, *_ = capsys.readouterr().out.splitlines()
    assert told.endswith("till/deep.py:300 does not parse (too deeply nested); mend it")
    assert listed.startswith("TILL-01     0 mutants")


def test_a_link_that_names_no_function_has_no_mutants(stranger: Any) -> None:
    project = load_project(stranger.root)
    stranger.write("till/bad.py", "def total(:\n    return 1\n")
    # Whatever is in it, a text is no code.
    stranger.write("till/total.txt", "def total():\n    return 1\n")
    stranger.write("till/signs.txt", "-" * 100_000 + "1")
    for text in (
        *("till/money.py", "README.md::total", "till/total.txt::total", "till/signs.txt"),
        *("till/gone.py::total", "till/bad.py::total"),
    ):
        assert mutants_of_link(project, Link(text, Place("evidence/claims/till.yml"))) == ()
