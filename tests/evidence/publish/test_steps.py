from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.judge.model import Shown
from evidence.engine.publish.evidence_json import evidence_json
from evidence.engine.publish.people import render_people
from evidence.engine.register.model import Demo, DemoStep
from tests.evidence.publish.sample import PLACE, Sample, claim, link
from tests.evidence.publish.test_people import mistakes, resolve

PICTURE = "walk/artifacts/demo/pay.png"
STEP = DemoStep(
    id="pay",
    title="A customer <pays>",
    who="cara_customer",
    does=("Run `a * b` now.", "Press *Pay*."),
    sees="The order is `paid`.",
    minutes=0.5,
    place=PLACE,
)


@pytest.fixture
def demo(sample: Sample) -> Sample:
    sample.demo = Demo(link("walk"), (STEP, replace(STEP, id="later", minutes=2)))
    sample.add(claim("PAY-01", "Money arrives once.", demo=link("pay")))
    sample.shown = {"pay": Shown("passed", screenshot=PICTURE)}
    return sample


def walkthrough(sample: Sample, name: str = "demo_walkthrough.md") -> str:
    sample.write(f"pages/{name}", "# Demo\n\n{{ demo() }}")
    return next(page.text for page in render_people(sample.views, resolve).pages)


def test_page_shows_acts_sight_picture_and_claims_of_each_step(demo: Sample) -> None:
    text = walkthrough(demo)

    assert "## 1. A customer &#60;pays&#62; { #step-pay }" in text
    assert "<li>Run <code>a &#42; b</code> now.</li>" in text
    assert "<li>Press &#42;Pay&#42;.</li>" in text
    assert "<b>You see:</b> The order is <code>paid</code>." in text
    assert 'src="volatile/proof/walk/demo/pay.png"' in text
    assert "seen in a browser" in text
    assert "PAY-01" in text
    assert "half a minute" in text


def test_step_that_was_not_walked_shows_no_picture(demo: Sample) -> None:
    _, later = walkthrough(demo).split("## 2.")

    assert "not run" in later
    assert "2 min" in later
    assert "<img" not in later


def test_failed_step_shows_what_was_seen(demo: Sample) -> None:
    demo.shown = {"pay": Shown("failed", "expected Paid, found Pending", PICTURE)}

    text = walkthrough(demo)

    assert "expected Paid, found Pending" in text
    assert "seen in a browser" not in text


def test_picture_is_reached_from_a_page_in_a_folder(demo: Sample) -> None:
    assert 'src="../volatile/proof/walk/demo/pay.png"' in walkthrough(demo, "deep/demo.md")


def test_claim_leads_to_its_step_on_the_walkthrough(demo: Sample) -> None:
    walkthrough(demo)
    assert demo.views.claims["PAY-01"].demo.href == "demo_walkthrough.html#step-pay"


def test_claim_leads_nowhere_without_a_walkthrough_page(demo: Sample) -> None:
    assert demo.views.claims["PAY-01"].demo.href == ""


def test_evidence_names_the_step_and_its_picture(demo: Sample) -> None:
    told = evidence_json(demo.project, demo.register, demo.run, demo.judgement)
    shown = {each["id"]: each["demo"] for each in told["claims"]}
    assert shown["PAY-01"] == {"step": "pay", "screenshot": "volatile/proof/walk/demo/pay.png"}
    assert shown["REF-02"] is None


def test_page_of_a_project_without_a_demo_is_a_mistake(sample: Sample) -> None:
    sample.write("pages/guide.md", "{{ demo() }}")
    assert mistakes(sample) == ["pages/guide.md:1  demo: not found; this project has no demo.yml"]
