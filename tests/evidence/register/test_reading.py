"""register.reading: a whole register as it is read, and all that is wrong in it at once."""

from __future__ import annotations

import ast

import pytest

from evidence.engine.project import load_project
from evidence.engine.register.model import Tool
from evidence.engine.register.reading import read_register, survey_register
from evidence.engine.source.check import check_register
from tests.evidence.register.till import DEMO, GATES, PUBLIC, TILL, said


def test_whole_register_is_read_in_written_order(stranger):
    register = read_register(load_project(stranger.root))

    assert [claim.id for claim in register.claims] == ["TILL-01", "TILL-02", "TILL-03"]
    assert [area.slug for area in register.areas] == ["till"]
    assert register.areas[0].about == "What happens when somebody pays."
    second = register.claims[1]
    assert (second.area, second.critical, str(second.place)) == ("Till", True, f"{TILL}:10")
    assert [(link.text, link.place.line) for link in second.tests] == [
        ("tests/test_money.py::test_change_is_the_difference", 16),
        ("tests/test_money.py::test_too_little_is_refused", 17),
        ("tests/test_money.py::TestDrawer::test_holds_what_was_put", 18),
    ]
    tests, imports = register.gates
    assert (tests.pytest, tests.run, tests.timeout_s) == (("tests",), (), 60.0)
    assert tests.tools == (Tool("pytest"),)
    assert (imports.pytest, imports.run[0], imports.run[1]) == (None, "{python}", "-c")
    assert [(each.id, each.group, each.place.line) for each in register.requirements] == [
        ("T1", "selling", 3),
        ("T2", "selling", 4),
        ("T3", "packaging", 6),
        ("T4", "packaging", 7),
    ]
    assert [each.id for each in register.out_of_scope] == ["cards"]


def test_requirements_and_scope_may_be_absent(stranger):
    (stranger.root / "evidence/requirements.yml").unlink()
    (stranger.root / "evidence/scope.yml").unlink()

    register = read_register(load_project(stranger.root))

    assert (register.requirements, register.out_of_scope) == ((), ())


def test_sentences_are_folded_to_one_line(stranger):
    stranger.replace(
        TILL, "says: The package imports on its own.", "says: >\n      The package\n      imports."
    )

    assert read_register(load_project(stranger.root)).claims[2].says == "The package imports."


WAIVER = """waivers:
  - symbol: till/money.py::total
    operator: None returned
    category: equivalent
    reason: Nobody reads it.
    author: sam
    sha256: 0123456789abcdef
"""


def test_each_file_of_the_register_is_read(stranger):
    stranger.write("README.md", "A till that adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)
    stranger.write("evidence/demo.yml", DEMO)
    stranger.write("evidence/waivers.yml", WAIVER)

    register = read_register(load_project(stranger.root))

    assert [len(part) for part in (register.claims, register.gates)] == [3, 2]
    assert [each.id for each in register.requirements] == ["T1", "T2", "T3", "T4"]
    assert [each.id for each in register.out_of_scope] == ["cards"]
    assert [each.reason for each in register.waivers] == ["Nobody reads it."]
    assert [each.where for each in register.public] == ["README.md", "A post on LinkedIn"]
    assert register.demo is not None


def test_only_a_file_that_holds_something_unknown_is_unread(stranger):
    project = load_project(stranger.root)
    stranger.write("evidence/demo.yml", DEMO.replace("does:", "dose:"))
    stranger.write("evidence/claims/broken.yml", "area: [\n")
    (stranger.root / "evidence/requirements.yml").unlink()
    assert survey_register(project).unread == frozenset()

    stranger.write("evidence/demo.yml", "[\n")
    stranger.write("evidence/requirements.yml", "[\n")
    stranger.replace(GATES, "timeout_s: 60", "timeout_s: soon")
    assert survey_register(project).unread == {"demo.yml", "requirements.yml"}

    stranger.write(GATES, "[\n")
    assert survey_register(project).unread == {"demo.yml", "requirements.yml", "gates.yml"}


def test_each_cited_file_is_parsed_once_however_many_claims_cite_it(stranger, monkeypatch):
    claims = "".join(
        f"  - id: BIG-{number:03d}\n"
        f"    says: Number {number} costs the sum of its prices.\n"
        "    requirements: [T1, T2]\n"
        "    code: [till/money.py::total, till/money.py::change]\n"
        "    tests: [tests/test_money.py::test_total_adds_up]\n"
        "    gates: [tests]\n"
        for number in range(300)
    )
    stranger.write("evidence/claims/big.yml", f"area: Big\nclaims:\n{claims}")
    parse, parsed = ast.parse, []

    def counted(source, *rest, **options):
        parsed.append(source)
        return parse(source, *rest, **options)

    monkeypatch.setattr(ast, "parse", counted)

    register, dead = check_register(load_project(stranger.root))

    assert (len(register.claims), len(dead)) == (303, 0)
    assert len(parsed) == len(set(parsed)) == 2


def test_every_mistake_of_all_files_is_reported_at_once_and_sorted(stranger):
    stranger.replace(TILL, "    critical: true", "    criticl: true")
    stranger.replace(TILL, "id: TILL-03", "id: TILL-01")
    stranger.replace(GATES, "timeout_s: 60", "timeout_s: soon")
    stranger.write("evidence/requirements.yml", "a:\n\t- b\n")
    stranger.write("evidence/scope.yml", b"")
    stranger.write("evidence/claims/broken.yml", "area: [\n")

    lines = said(stranger)

    assert [line.partition("  ")[0] for line in lines] == [
        "evidence/claims/broken.yml:2",
        f"{TILL}:4",
        f"{TILL}:13",
        f"{TILL}:19",
        f"{GATES}:5",
        "evidence/requirements.yml:2",
        "evidence/scope.yml:1",
    ]


@pytest.mark.parametrize(
    "claims",
    [
        "claims:\n" + "-\n" * 50_000,
        "claims:\n- {" + ", ".join(f"k{n}: 1" for n in range(12_500)) + "}\n",
        "claims:\n- tests: [" + "a, " * 50_000 + "a]\n",
        "claims:\n" + "- {id: TILL-01, says: x, gates: [tests]}\n" * 1_000,
        "claims:\n- {" + "says: x, " * 12_500 + "id: TILL-01}\n",
    ],
    ids=["nothings", "unknown keys", "one test often", "one claim often", "one key often"],
)
def test_thousands_of_mistakes_neither_hang_nor_flood(stranger, claims):
    stranger.write("evidence/claims/many.yml", f"area: Many\n{claims}")

    lines = said(stranger)

    assert sum(len(line) for line in lines) < 200_000
