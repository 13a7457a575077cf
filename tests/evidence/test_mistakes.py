"""One shape for everything a person can write wrong."""

from __future__ import annotations

from evidence.engine.mistakes import Mistake, Mistakes, Place, did_you_mean


def test_mistake_reads_place_then_sentence():
    assert str(Mistake(Place("a.yml", 3), "found x, expected y")) == "a.yml:3  found x, expected y"


def test_mistakes_stand_in_file_and_line_order():
    found = Mistakes([Mistake(Place("b", 1), "z"), Mistake(Place("a", 10), "y")])
    found = Mistakes([*found.found, Mistake(Place("a", 9), "x")])

    assert str(found) == "a:9  x\na:10  y\nb:1  z"


def test_sentence_is_one_line_that_no_terminal_obeys():
    assert str(Mistake(Place("a"), 'found "x\n\x1b[31my\u202e"')) == (
        'a:1  found "x \\x1b[31my\\u202e"'
    )


def test_nearest_name_is_offered_and_a_far_one_is_not():
    assert did_you_mean("asses", ["assess", "issue"]) == "; did you mean assess?"
    assert did_you_mean("zzz", ["assess", "issue"]) == ""
