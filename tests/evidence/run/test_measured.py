"""What coverage measures: cited files, in the way that the project's tests run."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from evidence.engine.mistakes import Place
from evidence.engine.register.model import Area, Claim, Link, Register
from evidence.engine.run.measured import cited_files, coverage_config

HERE = Path("/nowhere")


def read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser


def test_each_cited_file_is_measured_once() -> None:
    place = Place("evidence/claims/till.yml", 1)
    cited = ("till/money.py::total", "till/drawer.py", "till/money.py::change")
    claim = Claim("TILL-01", "Till", "It holds.", place, code=tuple(Link(c, place) for c in cited))
    register = Register(areas=(Area("Till", "", "claims/till.yml", (claim,)),))
    assert cited_files(register) == ("till/drawer.py", "till/money.py")


def test_only_those_files_are_measured() -> None:
    assert coverage_config(HERE, ("till/drawer.py", "till/money.py")) == (
        "[run]\n"
        "include = \n"
        "    */till/drawer.py\n"
        "    */till/money.py\n"
        "relative_files = true\n"
        "disable_warnings = \n"
        "    no-data-collected\n"
        "    already-imported\n"
    )


def test_nothing_is_measured_when_nothing_is_cited() -> None:
    assert read(coverage_config(HERE, ()))["run"]["include"] == "nothing is cited"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            ".coveragerc",
            "[run]\nconcurrency = thread, gevent\nplugins =\n  pencils\n  inks\nsource = till\n"
            "[inks]\ncolour = 50%\n[report]\nfail_under = 90\n",
        ),
        (
            "tox.ini",
            "[tox]\nx = 1\n[coverage:run]\nconcurrency =\n  thread\n  gevent\n"
            "plugins = pencils, inks\n[coverage:inks]\ncolour = 50%\n",
        ),
        (
            "pyproject.toml",
            '[tool.coverage.run]\nconcurrency = ["thread", "gevent"]\nbranch = true\n'
            'plugins = ["pencils", "inks"]\n[tool.coverage.inks]\ncolour = "50%"\n',
        ),
    ],
)
def test_project_keeps_its_threads_and_plugins(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = till\n")
    made = read(coverage_config(tmp_path, ("till/money.py",)))
    assert set(made) == {"DEFAULT", "run", "inks"}
    assert made["run"]["concurrency"].replace(",", " ").split() == ["thread", "gevent"]
    assert made["run"]["plugins"].replace(",", " ").split() == ["pencils", "inks"]
    assert made["inks"]["colour"] == "50%"
    assert set(made["run"]) - {"concurrency", "plugins"} == {
        "include",
        "relative_files",
        "disable_warnings",
    }


def test_first_file_that_speaks_of_coverage_is_the_only_one_read(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\nsigterm = true\n")
    (tmp_path / "pyproject.toml").write_text('[tool.coverage.run]\nconcurrency = ["thread"]\n')
    made = read(coverage_config(tmp_path, ("till/money.py",)))
    assert made["run"]["sigterm"] == "true"
    assert "concurrency" not in made["run"]


@pytest.mark.parametrize("text", ["[tool.coverage\n", "tool = 1\n", "[tool]\ncoverage = 1\n"])
def test_settings_that_make_no_sense_are_left_to_their_readers(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert set(read(coverage_config(tmp_path, ("till/money.py",)))) == {"DEFAULT", "run"}
