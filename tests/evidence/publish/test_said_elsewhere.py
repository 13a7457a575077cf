from __future__ import annotations

import pytest

from evidence.engine.judge.model import Said
from evidence.engine.publish.evidence_json import evidence_json
from evidence.engine.publish.pages import write_pages
from evidence.engine.publish.people import PeoplesPages
from evidence.engine.register.model import PublicClaim
from tests.evidence.publish.sample import PLACE, Sample, link

PUBLIC = PublicClaim("A post <here>", "Refunds *never* add up to more.", (link("REF-02"),), PLACE)


@pytest.fixture
def speaking(sample: Sample) -> Sample:
    sample.said = (Said(PUBLIC, ("REF-02",)), Said(PUBLIC))
    return sample


def test_page_shows_each_sentence_with_its_claims_and_whether_they_bear_it(
    speaking: Sample,
) -> None:
    docs = speaking.root / "docs"
    chapters = write_pages(docs, speaking.views, PeoplesPages())
    text = (docs / "said_elsewhere.md").read_text("utf-8")

    assert "“Refunds &#42;never&#42; add up to more.”" in text
    assert "A post &#60;here&#62;" in text
    assert text.index("says more than is proved") < text.index(">borne<")
    assert text.count("claims/refunds.html&#35;REF-02") == 2
    assert "said_elsewhere" in {chapter.name for chapter in chapters}


def test_nothing_is_judged_where_nothing_was_broken_on_purpose(speaking: Sample) -> None:
    speaking.tried = False
    docs = speaking.root / "docs"
    write_pages(docs, speaking.views, PeoplesPages())
    text = (docs / "said_elsewhere.md").read_text("utf-8")

    assert "says more than is proved" not in text
    assert ">not judged" in text


def test_project_that_says_nothing_elsewhere_has_no_such_page(sample: Sample) -> None:
    docs = sample.root / "docs"
    chapters = write_pages(docs, sample.views, PeoplesPages())

    assert not (docs / "said_elsewhere.md").exists()
    assert "said_elsewhere" not in {chapter.name for chapter in chapters}


def test_evidence_tells_what_does_not_bear_a_sentence(speaking: Sample) -> None:
    told = evidence_json(speaking.project, speaking.register, speaking.run, speaking.judgement)

    assert told["public"] == [
        {
            "where": "A post <here>",
            "says": "Refunds *never* add up to more.",
            "claims": ["REF-02"],
            "unborne_by": unborne,
        }
        for unborne in (["REF-02"], [])
    ]
