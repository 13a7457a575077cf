from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.publish.links import Permalinks, page, source, source_page, up
from evidence.engine.publish.proof import excerpt_of_log
from evidence.engine.publish.sources import Sources


@pytest.mark.parametrize("data", [b"a\r\nb\r\n", b"a\nb", b"\xef\xbb\xbfa\nb\n", b"a\rb"])
def test_lines_come_without_their_ends(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.py").write_bytes(data)
    file = Sources(tmp_path).get("x.py")
    assert file is not None
    assert file.lines == ("a", "b")


def test_lines_are_numbered_as_editors_number_them(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("a\x0cb\u2028c\nd\n", encoding="utf-8")
    file = Sources(tmp_path).get("x.py")
    assert file is not None
    assert file.lines == ("a\x0cb\u2028c", "d")


def test_files_outside_the_project_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "secret")
    sources = Sources(root)
    for path in ("../secret", str(tmp_path / "secret"), "link", "gone", "."):
        assert sources.get(path) is None, path


def test_file_that_is_no_text_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\x89PNG\0\0")
    file = Sources(tmp_path).get("x.png")
    assert file is not None
    assert not file.is_text
    assert file.lines == ()


def test_very_long_file_is_shown_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text("x\n" * 10_007)
    file = Sources(tmp_path).get("x.sql")
    assert file is not None
    assert (len(file.shown), file.left_out, file.language) == (10_000, 7, "sql")


def test_each_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("one")
    sources = Sources(tmp_path)
    before = sources.get("x.py")
    (tmp_path / "x.py").write_text("two")
    assert sources.get("x.py") is before


def test_addresses_of_source_pages() -> None:
    assert source("app/x.py", 12) == "source/app/x.py.html#L12"
    assert page(source_page("docs/README")) == "source/docs/README_.html"
    assert up("source/app/x.py") == "../../"


def test_permalink_needs_a_repository() -> None:
    assert Permalinks("", "abc").to("x.py", 1, 2) == ""
    links = Permalinks("https://git.example/o/n/", "abc")
    assert links.to("a b.py", 3, 3) == "https://git.example/o/n/blob/abc/a%20b.py#L3"


def test_log_excerpt_keeps_both_ends(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"line {number}" for number in range(200)) + "\n")
    excerpt = excerpt_of_log(log)
    assert excerpt is not None
    assert (excerpt.head[0], excerpt.tail[-1], excerpt.left_out) == (
        "line 0", "line 199", "120 lines",
    )  # fmt: skip
    log.write_text("x" * 500)
    short = excerpt_of_log(log)
    assert short is not None
    assert short.head == ("x" * 400 + " …",)
    assert excerpt_of_log(tmp_path / "gone.log") is None
