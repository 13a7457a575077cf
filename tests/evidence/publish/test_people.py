from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.publish.people import PeoplesPages, render_people
from tests.evidence.publish.sample import Sample


def resolve(text: str) -> tuple[str, int]:
    if text != "app/policy.py::assess":
        raise LookupError(f"{text}: not found")
    return "app/policy.py", 4


def page(sample: Sample, text: str, name: str = "guide.md") -> str:
    sample.write(f"pages/{name}", text)
    rendered = render_people(sample.views, resolve)
    return next(page.text for page in rendered.pages if page.name == name.removesuffix(".md"))


def mistakes(sample: Sample) -> list[str]:
    with pytest.raises(Mistakes) as found:
        render_people(sample.views, resolve)
    return [str(mistake) for mistake in found.value.found]


def test_facts_are_quoted_from_the_run(sample: Sample) -> None:
    assert page(sample, '{{ fact("refunds.window_days") }} days') == "30 days"


def test_space_between_what_is_put_in_stays(sample: Sample) -> None:
    written = '{% for word in "abc" %}*{{ word }}*{{ ", " if not loop.last else "." }}{% endfor %}'
    assert page(sample, written) == "*a*, *b*, *c*."
    sample.facts = {"between": "\nor ", "within": "or"}
    assert page(sample, 'either{{ fact("between") }}both') == "either or both"
    assert page(sample, 'f{{ fact("within") }}m') == "form"
    assert page(sample, '`{{ "  *as* is " | verbatim }}`') == "`  *as* is `"


def test_refund_policy_says_what_the_facts_say(sample: Sample) -> None:
    """This project's own page, of a shop with other rules."""
    text = (Path(__file__).parents[3] / "site_src/refund_policy.md").read_text("utf-8")
    row = {"step": 1, "asked": "9.00", "left_before": "8.00", "answer": "no"}
    sample.facts = {
        "refunds.window_days": 17,
        "refunds.smallest_pennies": 3,
        "refunds.roles": ["cook"],
        "refunds.longest_reason": 41,
        "refunds.worked_example": [row],
    }

    told = page(sample, re.sub(r"\{\{ claim\(.*?\) \}\}", "", text))

    assert "refunded for **17 days** after its payment." in told
    assert "Any amount from 3 minor unit up to what is left" in told
    assert "\n- cook\n" in told
    assert "a reason of at most 41 characters." in told
    assert "| 1 | 9.00 | 8.00 | no |" in told


def test_facts_may_lie_in_objects_and_be_looped_over(sample: Sample) -> None:
    text = '{% for may in fact("roles.ops") %}{{ may }}{% endfor %}'
    assert page(sample, text) == "refund&#058;issue"


def test_fact_in_code_is_verbatim(sample: Sample) -> None:
    sample.facts["command"] = "run_checks --fail-on-issues"
    text = '`{{ fact("command") | verbatim }}`'
    assert page(sample, text) == "`run_checks --fail-on-issues`"


def test_fact_in_code_is_shown_as_it_is_written(sample: Sample) -> None:
    sample.facts["may"] = "refund:issue <ops>"
    may = '{{ fact("may") }}'
    text = f"On `{may}` run:\n\n```sh\ncan {may}\n```\n{may} &#58;"
    assert page(sample, text) == (
        "On `refund:issue <ops>` run:\n\n```sh\ncan refund:issue <ops>\n```\n"
        "refund&#058;issue &#060;ops&#062; &#58;"
    )


def test_fact_cannot_end_the_code_it_stands_in(sample: Sample) -> None:
    sample.facts["evil"] = "x` <b> ``` <i>"
    assert page(sample, '`{{ fact("evil") }}`').count("`") == 2
    assert page(sample, '```\n{{ fact("evil") }}\n```').count("`") == 6


def test_persons_own_entities_in_code_stay(sample: Sample) -> None:
    assert page(sample, "`&#39;`") == "`&#39;`"


def test_order_in_the_head_puts_pages_first(sample: Sample) -> None:
    sample.write("pages/a.md", "# A")
    sample.write("pages/b.md", "---\norder: 10\n---\n# B")
    sample.write("pages/c.md", "---\norder: 9\n---\n# C")
    assert [made.name for made in render_people(sample.views, resolve).pages] == ["c", "b", "a"]


def test_what_is_no_page_is_a_file_of_the_site(sample: Sample) -> None:
    sample.write("pages/a.md", "# A")
    sample.write("pages/deep/plan.svg", "<svg/>")
    rendered = render_people(sample.views, resolve)
    assert [made.name for made in rendered.pages] == ["a"]
    assert [file.path.read_text("utf-8") for file in rendered.files] == ["<svg/>"]


@pytest.mark.parametrize("folder", [None, "nothing-of-the-kind"])
def test_project_without_a_pages_folder_has_no_pages(sample: Sample, folder: str | None) -> None:
    project = sample.views.project
    pages = project.root / folder if folder else None
    views = sample.views
    views.project = replace(project, pages=pages)
    assert render_people(views, resolve) == PeoplesPages()


def test_order_that_is_no_number_is_a_mistake(sample: Sample) -> None:
    sample.write("pages/a.md", "---\ntitle: A\norder: first\n---\n# A")
    assert mistakes(sample) == ["pages/a.md:3  order: found 'first', a whole number expected"]


def test_head_of_the_front_page_is_not_shown(sample: Sample) -> None:
    sample.write("pages/index.md", "---\norder: 1\n---\n\n# Shop\n\nWelcome.\n")
    assert render_people(sample.views, resolve).pages[0].body.strip() == "Welcome."


def test_fact_cannot_bring_markup(sample: Sample) -> None:
    sample.facts["evil"] = "<script>**x**"
    text = page(sample, '{{ fact("evil") }}')
    assert "<" not in text
    assert "*" not in text


def test_claim_and_gate_are_links_with_their_verdict(sample: Sample) -> None:
    text = page(sample, '{{ claim("REF-02") }} {{ gate("tests") }}', "deep/guide.md")
    assert 'href="../claims/refunds.html#REF-02"' in text.replace("&#35;", "#")
    assert ">Partly met</span>" in text
    assert 'href="../proof/tests.html"' in text
    assert ">passed</span>" in text


def test_source_leads_to_the_line_and_gets_a_page(sample: Sample) -> None:
    text = page(sample, '{{ source("app/policy.py::assess") }}')
    assert "source/app/policy.py.html&#35;L4" in text
    assert render_people(sample.views, resolve).cited == {"app/policy.py"}


def test_partials_are_included_and_not_published(sample: Sample) -> None:
    sample.write("pages/_contact.md", 'Write to us within {{ fact("refunds.window_days") }} days.')
    text = page(sample, '# Help\n\n{% include "_contact.md" %}')
    assert text == "# Help\n\nWrite to us within 30 days."
    assert [made.name for made in render_people(sample.views, resolve).pages] == ["guide"]


def test_heading_ids_are_markdown_and_not_comments(sample: Sample) -> None:
    assert page(sample, "# Policy { #policy }\n{## a note ##}") == "# Policy { #policy }\n"


def test_title_is_the_first_heading_or_the_name(sample: Sample) -> None:
    sample.write("pages/a_b.md", "No heading.")
    sample.write("pages/c.md", "# Refund policy { #x }\n")
    titles = [made.title for made in render_people(sample.views, resolve).pages]
    assert titles == ["A b", "Refund policy"]


def test_front_page_takes_a_page_without_its_heading(sample: Sample) -> None:
    sample.write("pages/index.md", "# Shop\n\nWelcome.\n\n# More\n")
    assert render_people(sample.views, resolve).pages[0].body.strip() == "Welcome.\n\n# More"


def test_every_unknown_name_is_reported_at_once_with_its_line(sample: Sample) -> None:
    sample.write("pages/_part.md", 'x\n{{ gate("test") }}')
    sample.write(
        "pages/a.md",
        '# A\n\n{{ fact("refunds.window") }}\n{{ claim("REF-20") }} {{ claim("X") }}\n',
    )
    sample.write("pages/b.md", '{{ source("app/policy.py::asses") }}\n{% include "_part.md" %}')
    assert mistakes(sample) == [
        "pages/_part.md:2  gate test: not found; did you mean tests?",
        "pages/a.md:3  fact refunds.window: not found; did you mean refunds.window_days?",
        "pages/a.md:4  claim REF-20: not found; did you mean REF-02?",
        "pages/a.md:4  claim X: not found; known claims: REF-02",
        "pages/b.md:1  source app/policy.py::asses: not found",
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("# A\n\n{% if %}", "pages/a.md:3  Jinja: Expected an expression, got 'end of statement "
         "block'"),
        ("x\n{{ nonsense }}", "pages/a.md:2  Jinja: 'nonsense' is undefined; a page can call fact, "
         "claim, gate, log, killed, source and demo"),
        ('x\n{% include "_gone.md" %}', "pages/a.md:2  include _gone.md: not found in the pages"),
    ],
)  # fmt: skip
def test_broken_template_is_a_mistake_with_its_line(
    sample: Sample, text: str, mistake: str
) -> None:
    sample.write("pages/a.md", text)
    assert mistakes(sample) == [mistake]


def test_page_that_would_hide_a_generated_one_is_refused(sample: Sample) -> None:
    sample.write("pages/status.md", "# Mine")
    sample.write("pages/claims/refunds.md", "# Mine")
    assert mistakes(sample) == [
        "pages/claims/refunds.md:1  page claims/refunds.md: the engine writes a page of that name; "
        "rename yours",
        "pages/status.md:1  page status.md: the engine writes a page of that name; rename yours",
    ]


def test_page_that_is_not_utf8_is_a_mistake(sample: Sample) -> None:
    (sample.root / "pages").mkdir()
    (sample.root / "pages" / "a.md").write_bytes(b"\xff\xfe\x00")
    assert mistakes(sample) == [
        "pages/a.md:1  page a.md: not UTF-8, UTF-8 expected; save it as UTF-8"
    ]
