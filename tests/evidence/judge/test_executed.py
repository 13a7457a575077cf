"""Executed lines, read from databases that coverage itself wrote."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from coverage import CoverageData
from coverage.numbits import numbits_to_nums, nums_to_numbits

from evidence.engine.judge.executed import (
    Recording,
    Wanted,
    mask_of,
    read_executed,
)

TEST = "tests/test_a.py::test_b"
WANTED = {"app/f.py": Wanted(body=frozenset({3, 4, 9}), tests=frozenset({TEST}))}


def _write(file: Path, lines: dict[str, dict[str, list[int]]]) -> Path:
    data = CoverageData(basename=str(file))
    for context, files in lines.items():
        data.set_context(context)
        data.add_lines(files)
    data.write()
    data.close()
    return file


def _recording(file: Path) -> Recording:
    return Recording(gate="tests", file=file, tests={TEST: TEST})


def test_call_phase_is_told_from_setup_and_teardown(tmp_path):
    file = _write(
        tmp_path / "coverage",
        {
            "": {"app/f.py": [1, 2]},
            f"{TEST}|setup": {"app/f.py": [3]},
            f"{TEST}|run": {"app/f.py": [4, 5]},
            f"{TEST}|teardown": {"app/f.py": [9]},
        },
    )

    executed = read_executed([_recording(file)], WANTED, tmp_path)

    assert executed.in_call("app/f.py", TEST) == {4}
    assert executed.around("app/f.py", TEST) == {3, 9}
    assert executed.measured == {"tests"}
    assert executed.files == {"app/f.py"}


def test_cases_and_gates_add_up(tmp_path):
    first = _write(tmp_path / "one", {f"{TEST}[x::y|run]|run": {"app/f.py": [3]}})
    second = _write(tmp_path / "two", {f"{TEST}[é]|run": {"app/f.py": [9]}})
    recordings = [_recording(first), Recording(gate="more", file=second, tests={TEST: TEST})]

    executed = read_executed(recordings, WANTED, tmp_path)

    assert executed.in_call("app/f.py", TEST) == {3, 9}
    assert executed.measured == {"tests", "more"}


def test_absolute_paths_are_mapped_to_the_root(tmp_path):
    file = _write(tmp_path / "coverage", {f"{TEST}|run": {f"{tmp_path}/app/f.py": [3]}})

    assert read_executed([_recording(file)], WANTED, tmp_path).in_call("app/f.py", TEST) == {3}


def test_branch_data_holds_the_same_lines(tmp_path):
    file = tmp_path / "coverage"
    data = CoverageData(basename=str(file))
    data.set_context(f"{TEST}|run")
    data.add_arcs({"app/f.py": [(-2, 3), (3, 4), (4, -2)]})
    data.write()
    data.close()

    assert read_executed([_recording(file)], WANTED, tmp_path).in_call("app/f.py", TEST) == {3, 4}


def test_tests_that_do_not_cite_the_file_are_not_asked_about(tmp_path):
    other = "tests/test_a.py::test_other"
    file = _write(tmp_path / "coverage", {f"{other}|run": {"app/f.py": [3]}})
    recording = Recording(gate="tests", file=file, tests={TEST: TEST, other: other})

    assert read_executed([recording], WANTED, tmp_path).in_call("app/f.py", other) == set()


@pytest.mark.parametrize(
    "content", [None, b"", b"not a database", b"SQLite format 3\0" + b"x" * 99]
)
def test_unreadable_database_measured_nothing(tmp_path, content):
    file = tmp_path / "coverage"
    if content is not None:
        file.write_bytes(content)

    executed = read_executed([_recording(file)], WANTED, tmp_path)

    assert executed.measured == set()
    assert executed.in_call("app/f.py", TEST) == set()


def test_contexts_of_another_kind_measured_nothing(tmp_path):
    file = _write(tmp_path / "coverage", {"tests.test_a.test_b": {"app/f.py": [3]}})

    assert read_executed([_recording(file)], WANTED, tmp_path).measured == set()


def test_reading_leaves_the_recorded_folder_as_it_was(tmp_path):
    file = _write(tmp_path / "coverage", {f"{TEST}|run": {"app/f.py": [3]}})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    read_executed([_recording(file)], WANTED, tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_masks_are_coverages_own_numbits():
    lines = {1, 7, 8, 64, 1000}
    mask = mask_of(lines)

    written = mask.to_bytes((mask.bit_length() + 7) // 8, "little")

    assert set(numbits_to_nums(written)) == lines


def test_five_thousand_tests_are_read_in_little_memory(tmp_path):
    tests = [f"tests/test_{i // 50}.py::test_{i}" for i in range(5000)]
    files = [f"app/f{i}.py" for i in range(100)]
    file = _write(tmp_path / "coverage", {"": {name: [1] for name in files}})
    bits = [nums_to_numbits(range(1 + start, 400, 7)) for start in range(7)]
    # Written at once: coverage itself takes seconds over one context after the other.
    with closing(sqlite3.connect(file)) as database, database:
        ids = dict(database.execute("select path, id from file"))
        contexts = [(i, f"{test}|run") for i, test in enumerate(tests, 10)]
        rows = [
            (ids[name], i + 10, bits[i % 7]) for i in range(5000) for name in files[i % 20 :: 20]
        ]
        database.executemany("insert into context (id, context) values (?, ?)", contexts)
        database.executemany(
            "insert into line_bits (file_id, context_id, numbits) values (?, ?, ?)", rows
        )
    wanted = {
        path: Wanted(body=frozenset(range(100, 130)), tests=frozenset(tests[n::100]))
        for n, path in enumerate(files)
    }
    recording = Recording(gate="tests", file=file, tests={test: test for test in tests})

    tracemalloc.start()
    executed = read_executed([recording], wanted, tmp_path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert executed.in_call(files[0], tests[0]) == set(range(106, 130, 7))
    assert peak_bytes < 20_000_000
