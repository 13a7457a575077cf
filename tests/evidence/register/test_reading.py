"""Each kind of bad register, by the whole sentence that a person reads."""

from __future__ import annotations

import ast
import os
import tracemalloc

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.register.model import Tool
from evidence.engine.register.reading import read_register, survey_register
from evidence.engine.source.check import check_register

TILL = "evidence/claims/till.yml"
GATES = "evidence/gates.yml"


def said(stranger) -> list[str]:
    """Every line that reading the stranger's register complains with."""
    with pytest.raises(Mistakes) as refused:
        read_register(load_project(stranger.root))
    assert all(mistake.fatal for mistake in refused.value.found)
    return str(refused.value).splitlines()


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


def test_unknown_key_is_named_with_its_line_and_nearest_name(stranger):
    stranger.replace(TILL, "    critical: true", "    criticl: true")

    assert said(stranger) == [
        f'{TILL}:13  TILL-02: unknown key "criticl", expected a known one; did you mean critical?'
    ]


def test_unknown_key_near_nothing_lists_what_is_known(stranger):
    stranger.replace("evidence/scope.yml", "    why: This", "    zzz: 1\n    why: This")

    assert said(stranger) == [
        'evidence/scope.yml:4  cards: unknown key "zzz", expected one of id, says, why'
    ]


def test_key_written_twice_is_refused_with_both_lines(stranger):
    stranger.replace(TILL, "    gates: [tests]\n", "    gates: [tests]\n    gates: [imports]\n")

    assert said(stranger) == [
        f'{TILL}:10  found the key "gates" again, first written on line 9; keep one'
    ]


def test_duplicate_claim_id_is_reported_at_both_places(stranger):
    stranger.write(
        "evidence/claims/more.yml",
        """
        area: More
        claims:
          - id: TILL-02
            says: Once more.
            gates: [tests]
        """,
    )

    assert said(stranger) == [
        "evidence/claims/more.yml:3  TILL-02: found the same claim id at "
        f"{TILL}:10, expected it once; rename one",
        f"{TILL}:10  TILL-02: found the same claim id at evidence/claims/more.yml:3, "
        "expected it once; rename one",
    ]


def test_duplicate_gate_and_requirement_ids_are_reported_at_both_places(stranger):
    stranger.replace(GATES, "id: imports", "id: tests")
    stranger.replace("evidence/requirements.yml", "    T3:", "    T1:")

    assert said(stranger) == [
        f"{GATES}:2  tests: found the same gate id at {GATES}:7, expected it once; rename one",
        f"{GATES}:7  tests: found the same gate id at {GATES}:2, expected it once; rename one",
        "evidence/requirements.yml:3  T1: found the same requirement id at "
        "evidence/requirements.yml:6, expected it once; rename one",
        "evidence/requirements.yml:6  T1: found the same requirement id at "
        "evidence/requirements.yml:3, expected it once; rename one",
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "    critical: true",
            '    critical: "true"',
            '13  TILL-02 critical: found "true", expected true or false',
        ),
        (
            "    gates: [tests]",
            "    gates: tests",
            '9  TILL-01 gates: found "tests", expected a list (ids of gates.yml)',
        ),
        (
            "    requirements: [T3]",
            "    requirements: [1.10]",
            "21  TILL-03 requirements item 1: found the number 1.10, expected text; "
            "put it in quotes",
        ),
        (
            "says: The package imports on its own.",
            "says: no",
            "20  TILL-03 says: found no, which YAML reads as false, expected text; "
            "put it in quotes",
        ),
        (
            "says: The package imports on its own.",
            "says: 2024-01-31",
            "20  TILL-03 says: found the date 2024-01-31, expected text; put it in quotes",
        ),
        (
            "says: The package imports on its own.",
            "says:",
            "20  TILL-03 says: found nothing, expected text (one sentence that is true or false)",
        ),
        (
            "says: The package imports on its own.",
            'says: " "',
            "20  TILL-03 says: found empty text, expected one sentence that is true or false",
        ),
        (
            "id: TILL-03",
            "id: till-3",
            '19  till-3 id: found "till-3", expected two to five capitals, a hyphen and two or '
            "three digits, such as REF-02",
        ),
        (
            "gates: [imports]",
            "gates: [imports, imports]",
            '23  TILL-03 gates: found "imports" twice, expected it once; remove this one',
        ),
        (
            "gates: [imports]",
            "gates: []",
            "23  TILL-03 gates: found an empty list, expected at least one item; fill it or leave "
            "the key out",
        ),
        ("area: Till", "area: [Till]", "1  area: found a list, expected text (the area's name)"),
    ],
)
def test_wrong_value_in_a_claim_is_named(stranger, old, new, sentence):
    text = stranger.read(TILL)
    assert old in text
    (stranger.root / TILL).write_text(text.replace(old, new, 1))

    assert said(stranger) == [f"{TILL}:{sentence}"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "    timeout_s: 60",
            "    timeout_s: soon",
            '5  tests timeout_s: found "soon", expected a number (seconds above 0, at most 86400)',
        ),
        (
            "    timeout_s: 60",
            "    timeout_s: .nan",
            "5  tests timeout_s: found the number .nan, expected a number "
            "(seconds above 0, at most 86400)",
        ),
        (
            "    timeout_s: 60",
            "    timeout_s: 0",
            "5  tests timeout_s: found the number 0, expected seconds above 0, at most 86400",
        ),
        (
            "    timeout_s: 60",
            "    timeout_s: 1:30",
            "5  tests timeout_s: found the number 1:30, expected a number "
            "(seconds above 0, at most 86400)",
        ),
        (
            "    pytest: [tests]\n",
            "    pytest: [tests]\n    run: [make]\n",
            "2  tests: found both run and pytest, expected exactly one; "
            "run is a command, pytest the arguments of pytest",
        ),
        (
            "    pytest: [tests]\n",
            "",
            "2  tests: found neither run nor pytest, expected exactly one; "
            "run is a command, pytest the arguments of pytest",
        ),
        (
            "    proves: The till's own tests pass.\n",
            "",
            '2  tests: "proves" is missing, expected a sentence that says what a pass proves; '
            "add it",
        ),
        (
            "    pytest: [tests]\n",
            "    run: make test\n",
            '4  tests run: found "make test", expected a list '
            "(a command as a list, one argument an item)",
        ),
        (
            "    timeout_s: 60",
            "    env: {A B: x}",
            '5  tests env: found the key "A B", expected letters, digits and underscores, '
            "as a variable's name",
        ),
        (
            "    timeout_s: 60",
            "    cores: 1.3",
            "5  tests cores: found the number 1.3, expected a multiple of 0.5 up to 1024 "
            "(0.5 for what mostly waits)",
        ),
        (
            "    timeout_s: 60",
            "    env: {DEBUG: on}",
            "5  tests env DEBUG: found on, which YAML reads as true, expected text; "
            "put it in quotes",
        ),
        (
            "    timeout_s: 60",
            "    artifacts: [../../secret]",
            '5  tests artifacts item 1: found "../../secret", expected a path under {out}, '
            "without a leading / and without ..",
        ),
        (
            "    timeout_s: 60",
            "    services: [postgres]",
            '2  tests services: unknown service "postgres", expected one of '
            "[tool.evidence.services] (none there)",
        ),
        (
            '"{python}"',
            '"{pyhton}"',
            "7  imports: unknown placeholder {pyhton}, expected a known one; "
            "did you mean {python}?",
        ),
        (
            "    tools: [pytest]",
            "    tools: [{name: git}]",
            '6  tests tools item 1: "run" is missing, expected the command that prints its '
            "version, as a list; add it",
        ),
    ],
)
def test_wrong_value_in_a_gate_is_named(stranger, old, new, sentence):
    stranger.replace(GATES, old, new)

    assert said(stranger) == [f"{GATES}:{sentence}"]


def test_claim_with_no_links_is_refused(stranger):
    stranger.replace(TILL, "    gates: [imports]\n", "")

    assert said(stranger) == [
        f"{TILL}:19  TILL-03: found neither tests nor gates, expected at least one; "
        "cite what proves it"
    ]


def test_requirement_id_that_yaml_reads_as_a_number_is_refused(stranger):
    stranger.replace("evidence/requirements.yml", "    T3:", "    1.10:")

    assert said(stranger) == [
        "evidence/requirements.yml:6  found the key 1.10, which YAML does not read as text, "
        "expected text; put it in quotes",
        'evidence/requirements.yml:6  requirements packaging: found the key "1.10", expected '
        "a letter, then letters, digits, dots and hyphens, such as C2.1",
    ]


def test_bytes_that_are_not_utf8_are_named_by_line_and_offset(stranger):
    stranger.write(TILL, b"area: Till\nabout: caf\xe9\n")

    assert said(stranger) == [
        f"{TILL}:2  found the byte 0xe9 at offset 21, which is not UTF-8; save the file as UTF-8"
    ]


def test_utf16_and_byte_order_marks_are_named(stranger):
    stranger.write(TILL, "area: Till\n".encode("utf-16"))
    stranger.write("evidence/scope.yml", b"\xef\xbb\xbfout_of_scope: []\n")

    assert said(stranger) == [
        f"{TILL}:1  found UTF-16, expected UTF-8; save the file as UTF-8",
        "evidence/scope.yml:1  found a byte order mark, expected plain UTF-8; "
        "save the file as UTF-8 without BOM",
    ]


@pytest.mark.parametrize("path", [TILL, GATES, "evidence/requirements.yml", "evidence/scope.yml"])
@pytest.mark.parametrize("content", [b"", b"  \n\n"])
def test_empty_file_is_refused(stranger, path, content):
    stranger.write(path, content)

    assert said(stranger) == [
        f"{path}:1  found an empty file, expected something in it; write it or delete it"
    ]


def test_file_of_comments_only_is_refused(stranger):
    stranger.write(TILL, "# to be written\n")

    assert said(stranger) == [f"{TILL}:1  found nothing, expected a mapping"]


def test_tab_broken_yaml_says_that_tabs_cannot_indent(stranger):
    stranger.replace(TILL, "    critical: true", "\tcritical: true")

    assert said(stranger) == [
        f"{TILL}:13  found a tab that indents, expected spaces (YAML allows no tabs there); "
        "replace the tab with spaces"
    ]


def test_huge_file_is_refused_by_its_size_before_it_is_read(stranger):
    with (stranger.root / TILL).open("r+b") as file:
        file.truncate(3_000_000_000)

    tracemalloc.start()

    assert said(stranger) == [
        f"{TILL}:1  found 3,000,000,000 bytes, expected at most 1,048,576 (1 MiB); "
        "split it into smaller files"
    ]
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_alias_bomb_is_refused_at_its_first_alias(stranger):
    bomb = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    stranger.write(TILL, "\n".join(bomb) + "\n")

    assert said(stranger) == [
        f"{TILL}:2  found the YAML alias *a0, expected every value written out; "
        "write the value here"
    ]


def test_missing_gates_and_claims_are_named(stranger):
    (stranger.root / GATES).unlink()
    (stranger.root / TILL).unlink()

    assert said(stranger) == [
        "evidence/claims:1  found no claims, expected a file such as claims/area.yml; "
        "write the first one",
        f"{GATES}:1  not found; write it",
    ]


def test_claims_that_nobody_would_read_are_named(stranger):
    stranger.write("evidence/claims/more.yaml", "area: More\n")
    stranger.write("evidence/claims/old/less.yml", "area: Less\n")

    assert said(stranger) == [
        "evidence/claims/more.yaml:1  found the ending .yaml, expected .yml; rename the file",
        "evidence/claims/old/less.yml:1  found in a folder of its own, expected in "
        "evidence/claims; move the file there",
    ]


def test_folder_pipe_and_dangling_link_in_place_of_a_file_are_named(stranger):
    (stranger.root / GATES).unlink()
    (stranger.root / GATES).mkdir()
    os.mkfifo(stranger.root / "evidence/claims/pipe.yml")
    (stranger.root / "evidence/claims/gone.yml").symlink_to("nowhere.yml")

    assert said(stranger) == [
        "evidence/claims/gone.yml:1  found a link that leads to no file; mend or delete it",
        "evidence/claims/pipe.yml:1  found something that is not a file, expected a file",
        f"{GATES}:1  found something that is not a file, expected a file",
    ]


def test_dangling_link_is_not_taken_for_an_absent_file(stranger):
    (stranger.root / "evidence/scope.yml").unlink()
    (stranger.root / "evidence/scope.yml").symlink_to("nowhere.yml")

    assert said(stranger) == [
        "evidence/scope.yml:1  found a link that leads to no file; mend or delete it"
    ]


def test_link_that_leaves_the_project_is_not_read(stranger, tmp_path):
    (tmp_path / "outside.yml").write_text("password: hunter2\n")
    (stranger.root / "evidence/claims/out.yml").symlink_to(tmp_path / "outside.yml")

    assert said(stranger) == [
        "evidence/claims/out.yml:1  found a link that leaves the project; put the file itself here"
    ]


def test_file_in_place_of_the_claims_folder_is_named(stranger):
    (stranger.root / TILL).unlink()
    (stranger.root / "evidence/claims").rmdir()
    stranger.write("evidence/claims", "area: Till\n")

    assert said(stranger) == [
        "evidence/claims:1  found a file, expected a folder of files such as claims/area.yml; "
        "make it one"
    ]


@pytest.mark.parametrize("name", ["Zähler", "a b", "index", "-x", "a\nb"])
def test_file_whose_name_can_be_no_page_is_named(stranger, name):
    (stranger.root / TILL).rename(stranger.root / f"evidence/claims/{name}.yml")

    (line,) = said(stranger)
    assert "expected letters, digits, hyphens and underscores, for it names a page" in line


def test_files_that_differ_in_capitals_only_are_named(stranger):
    text = stranger.read(TILL).replace("TILL-", "MORE-").replace("area: Till", "area: More")
    stranger.write("evidence/claims/Till.yml", text)

    assert said(stranger) == [
        f"{TILL}:1  found a file whose name differs from evidence/claims/Till.yml only in "
        "capitals; rename one"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            TILL,
            "id: TILL-03",
            'id: "TILL-03\\n"',
            '19  TILL-03 id: found "TILL-03 ", expected two to five capitals, a hyphen and two or '
            "three digits, such as REF-02",
        ),
        (
            TILL,
            "says: The package imports on its own.",
            'says: "a\\0b"',
            "20  TILL-03 says: found the character U+0000 in it, expected text; remove it",
        ),
        (
            GATES,
            'run: ["{python}", -c,',
            'run: ["", -c,',
            "9  imports run item 1: found empty text, expected the command's name",
        ),
    ],
)
def test_text_that_no_command_or_page_could_take_is_named(stranger, file, old, new, sentence):
    stranger.replace(file, old, new)

    assert said(stranger) == [f"{file}:{sentence}"]


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


DEMO = """gate: tests
steps:
  - {id: buy, title: Buy, who: customer, does: [Press `Buy`.], sees: "A receipt.", minutes: 2}
"""


def test_demo_is_read_in_written_order(stranger):
    stranger.write("evidence/demo.yml", DEMO)

    demo = read_register(load_project(stranger.root)).demo

    assert demo.gate.text == "tests"
    (step,) = demo.steps
    assert (step.id, step.does, step.minutes) == ("buy", ("Press `Buy`.",), 2.0)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("gate: tests", "gate: test", '1  gate: unknown gate "test", expected one of gates.yml'),
        ("id: buy", "id: Buy it", '3  Buy it id: found "Buy it", expected small letters'),
        ("title: Buy, ", "", '3  buy: "title" is missing, expected the step in a few words'),
        (
            "minutes: 2",
            "minutes: 0",
            "3  buy minutes: found the number 0, expected minutes above 0",
        ),
        ("minutes: 2", "hours: 2", '3  buy: unknown key "hours"'),
        ("does: [Press `Buy`.]", "does: []", "3  buy does: found an empty list"),
    ],
)
def test_wrong_demo_is_named(stranger, old, new, sentence):
    stranger.write("evidence/demo.yml", DEMO.replace(old, new))

    (line,) = said(stranger)

    assert line.startswith(f"evidence/demo.yml:{sentence}")


def test_demo_step_named_twice_is_reported_at_both_places(stranger):
    stranger.write("evidence/demo.yml", DEMO + DEMO.splitlines(keepends=True)[-1])

    assert [line.partition("  ")[0] for line in said(stranger)] == [
        "evidence/demo.yml:3",
        "evidence/demo.yml:4",
    ]


PUBLIC = """public_claims:
  - where: README.md
    says: A till that adds up.
    claims: [TILL-01]
  - where: A post on LinkedIn
    says: Never a penny lost.
    claims: [TILL-01, TILL-02]
"""


def test_a_place_elsewhere_may_be_told_in_many_words(stranger):
    where = ", and ".join(["On the price list that lies on the counter"] * 8)
    stranger.write("README.md", "A till that adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC.replace("A post on LinkedIn", where))

    assert read_register(load_project(stranger.root)).public[1].where == where


def test_public_claims_are_read_with_the_claims_they_rest_on(stranger):
    stranger.write("README.md", "# Till\n\nA **till** that\nadds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    first, second = read_register(load_project(stranger.root)).public

    assert (first.where, first.says) == ("README.md", "A till that adds up.")
    assert [link.text for link in second.claims] == ["TILL-01", "TILL-02"]


def test_sentence_may_be_quoted_over_several_lines(stranger):
    stranger.write("README.md", "> - A till that\n>   adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    assert len(read_register(load_project(stranger.root)).public) == 2


def test_sentence_that_its_file_does_not_say_is_refused(stranger):
    stranger.write("README.md", "# Till\n\nA till that adds.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC)

    assert said(stranger) == [
        'evidence/public_claims.yml:2  "A till that adds up.": not found in README.md, expected '
        "word by word; quote it as it stands there, or take it out here"
    ]


def test_public_claim_that_rests_on_nothing_is_refused(stranger):
    stranger.write("README.md", "A till that adds up.\n")
    stranger.write("evidence/public_claims.yml", PUBLIC.replace("TILL-02", "ZZZ-99"))

    assert said(stranger) == [
        "evidence/public_claims.yml:7  public claim rests on ZZZ-99: no such claim; "
        "name one of claims/"
    ]


def test_sentences_are_folded_to_one_line(stranger):
    stranger.replace(
        TILL, "says: The package imports on its own.", "says: >\n      The package\n      imports."
    )

    assert read_register(load_project(stranger.root)).claims[2].says == "The package imports."


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
