"""[tool.evidence]: what it yields, and each way of writing it wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun, Mistakes
from evidence.engine.project import Service, find_root, load_project


def said(root: Path, pyproject: str) -> list[str]:
    (root / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    with pytest.raises(Mistakes) as refused:
        load_project(root)
    return str(refused.value).splitlines()


def test_everything_but_the_table_has_a_default(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "till"\n[tool.evidence]\n')

    project = load_project(tmp_path)

    assert (project.name, project.version) == ("till", "0")
    assert project.register == tmp_path / "evidence"
    assert project.build == tmp_path / "build"
    assert project.work == tmp_path / ".local/evidence"
    assert (project.pages, project.mkdocs) == (None, None)
    assert (project.python, project.cores) == (sys.executable, 0)
    assert project.mutants_per_claim == 0
    assert project.secret_names == ("*SECRET*", "*TOKEN*", "*PASSWORD*", "*_KEY")


def test_every_key_is_taken(tmp_path):
    (tmp_path / "site_src").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: Till\n")
    (tmp_path / "pyproject.toml").write_text(
        """
[tool.evidence]
name = "Till"
version = "2"
register = "proof"
build = "out"
work = ".work"
pages = "site_src"
mkdocs = "mkdocs.yml"
repository = "https://example.org/sam/till.git"
python = "python3"
cores = 3
mutants_per_claim = 5
mutants_whole = 9
mutants_on_demand = true
facts = ["{python}", "facts.py"]
env = { A = "1" }
pass_env = ["B"]
[tool.evidence.services]
postgres = { start = ["pg"], timeout_s = 5 }
[tool.evidence.redact]
names = ["X"]
patterns = ["sk_.*"]
"""
    )

    project = load_project(tmp_path)

    assert (project.name, project.version) == ("Till", "2")
    assert project.register == tmp_path / "proof"
    assert project.pages == tmp_path / "site_src"
    assert project.repository == "https://example.org/sam/till"
    assert (project.python, project.cores) == ("python3", 3)
    assert (project.mutants_per_claim, project.mutants_whole) == (5, 9)
    assert project.mutants_on_demand
    assert project.facts == ("{python}", "facts.py")
    assert project.services == (Service("postgres", ("pg",), 5.0),)
    assert (project.env, project.pass_env) == ((("A", "1"),), ("B",))
    assert (project.secret_names, project.secret_patterns) == (("X",), ("sk_.*",))


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            'name = "x"\nregistr = "evidence"\n',
            [
                'pyproject.toml:3  unknown key "registr", expected a known one; '
                "did you mean register?"
            ],
        ),
        (
            'name = 1\ncores = "two"\n',
            [
                "pyproject.toml:2  name: found the number 1, expected text; put it in quotes",
                'pyproject.toml:3  cores: found "two", expected a whole number '
                "(a whole number from 0 (all there are) to 1024)",
            ],
        ),
        (
            'name = "x"\nmutants_per_claim = 0\n',
            [
                "pyproject.toml:3  mutants_per_claim: found the number 0, expected a whole number "
                "from 1, how many mutants of each claim an ordinary build tries; for all, remove "
                "the key"
            ],
        ),
        (
            'name = "x"\n[tool.evidence.services.db]\nstart = ["pg"]\ntimeout_s = nan\n',
            [
                "pyproject.toml:5  services db timeout_s: found the number nan, expected a number "
                "(seconds above 0, at most 86400)"
            ],
        ),
        (
            'name = "x"\n[tool.evidence.services]\ndb = { starts = ["pg"] }\n',
            [
                'pyproject.toml:4  services db: "start" is missing, expected '
                "a command as a list, one argument an item; add it",
                'pyproject.toml:4  services db: unknown key "starts", expected a known one; '
                "did you mean start?",
            ],
        ),
        (
            'name = "x"\nrepository = "git@example.org:sam/till"\n',
            [
                'pyproject.toml:3  repository: found "git@example.org:sam/till", expected '
                "an address such as https://host/owner/name"
            ],
        ),
        (
            'name = "x"\n[tool.evidence.redact]\npatterns = ["(sk"]\n',
            [
                'pyproject.toml:4  redact patterns: found "(sk", expected a regular expression '
                "(missing ), unterminated subpattern at character 1); mend it"
            ],
        ),
        (
            'name = "x"\npages = "docs"\nmkdocs = "site.yml"\n',
            [
                'pyproject.toml:3  pages: found no folder "docs"; make it or remove the key',
                'pyproject.toml:4  mkdocs: found no file "site.yml"; write it or remove the key',
            ],
        ),
        (
            'name = "x"\nbuild = "../build"\nwork = "/tmp/work"\n',
            [
                'pyproject.toml:3  build: found "../build", expected a path inside the project; '
                "change it",
                'pyproject.toml:4  work: found "/tmp/work", expected a path inside the project; '
                "change it",
            ],
        ),
        (
            'name = "x"\nbuild = "."\n',
            [
                'pyproject.toml:1  work: found ".local/evidence", which holds build or lies in '
                "it, expected a folder of its own, for it is overwritten; change it",
                'pyproject.toml:3  build: found ".", which holds git\'s own files or lies in it, '
                "expected a folder of its own, for it is overwritten; change it",
            ],
        ),
        (
            'name = "x"\nbuild = ".git/b"\n',
            [
                'pyproject.toml:3  build: found ".git/b", which holds git\'s own files or lies in '
                "it, expected a folder of its own, for it is overwritten; change it",
            ],
        ),
        (
            'name = "x"\nwork = ".build/work"\n',
            [
                'pyproject.toml:3  work: found ".build/work", which holds the builds or lies in '
                "it, expected a folder of its own, for it is overwritten; change it",
            ],
        ),
        (
            'name = "x"\nenv = { A = "b\\u0000" }\nfacts = [""]\n',
            [
                "pyproject.toml:3  env A: found the character U+0000 in it, expected text; "
                "remove it",
                "pyproject.toml:4  facts item 1: found empty text, expected the command's name",
            ],
        ),
        (
            "",
            [
                "pyproject.toml:1  name: found none here and none under [project], "
                'expected one; add name = "…"'
            ],
        ),
    ],
)
def test_wrong_setting_is_named_with_its_line(tmp_path, table, lines):
    assert said(tmp_path, f"[tool.evidence]\n{table}") == lines


@pytest.mark.parametrize("text", ["[project]\n", "tool = 1\n", "[tool]\nevidence = 3\n"])
def test_missing_table_is_named(tmp_path, text):
    assert said(tmp_path, text) == [
        "pyproject.toml:1  found no [tool.evidence] table, expected one; "
        "add the line [tool.evidence]"
    ]


def test_broken_toml_is_named_with_its_line(tmp_path):
    assert said(tmp_path, '[tool.evidence]\nname = "x"\ncores 3\n') == [
        "pyproject.toml:3  found broken TOML: Expected '=' after a key in a key/value pair; "
        "mend this line"
    ]


def test_toml_that_breaks_off_is_named_at_its_last_line(tmp_path):
    assert said(tmp_path, '[tool.evidence]\nfacts = ["x",\n') == [
        "pyproject.toml:2  found broken TOML: Invalid value; mend this line"
    ]


def test_missing_pyproject_is_named(tmp_path):
    with pytest.raises(Mistakes) as refused:
        load_project(tmp_path)

    assert str(refused.value) == "pyproject.toml:1  not found; write it"


def test_root_is_found_from_a_folder_below(stranger):
    assert find_root(stranger.root / "till") == stranger.root


def test_nearer_pyproject_without_the_table_is_passed_over(stranger):
    stranger.write("till/pyproject.toml", "[project]\n")

    assert find_root(stranger.root / "till") == stranger.root


def test_no_project_at_all_says_what_to_do(tmp_path):
    with pytest.raises(CannotRun, match=r"no pyproject\.toml here or above; run this in a project"):
        find_root(tmp_path)


def test_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(CannotRun, match="nowhere: not a folder; give --project the folder of"):
        find_root(tmp_path / "nowhere")
