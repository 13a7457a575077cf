"""Whole builds of a tiny project. One build serves all tests that only read it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path

import jsonschema
import pytest

from evidence.engine.judge.model import Rung, RungVerdict, Standing, Status
from evidence.engine.mistakes import CannotRun, Mistakes
from evidence.engine.publish import pages, publication, selfcontained
from evidence.engine.publish.publication import publish
from evidence.engine.publish.site import MkDocs
from evidence.engine.publish.spread import spread
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import GateRun, GateStatus
from tests.evidence.publish.sample import COMMIT, LOG, Sample, claim, link, make_sample

HOSTILE = "A <b>bad</b> `claim` | with {braces} & <script>alert(1)</script>."


def build(sample: Sample) -> Path:
    return publish(sample.project, sample.register, sample.run, sample.judgement, Silent())


def rich(root: Path) -> Sample:
    """Every kind of thing a site shows: hostile text, a failed gate, a dead link, pages."""
    sample = make_sample(root)
    sample.repository = "https://git.example/shop"
    sample.add(claim("REF-03", HOSTILE, critical=True))
    why = "tests/test_policy.py::test_gone is not found."
    broken = claim("ACC-01", "Only ops may refund.", area="Access", code=(), tests=())
    sample.add(
        broken,
        Status.NOT,
        reasons=(why,),
        rungs=(
            RungVerdict(Rung.LINKED, Standing.NO, (why,)),
            *(RungVerdict(rung, Standing.NOT_APPLICABLE) for rung in list(Rung)[1:]),
        ),
    )
    sample.write(".github/workflows/ci.yml", "on: push\n" + "# more\n" * 7)
    whole_file = claim("ACC-02", "CI runs the gates.", area="Access", tests=())
    sample.add(replace(whole_file, code=(link(".github/workflows/ci.yml"),)))
    sample.gate_runs += (
        GateRun(
            id="lint",
            status=GateStatus.FAILED,
            why="Exit code 1, 0 expected.",
            exit_code=1,
            argv=("ruff", "check"),
            log="proof/lint.log",
            sha256="0" * 64,
            elapsed_s=0.5,
            artifacts=("lint/artifacts/report.md", "lint/artifacts/page.html"),
        ),
    )
    sample.gates += (replace(sample.gates[0], id="lint", proves="The code is clean."),)
    sample.write(".local/results/proof/lint.log", "one\n" * 200)
    sample.write(".local/results/lint/artifacts/report.md", "# Not a page\n")
    sample.write(
        ".local/results/lint/artifacts/page.html", '<script src="https://cdn.example/x.js">'
    )
    sample.write("pages/index.md", 'Refunds for {{ fact("refunds.window_days") }} days.\n')
    sample.write(
        "pages/policy.md",
        "# Policy { #policy }\n\n"
        'See {{ claim("REF-02") }} in {{ source("app/policy.py::assess") }}.\n',
    )
    return sample


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(rich(tmp_path_factory.mktemp("rich") / "shop"))


def read(built: Path, page: str) -> str:
    return (built / "site" / page).read_text(encoding="utf-8")


def shown(built: Path, page: str) -> str:
    """The words of a page's own content, as a reader sees them."""
    html = read(built, page)
    content = html[html.index("<article") : html.index("</article>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


def test_front_page_says_what_is_not_met_and_why(built: Path) -> None:
    text = shown(built, "index.html")
    assert "1 of 4 claims is not met." in text
    assert "1 of 2 gates passed in this build." in text
    assert "ACC-01 Only ops may refund." in text
    assert "tests/test_policy.py::test_gone is not found." in text
    assert "REF-02 Refunds never add up to more than the customer paid." in text
    assert "Not measured yet" in text
    assert "Next: Mend gate lint: exit code 1, 0 expected." in text
    assert "Refunds for 30 days." in text
    for person in ("You are buying", "You are reviewing", "You are developing"):
        assert person in text


def test_matrix_has_a_row_for_each_claim(built: Path) -> None:
    html = read(built, "acceptance_matrix.html")
    assert re.findall(r'<tr data-status="(\w+)" data-area="(\w+)">', html) == [
        ("partly", "Refunds"),
        ("partly", "Refunds"),
        ("not", "Access"),
        ("partly", "Access"),
    ]
    assert 'src="assets/matrix.js"' in html


def test_hostile_sentence_stays_a_sentence_on_every_page(built: Path) -> None:
    for page in ("index.html", "acceptance_matrix.html", "claims/refunds.html", "proof/tests.html"):
        assert "<script>alert(1)" not in read(built, page), page
        assert "<b>bad</b>" not in read(built, page), page
    assert HOSTILE in shown(built, "claims/refunds.html")
    assert HOSTILE in shown(built, "acceptance_matrix.html")


def test_claim_section_shows_code_with_its_real_lines(built: Path) -> None:
    html = read(built, "claims/refunds.html")
    section = unescape(html[html.index('id="REF-02"') : html.index('id="REF-03"')])
    numbers = re.findall(r'<pre class="ev-numbers">([\d\s]+)</pre>', section)
    assert [shown.split() for shown in numbers] == [list("45678"), list("456")]
    assert len(re.findall(r'class="hll"', section)) == 2
    assert 'href="../source/app/policy.py.html#L4"' in section
    assert f"https://git.example/shop/blob/{COMMIT}/app/policy.py#L4-L8" in section
    text = shown(built, "claims/refunds.html")
    assert "2 cases in gate tests" in text
    assert "in gate tests · runs app/policy.py 6 , 8" in text
    assert "All 2 claims, Falsified: Not measured yet" in text
    assert text.count("Not measured yet") == 1


def test_source_page_has_an_anchor_for_each_line(built: Path) -> None:
    html = read(built, "source/app/policy.py.html")
    assert [f'id="L{line}"' in html for line in range(1, 9)] == [True] * 8
    assert "on: push" in shown(built, "source/.github/workflows/ci.yml.html").replace(" :", ":")


def test_gate_page_shows_its_verdict_and_its_log(built: Path) -> None:
    text = shown(built, "proof/lint.html")
    assert "failed Exit code 1, 0 expected." in text
    assert "Command ruff check Exit code 1" in text
    assert "120 lines left out here" in text
    assert read(built, "proof/tests.log") == LOG
    assert read(built, "proof/lint/report.md") == "# Not a page\n"
    assert 'href="lint/report.md"' in read(built, "proof/lint.html") or (
        'href="../proof/lint/report.md"' in read(built, "proof/lint.html")
    )


def test_status_page_hides_no_requirement(built: Path) -> None:
    text = shown(built, "status.html")
    assert "C2.1 The refund policy agrees with the code." in text
    assert "C9.9 Nobody serves this. Not met No claim serves it yet." in text


def test_out_of_scope_gives_the_reason(built: Path) -> None:
    text = shown(built, "out_of_scope.html")
    assert "OUT-01 Gift cards. Nobody asked for them." in text


def test_peoples_page_is_rendered_and_linked(built: Path) -> None:
    text = shown(built, "policy.html")
    assert "See REF-02 Partly met in app/policy.py::assess" in text
    assert 'href="policy.html"' in read(built, "index.html")


def test_published_evidence_agrees_with_its_schema(built: Path) -> None:
    evidence = json.loads(read(built, "evidence.json"))
    jsonschema.validate(evidence, json.loads(read(built, "evidence.schema.json")))
    assert [claim["id"] for claim in evidence["claims"]][:4] == [
        "REF-02", "REF-03", "ACC-01", "ACC-02",
    ]  # fmt: skip


def test_search_works_from_a_folder_and_leaves_volatile_pages_out(built: Path) -> None:
    assert read(built, "search/search_index.js").startswith("var __index = {")
    index = json.loads(read(built, "search/search_index.json"))
    places = {entry["location"] for entry in index["docs"]}
    assert "claims/refunds.html#REF-02" in places
    assert not [place for place in places if place.startswith(("volatile/", "source/"))]
    assert not re.search(r"https?://[^\"]*iframe-worker", read(built, "index.html"))
    assert 'src="assets/iframe-worker.js"' in read(built, "index.html")


def test_two_publications_of_one_result_are_identical(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them in one process and without the shortcuts through MkDocs, which therefore change
    nothing."""
    first = rich(tmp_path / "here")
    again = rich(tmp_path / "elsewhere")
    again.started_at, again.elapsed_s = "2027-07-07T07:07:07Z", 99.0
    again.gate_runs = tuple(replace(gate, elapsed_s=77.7) for gate in again.gate_runs)
    with monkeypatch.context() as spreading:
        for module in (pages, selfcontained):
            spreading.setattr(module, "spread", lambda jobs, _: spread(jobs, 2, worth=1))
        one = digests(build(first))
    monkeypatch.setattr(publication, "MkDocs", partial(MkDocs, shortcuts=False))
    other = digests(build(again))
    differing = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    assert differing == {
        "docs/volatile/this_run.md",
        "site/volatile/this_run.html",
        "volatile/provenance.dsse.json",
        "volatile/run.json",
    }


def test_nothing_of_this_machine_is_published(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "here")
    folder = str(tmp_path).encode()
    built = build(sample)
    for file in sorted(path for path in built.resolve().rglob("*") if path.is_file()):
        assert folder not in file.read_bytes(), file.name


def test_project_without_pages_or_requirements_gets_a_site(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "bare")
    sample.requirements, sample.out_of_scope, sample.facts = (), (), {}
    sample.claims[0] = replace(sample.claims[0], requirements=())
    sample.verdicts[0] = replace(sample.verdicts[0], claim=sample.claims[0])
    built = build(sample)
    assert "Guides" not in read(built, "index.html")
    assert "Nothing is listed." in shown(built, "out_of_scope.html")


def test_projects_own_mkdocs_file_keeps_its_settings(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "own")
    sample.write(
        "mkdocs.yml",
        "site_name: Own name\nextra_css: [own.css]\ntheme: {name: material, font: {text: Lato}}\n"
        "markdown_extensions: [abbr]\ndocs_dir: nowhere\n",
    )
    sample.write("pages/own.css", "p { color: inherit }")
    built = build(sample)
    html = read(built, "index.html")
    assert "<title>Own name</title>" in html
    assert 'href="own.css"' in html
    assert 'href="assets/evidence.css"' in html
    assert "fonts.googleapis" not in html


def test_page_that_loads_from_another_host_stops_the_build(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "shop")
    before = build(sample).resolve()
    sample.write("pages/a.md", '# A\n\n![x](https://i.example/p.png) <a href="b.html">gone</a>\n')
    with pytest.raises(CannotRun) as refused:
        build(sample)
    assert str(refused.value).splitlines() == [
        "site: 2 broken addresses, none expected; mend the pages that hold them:",
        "  a.html: loads https://i.example/p.png, files of this site expected",
        "  a.html: leads to b.html, not in this site",
    ]
    assert sample.project.build.resolve() == before


def test_page_that_mkdocs_warns_of_stops_the_build(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "shop")
    sample.write("pages/a.md", "# A\n\n[gone](missing.md)\n")
    with pytest.raises(CannotRun) as refused:
        build(sample)
    text = str(refused.value)
    assert text.startswith("site: MkDocs found problems, a clean strict build expected:\n")
    assert "'missing.md'" in text
    assert str(tmp_path) not in text
    assert not sample.project.build.exists()


def test_mistakes_in_pages_are_found_before_anything_is_built(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "shop")
    sample.write("pages/a.md", '{{ fact("nope") }}')
    with pytest.raises(Mistakes, match=r"^pages/a\.md:1  fact nope: not found"):
        build(sample)
    assert not (sample.root / ".build").exists()


def digests(built: Path) -> dict[str, str]:
    root = built.resolve()
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
