"""What is said of the project elsewhere: which claims it rests on, and whether it stands there."""

from __future__ import annotations

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.evidence.register.till import PUBLIC, said


def test_public_claims_are_read_with_the_claims_they_rest_on(stranger):
    stranger.write("README.md", "# Till\n\nA **till** that\nadds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    first, second = read_register(load_project(stranger.root)).public

    assert (first.where, first.says) == ("README.md", "A till that adds up.")
    assert [link.text for link in second.claims] == ["TILL-01", "TILL-02"]


def test_a_place_elsewhere_may_be_told_in_many_words(stranger):
    where = ", and ".join(["On the price list that lies on the counter"] * 8)
    stranger.write("README.md", "A till that adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC.replace("A post on LinkedIn", where))

    assert read_register(load_project(stranger.root)).public[1].where == where


def test_sentence_may_be_quoted_over_several_lines(stranger):
    stranger.write("README.md", "> - A till that\n>   adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    assert len(read_register(load_project(stranger.root)).public) == 2


def test_sentence_that_its_file_does_not_say_is_refused(stranger):
    stranger.write("README.md", "# Till\n\nA till that adds.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    assert said(stranger) == [
        'evidence/public_claims.yml:2  "A till that adds up.": not found in README.md, expected '
        "word by word; quote it as it stands there, or take it out here"
    ]


def test_public_claim_that_rests_on_nothing_is_refused(stranger):
    stranger.write("README.md", "A till that adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC.replace("TILL-02", "ZZZ-99"))

    assert said(stranger) == [
        "evidence/public_claims.yml:7  public claim rests on ZZZ-99: no such claim; "
        "name one of claims/"
    ]
