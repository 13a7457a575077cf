"""Archives that nobody should unpack, and names that no file of a bundle has."""

from __future__ import annotations

import os
import stat
import unicodedata
import warnings
import zipfile
from pathlib import Path

from tests.evidence.bundle.forging import Bundle, Forgeries

FORGERIES = Forgeries()
refused = FORGERIES.refused


@refused("no-bundle")
def nothing(bundle: Bundle) -> Path:
    return bundle.home / "nothing"


@refused("damaged-archive")
def truncated(bundle: Bundle) -> Path:
    path = bundle.zip()
    path.write_bytes(path.read_bytes()[:-200])
    return path


@refused("damaged-archive")
def one_bit_of_a_file_flipped(bundle: Bundle) -> Path:
    path = bundle.zip()
    data = bytearray(path.read_bytes())
    data[data.index(b"<article")] ^= 1
    path.write_bytes(data)
    return path


@refused("encrypted")
def encrypted_member(bundle: Bundle) -> Path:
    return bundle.patched(lambda data, at: data.__setitem__(at + 8, data[at + 8] | 1))


@refused("unknown-compression")
def packed_in_an_unusual_way(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.compress_type = zipfile.ZIP_BZIP2
    return bundle.zip((about, b"x" * 100))


@refused("duplicate-member")
def same_name_twice(bundle: Bundle) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bundle.zip(("site/index.html", b"<p>All claims are met."))


@refused("too-large")
def said_to_be_a_gigabyte(bundle: Bundle) -> Path:
    return bundle.patched(lambda data, at: data.__setitem__(slice(at + 24, at + 28), b"\0\0\0\x40"))


@refused("zip-bomb")
def zeros_without_end(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.compress_type = zipfile.ZIP_DEFLATED
    return bundle.zip((about, bytes(4_000_000)))


@refused("zip-bomb")
def two_names_for_the_same_bytes(bundle: Bundle) -> Path:
    def share(data: bytearray, at: int) -> None:
        data[at + 42 : at + 46] = (0).to_bytes(4, "little")

    return bundle.patched(share)


@refused("path-traversal")
def way_out(bundle: Bundle) -> Path:
    return bundle.zip(("site/../../.bashrc", b"x"))


@refused("absolute-path")
def begins_at_the_root(bundle: Bundle) -> Path:
    return bundle.zip(("/etc/cron.d/x", b"x"))


@refused("absolute-path")
def begins_at_a_drive(bundle: Bundle) -> Path:
    return bundle.zip(("C:/x", b"x"))


@refused("odd-name")
def backslash(bundle: Bundle) -> Path:
    return bundle.zip(("site\\..\\x", b"x"))


@refused("odd-name")
def name_that_ends_at_a_nul(bundle: Bundle) -> Path:
    bundle.files["site/sneaky#html"] = b"x"

    def put_nul(data: bytearray, at: int) -> None:
        data[at + 46 + len("site/sneaky")] = 0

    return bundle.patched(put_nul, "site/sneaky#html")


@refused("odd-name")
def name_that_reads_backwards(bundle: Bundle) -> Path:
    return bundle.zip(("site/\u202elmth.x", b"x"))


@refused("odd-name")
def file_and_folder_of_one_name(bundle: Bundle) -> Path:
    return bundle.zip(("site/index.html/x", b"x"))


@refused("name-not-utf8")
def name_in_some_code_page(bundle: Bundle) -> Path:
    bundle.files["site/xx.html"] = b"x"

    def put_bytes(data: bytearray, at: int) -> None:
        data[at + 46 + 5 : at + 46 + 7] = b"\xff\xfe"

    return bundle.patched(put_bytes, "site/xx.html")


@refused("name-not-utf8")
def name_said_to_be_utf8(bundle: Bundle) -> Path:
    bundle.files["site/xx\u00e9.html"] = b"x"

    def put_bytes(data: bytearray, at: int) -> None:
        data[at + 46 + 5 : at + 46 + 7] = b"\xff\xfe"

    return bundle.patched(put_bytes, "site/xx\u00e9.html")


@refused("name-not-utf8")
def file_whose_name_is_no_text(bundle: Bundle) -> Path:
    root = bundle.folder()
    with open(os.fsencode(root) + b"/site/\xff.html", "wb"):  # noqa: PTH123 (no text)
        return root


@refused("case-collision")
def capital_twin(bundle: Bundle) -> Path:
    return bundle.zip(("site/INDEX.html", b"x"))


@refused("unicode-collision")
def accent_taken_apart(bundle: Bundle) -> Path:
    return bundle.zip((unicodedata.normalize("NFD", "site/caf\u00e9.html"), b"x"))


@refused("unicode-collision")
def twin_with_a_ligature(bundle: Bundle) -> Path:
    return bundle.zip(("site/file.html", b"x"), ("site/\ufb01le.html", b"y"))


@refused("symlink")
def link_in_a_folder(bundle: Bundle) -> Path:
    root = bundle.folder()
    (root / "site/index.html").unlink()
    (root / "site/index.html").symlink_to("/etc/passwd")
    return root


@refused("symlink")
def link_in_a_zip(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    return bundle.zip((about, b"/etc/passwd"))


@refused("special-file")
def pipe_in_a_folder(bundle: Bundle) -> Path:
    root = bundle.folder()
    os.mkfifo(root / "site/new.html")
    return root


@refused("special-file")
def device_in_a_zip(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.external_attr = (stat.S_IFCHR | 0o666) << 16
    return bundle.zip((about, b""))
