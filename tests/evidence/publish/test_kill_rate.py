"""publish.kill_rate: how much of what was broken somebody noticed, in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.falsify.model import Outcome, Trial
from evidence.engine.judge.model import Breakages, Mutation, Verdict
from evidence.engine.publish.kill_rate import kill_rate
from evidence.engine.publish.people import render_people
from tests.evidence.publish.sample import Sample, claim, verdict
from tests.evidence.publish.test_mutations import BROKEN, KILL, mutant
from tests.evidence.publish.test_people import mistakes, page, resolve


def judged(*mutations: Mutation) -> Verdict:
    return verdict(claim("REF-02", "x"), broken=Breakages(mutations))


def test_what_was_waived_or_not_tried_is_told_apart_from_what_was_noticed() -> None:
    told = kill_rate([judged(*BROKEN.mutations)], ["till"])

    assert (told.tried, told.killed, told.waived, told.untried) == (4, 2, 1, 2)
    assert str(told) == ("2 of 4 small edits noticed (50 %), 1 waived, 2 not tried in this build")


def test_an_edit_that_two_claims_cite_counts_once_and_any_kill_counts() -> None:
    survived = Mutation(mutant(1), Outcome.SURVIVED, uncited=Trial("t::other", Outcome.ASSERTION))
    killed = Mutation(mutant(1), Outcome.CRASH, KILL)

    assert str(kill_rate([judged(survived), judged(killed)], ["till"])) == (
        "1 of 1 small edit noticed (100 %)"
    )


def test_all_but_one_is_not_called_all() -> None:
    survived = Mutation(mutant(1), Outcome.SURVIVED)
    killed = [Mutation(mutant(number), Outcome.ASSERTION, KILL) for number in range(2, 1_001)]

    assert str(kill_rate([judged(survived, *killed)], ["till"])) == (
        "999 of 1,000 small edits noticed (99 %)"
    )


@pytest.mark.parametrize("folder", ["til", "till/money", "elsewhere"])
def test_other_folders_do_not_count(folder: str) -> None:
    assert str(kill_rate([judged(*BROKEN.mutations)], [folder])) == "not measured in this build"


def test_what_was_left_out_of_the_sample_is_no_measure() -> None:
    left_out = judged(Mutation(mutant(6), Outcome.LEFT_OUT))
    assert str(kill_rate([left_out], ["till/"])) == "not measured in this build"


def test_a_page_quotes_it(sample: Sample) -> None:
    here = replace(mutant(1), path="app/policy.py")
    broken = Breakages((Mutation(here, Outcome.ASSERTION, KILL),))
    sample.verdicts = [replace(sample.verdicts[0], broken=broken)]

    assert page(sample, '{{ killed("app") }}') == "1 of 1 small edit noticed (100 %)"
    assert not render_people(sample.views, resolve).cited


def test_a_folder_that_no_claim_cites_is_a_mistake(sample: Sample) -> None:
    sample.write("pages/a.md", 'x\n{{ killed("app", "ap") }}')
    assert mistakes(sample) == ["pages/a.md:2  killed ap: no claim cites code in such a folder"]
