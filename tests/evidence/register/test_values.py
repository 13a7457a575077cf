"""Each kind of wrong value in a claim or gate, by the whole sentence that a person reads."""

from __future__ import annotations

import pytest

from tests.evidence.register.till import GATES, TILL, said


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


def test_claim_with_no_links_is_refused(stranger):
    stranger.replace(TILL, "    gates: [imports]\n", "")

    assert said(stranger) == [
        f"{TILL}:19  TILL-03: found neither tests nor gates, expected at least one; "
        "cite what proves it"
    ]


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
