"""Keys and ids that are unknown, odd or written twice, by the sentence that a person reads."""

from __future__ import annotations

from tests.evidence.register.till import GATES, TILL, said


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


def test_requirement_id_that_yaml_reads_as_a_number_is_refused(stranger):
    stranger.replace("evidence/requirements.yml", "    T3:", "    1.10:")

    assert said(stranger) == [
        "evidence/requirements.yml:6  found the key 1.10, which YAML does not read as text, "
        "expected text; put it in quotes",
        'evidence/requirements.yml:6  requirements packaging: found the key "1.10", expected '
        "a letter, then letters, digits, dots and hyphens, such as C2.1",
    ]
