"""Every dead link of a register, told at its own line."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.source.check import check_links, check_register, dead_links

TILL = "evidence/claims/till.yml"


def links_said(stranger) -> list[str]:
    project = load_project(stranger.root)
    found = check_links(project, read_register(project))
    assert not any(mistake.fatal for mistake in found)
    return [str(mistake) for mistake in found]


def test_healthy_register_has_no_dead_link(stranger):
    assert links_said(stranger) == []


def test_code_that_went_since_the_last_look_is_told(stranger):
    assert links_said(stranger) == []
    stranger.replace("till/money.py", "def total(", "def sum_of(")
    (sentence,) = links_said(stranger)
    assert "till/money.py::total: not found" in sentence


def test_code_that_moved_since_the_last_look_is_found_where_it_is(stranger):
    stranger.replace(TILL, "till/__init__.py]", "till/gone.py]")
    (before,) = links_said(stranger)
    assert "desk/gone.py" not in before
    stranger.write("desk/gone.py", "")

    (after,) = links_said(stranger)

    assert after.endswith("; did you mean desk/gone.py?")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "till/money.py::total]",
            "till/money.py::totl]",
            "7  TILL-01 cites till/money.py::totl: not found in till/money.py; did you mean total?",
        ),
        (
            "::test_total_adds_up",
            "::test_total_add_up",
            "8  TILL-01 cites tests/test_money.py::test_total_add_up: not found in "
            "tests/test_money.py; did you mean test_total_adds_up?",
        ),
        (
            "gates: [imports]",
            "gates: [import]",
            "23  TILL-03 cites import: not found in gates.yml; did you mean imports?",
        ),
        (
            "requirements: [T1, T2]",
            "requirements: [T1, X9]",
            "12  TILL-02 cites X9: not found in requirements.yml; add it there",
        ),
        (
            "gates: [imports]",
            "gates: [imports]\n    sabotage: [no-sum]",
            "24  TILL-03 cites no-sum: evidence/sabotage/no-sum.patch not found; write it",
        ),
        (
            "gates: [imports]",
            "gates: [imports]\n    pages: [site_src/till.md]",
            "24  TILL-03 cites site_src/till.md: site_src/till.md not found; mend the path",
        ),
    ],
)
def test_dead_link_is_told_at_its_line(stranger, old, new, sentence):
    stranger.replace(TILL, old, new)

    assert links_said(stranger) == [f"{TILL}:{sentence}"]


def test_pages_and_patches_that_exist_are_alive(stranger):
    stranger.replace(
        TILL,
        "gates: [imports]",
        "gates: [imports]\n    pages: [site_src/till.md]",
    )
    stranger.replace(TILL, "gates: [tests]\n", "gates: [tests]\n    sabotage: [no-sum]\n")
    stranger.replace("pyproject.toml", 'name = "Till"', 'name = "Till"\npages = "site_src"')
    stranger.write("site_src/till.md", "# Till\n")
    diff = "--- a/README.md\n+++ b/README.md\n@@ -1 +0,0 @@\n-# Till\n"
    stranger.write(
        "evidence/sabotage/no-sum.patch", f"breaks: TILL-01\nsays: It has no title.\n{diff}"
    )

    assert links_said(stranger) == []


def test_requirements_cited_without_a_requirements_file_are_dead(stranger):
    (stranger.root / "evidence/requirements.yml").unlink()

    assert links_said(stranger)[0] == (
        f"{TILL}:6  TILL-01 cites T1: not found in requirements.yml; add it there"
    )


def test_dead_links_of_one_claim_are_its_own(stranger):
    stranger.replace(TILL, "till/money.py::total]", "till/money.py::totl]")
    project = load_project(stranger.root)
    register = read_register(project)

    dead = dead_links(project, register)

    assert [len(dead[claim]) for claim in register.claims] == [1, 0, 0]


@pytest.mark.parametrize(
    ("cited", "why"),
    [
        ("notes.txt", "git ignores it, so nobody else has it; cite a file that git tracks"),
        ("pointer.txt", "git ignores it, so nobody else has it; cite a file that git tracks"),
        (".git/HEAD", "it is git's own, so nobody else has it; cite a file that git tracks"),
        (
            ".local/evidence/results/run.json",
            "the engine made it, so it proves nothing; cite a file that people wrote",
        ),
        (
            ".build/whole/site/index.html",
            "the engine made it, so it proves nothing; cite a file that people wrote",
        ),
    ],
)
def test_cited_file_that_nobody_else_has_is_dead(stranger, cited, why):
    stranger.write(".gitignore", stranger.read(".gitignore") + "*.txt\n!pointer.txt\n")
    stranger.write("notes.txt", "mine\n")
    (stranger.root / "pointer.txt").symlink_to("notes.txt")
    stranger.write(".local/evidence/results/run.json", "{}\n")
    stranger.write(".build/whole/site/index.html", "made\n")
    stranger.replace(TILL, "till/__init__.py]", f"{cited}]")

    assert links_said(stranger) == [f"{TILL}:22  TILL-03 cites {cited}: {why}"]


def test_tracked_file_that_an_ignore_rule_names_is_alive(stranger):
    stranger.replace(TILL, "till/__init__.py]", "notes.txt, new.md, inner/box.txt]")
    stranger.write("notes.txt", "ours\n")
    stranger.commit()
    stranger.write(".gitignore", stranger.read(".gitignore") + "*.txt\n")
    stranger.write("new.md", "not committed yet\n")
    stranger.git("clone", "--quiet", ".", "other")
    stranger.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./other", "inner"
    )
    stranger.write("inner/box.txt", "in a submodule\n")

    assert links_said(stranger) == []


def test_nothing_is_ignored_without_git(stranger, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert links_said(stranger) == []


def test_claim_that_cites_its_own_test_as_code_is_dead(stranger):
    test = "tests/test_money.py::TestDrawer"
    stranger.replace(TILL, "till/money.py::Drawer.put]", f"{test}, tests/test_money.py::drawer]")

    assert links_said(stranger) == [
        f"{TILL}:14  TILL-02 cites {test}: found the claim's own test, expected the code that it "
        "tests; cite that"
    ]


def test_dead_links_are_told_beside_structural_mistakes(stranger):
    stranger.replace(TILL, "till/money.py::total]", "till/money.py::totl]")
    stranger.replace(TILL, "    critical: true", "    criticl: true")

    with pytest.raises(Mistakes) as refused:
        check_register(load_project(stranger.root))

    assert [(found.place.line, found.fatal) for found in refused.value.found] == [
        (7, False),
        (13, True),
    ]


@pytest.mark.parametrize("content", [b"", b"gates: soon\n", b"gats: []\n", b"[\n"])
def test_unreadable_gates_file_makes_no_gate_link_dead(stranger, content):
    stranger.write("evidence/gates.yml", content)

    with pytest.raises(Mistakes) as refused:
        check_register(load_project(stranger.root))

    assert {found.place.file for found in refused.value.found} == {"evidence/gates.yml"}


def test_checking_imports_and_changes_nothing_of_the_project(stranger):
    stranger.write("till/money.py", stranger.read("till/money.py") + "\nraise SystemExit(3)\n")
    stranger.commit()

    assert links_said(stranger) == []
    assert stranger.git("status", "--porcelain", "--ignored") == ""
