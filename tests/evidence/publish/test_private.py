"""What must never be published, with a real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.publish.people import render_people
from evidence.engine.publish.publication import resolve_citation
from evidence.engine.publish.sources import Sources
from evidence.engine.run.secrets import Redactor
from tests.evidence.publish.sample import Sample, claim, link

KEY = "sk" + "_live_" + "0123456789abcdef"
SHAPES = ("sk_live_[0-9a-z]{8,}",)


@pytest.fixture
def checkout(sample: Sample) -> Sample:
    sample.write(".gitignore", ".env\n*.log\n")
    sample.write(".env", f"STRIPE_API_KEY={KEY}\n")
    subprocess.run(["git", "init", "-q"], cwd=sample.root, check=True)
    return sample


def test_cited_file_that_git_ignores_gets_no_page_and_no_excerpt(checkout: Sample) -> None:
    (checkout.root / "settings.txt").symlink_to(".env")
    files = (link(".env"), link("settings.txt"), link("app/policy.py"))
    checkout.add(claim("REF-03", "A.", code=files, pages=(link(".env"),)))
    views = checkout.views
    assert set(views.citing) == {"app/policy.py", "tests/test_policy.py"}
    assert KEY not in repr(views.claims)
    assert [page.href for page in views.claims["REF-03"].pages] == [""]


def test_page_cannot_cite_what_git_ignores(checkout: Sample) -> None:
    with pytest.raises(LookupError, match=r"^\.env: git ignores it"):
        resolve_citation(checkout.project, ".env")
    assert resolve_citation(checkout.project, "app/policy.py::assess") == ("app/policy.py", 4)


def test_ignored_file_among_the_pages_is_a_mistake(checkout: Sample) -> None:
    checkout.write("pages/a.md", "# A")
    checkout.write("pages/old.log", "x")
    with pytest.raises(Mistakes) as found:
        render_people(checkout.views, lambda text: (text, 0))
    assert str(found.value) == (
        "pages/old.log:1  page or file to publish: git ignores it, so nobody else has it; cite a "
        "file that git tracks"
    )


def test_page_that_shows_a_secret_is_a_mistake(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.secret_patterns = SHAPES
    sample.write("pages/a.md", f"# A\n\nSet the key to {KEY}.\n")
    with pytest.raises(Mistakes) as found:
        render_people(sample.views, lambda text: (text, 0))
    assert str(found.value) == (
        "pages/a.md:3  holds what looks like a secret ([tool.evidence.redact] patterns), and pages "
        "are published; take it out"
    )


def test_secret_in_a_cited_file_is_blotted_out_and_lines_keep_their_numbers(
    tmp_path: Path,
) -> None:
    (tmp_path / "x.py").write_text(f'a = 1\nKEY = "{KEY}"\nb = 2\n')
    file = Sources(tmp_path, Redactor.of((), SHAPES)).get("x.py")
    assert file is not None
    assert (file.lines, file.blotted) == (("a = 1", 'KEY = "<redacted>"', "b = 2"), 1)


def test_excerpts_are_blotted_out_as_well(sample: Sample) -> None:
    sample.secret_patterns = SHAPES
    sample.write("app/policy.py", f'"""."""\n\n\nKEY = "{KEY}"\n')
    assert KEY not in repr(sample.views.claims)
