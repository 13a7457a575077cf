"""What is said in public is said in the register too, sentence by sentence."""

from __future__ import annotations

import re

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.repo.planted import ROOT

POST = "site_src/linkedin_post.md"


def _said(where: str) -> set[str]:
    register = read_register(load_project(ROOT))
    return {said.says for said in register.public if said.where == where}


def test_every_sentence_of_the_post_rests_on_claims() -> None:
    quoted = re.findall(r"^> ?(.*)$", (ROOT / POST).read_text("utf-8"), re.MULTILINE)
    sentences = {" ".join(each.split()) for each in "\n".join(quoted).split("\n- ")[1:]}

    assert len(sentences) > 5
    assert sentences == _said(POST)


def test_the_readme_rests_on_claims() -> None:
    assert _said("README.md")
