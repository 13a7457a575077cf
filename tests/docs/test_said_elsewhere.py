"""What is said in public is said in the register too, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.repo.planted import ROOT

POST = "site_src/linkedin_post.md"
# Gates that say "not run" where a tool, a key or the internet is missing.
NEED_MORE = {
    *("compose", "demo-walkthrough", "release-proof", "stripe-cli", "stripe-examples"),
    *("stripe-test-mode", "vulnerabilities", "fresh-clone"),
}
# How sentences of the README begin that say what to type, where to look, or what things are called,
# and those that tell minutes which each build measures anew.
LEADS = (
    "A small shop that proves what it says about itself",
    "Most software asks to be believed.",
    "Three of the claims:",
    "Needed:",
    "Linux with Python 3.11 to 3.13, git and make.",
    "**You want to buy it.** Were you given",
    "Or run `make evidence` yourself",
    "The page *Due diligence* answers",
    "Then pick the claim you would least believe",
    "**You review it.** Run `make demo`",
    "With Docker instead:",
    "`SEED_DEMO=1 docker compose up",
    "To see a promise break:",
    "`.venv/bin/python build_evidence.py sabotage REF-02`.",
    "Then break something in `app/` yourself",
    "Evidence names a commit: if you have",
    "**You develop it.** `make test` takes some minutes;",
    "`make check` reads the register only.",
    "A change comes with its test, its claim",
    "The folders:",
    "Two proofs look longer when asked to:",
    "`make evidence` calls `python build_evidence.py`",
    "The site's page *Verify* has what is checked",
    "To use Stripe's test mode instead,",
    "Three files:",
    "Commit them and run",
    "If your tests need packages of their own,",
    "Licence:",
    "MIT, see",
    "Changes:",
)


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


def test_each_sentence_of_the_readme_rests_on_claims_or_promises_nothing() -> None:
    said = {" ".join(each.split()) for each in _said("README.md")}
    sentences = list(_sentences((ROOT / "README.md").read_text("utf-8")))
    assert len(sentences) > 40

    bare = [each for each in sentences if not any(quoted in each for quoted in said)]

    assert [each for each in bare if not each.startswith(LEADS)] == []
    # What is no longer there needs no leave to stand there.
    assert [lead for lead in LEADS if not any(each.startswith(lead) for each in bare)] == []


def _sentences(text: str) -> Iterator[str]:
    """Of its prose: fences have gates of their own, tables and headings name things."""
    text = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    for part in text.split("\n\n"):
        if part.strip() and not part.lstrip().startswith(("#", "|")):
            yield from re.split(r"(?<=[.?!:])\s+(?=[A-Z`*(])", " ".join(part.split()))
