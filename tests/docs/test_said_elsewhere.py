"""What is said in public is said in the register too, sentence by sentence."""

from __future__ import annotations

import re

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.repo.planted import ROOT

POST = "site_src/linkedin_post.md"
# Gates that say "not run" where a tool, a key or the internet is missing.
NEED_MORE = {
    *("compose", "demo-walkthrough", "release-proof", "stripe-cli", "stripe-examples"),
    *("stripe-test-mode", "vulnerabilities", "fresh-clone"),
}


def _said(where: str) -> set[str]:
    register = read_register(load_project(ROOT))
    return {said.says for said in register.public if said.where == where}


def test_every_sentence_of_the_post_rests_on_claims() -> None:
    quoted = re.findall(r"^> ?(.*)$", (ROOT / POST).read_text("utf-8"), re.MULTILINE)
    sentences = {" ".join(each.split()) for each in "\n".join(quoted).split("\n- ")[1:]}

    assert len(sentences) > 5
    assert sentences == _said(POST)


def test_what_is_said_holds_without_browser_container_engine_and_internet() -> None:
    """Or a stranger's first build would fail for want of a tool, and not for want of truth."""
    register = read_register(load_project(ROOT))
    cited = {link.text for said in register.public for link in said.claims}
    resting = [claim for claim in register.claims if claim.id in cited]

    assert {gate.text for claim in resting for gate in claim.gates} & NEED_MORE == set()
    assert [claim.id for claim in resting if claim.demo] == []


def test_the_readme_rests_on_claims() -> None:
    assert _said("README.md")
