"""Files that cannot be read or stand where none is read, by the sentence that a person reads."""

from __future__ import annotations

import os
import tracemalloc

import pytest

from tests.evidence.register.till import GATES, TILL, said


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
