"""The spelling gate finds what it is for, wherever it is planted."""

from __future__ import annotations

from tests.repo.planted import Gate, Repository

WRONG = "cancel" + "led"


def test_a_clean_repository_passes_and_says_what_was_read(
    repository: Repository, gate: Gate
) -> None:
    repository.write("status.py", 'CANCELED = "canceled"\n')
    repository.commit()

    done = gate("spelling.py")

    assert done.returncode == 0
    assert done.stdout == "spelling: 2 files read, 0 wrong spellings\n"


def test_each_wrong_spelling_is_named_with_its_line(repository: Repository, gate: Gate) -> None:
    repository.write("app/a.py", f"one\nstatus = '{WRONG}'  # not {WRONG} yet\n# {WRONG}\n")
    repository.write("app/migrations/0001.py", f"name = '{WRONG}'\n")
    repository.write("templates/b.html", f"<p>{WRONG.upper()}</p>\n")
    repository.write("tests/test_a.py", f"def test_{WRONG}():\n")
    repository.commit()

    done = gate("spelling.py")

    assert done.returncode == 1
    assert done.stdout == (
        "app/a.py:2  wrong spelling found; use canceled\n"
        "app/a.py:3  wrong spelling found; use canceled\n"
        "app/migrations/0001.py:1  wrong spelling found; use canceled\n"
        "templates/b.html:1  wrong spelling found; use canceled\n"
        "tests/test_a.py:1  wrong spelling found; use canceled\n"
        "spelling: 5 files read, 5 wrong spellings\n"
    )


def test_a_new_file_and_a_file_name_count_too(repository: Repository, gate: Gate) -> None:
    repository.write(f"{WRONG}.txt", "fine\n")

    done = gate("spelling.py")

    assert done.returncode == 1
    assert f"{WRONG}.txt  the file's name is misspelled; use canceled\n" in done.stdout


def test_ignored_and_binary_files_are_left_alone(repository: Repository, gate: Gate) -> None:
    repository.write(".venv/x.py", WRONG)
    repository.write("picture.bin", b"\0" + WRONG.encode())

    assert gate("spelling.py").returncode == 0
