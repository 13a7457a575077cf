"""Manifests that are none, and files that are not as the manifest says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evidence import verify
from tests.evidence.bundle.forging import Bundle, Forgeries, Forgery

FORGERIES = Forgeries()
refused = FORGERIES.refused


@refused("no-manifest")
def without_manifest(bundle: Bundle) -> Path:
    del bundle.files[verify.MANIFEST]
    return bundle.zip()


def _manifest(change: Callable[[list[str]], object]) -> Forgery:
    def forge(bundle: Bundle) -> Path:
        lines = bundle.files[verify.MANIFEST].decode().splitlines(keepends=True)
        change(lines)
        bundle.files[verify.MANIFEST] = "".join(lines).encode()
        return bundle.sign_manifest().zip()

    return forge


for _name, _reason, _change in (
    ("capital_digest", "manifest-format", lambda lines: lines.__setitem__(0, lines[0].upper())),
    (
        "carriage_return",
        "manifest-format",
        lambda lines: lines.__setitem__(0, lines[0][:-1] + "\r\n"),
    ),
    ("empty_line", "manifest-format", lambda lines: lines.insert(3, "\n")),
    ("last_line_cut_off", "manifest-format", lambda lines: lines.append(lines.pop()[:-1])),
    ("lines_out_of_order", "manifest-order", lambda lines: lines.reverse()),
    ("line_twice", "manifest-order", lambda lines: lines.insert(0, lines[0])),
    (
        "lists_what_is_volatile",
        "manifest-scope",
        lambda lines: lines.append(f"{'0' * 64}  volatile/run.json\n"),
    ),
):
    FORGERIES[_name] = (_reason, _manifest(_change))


@refused("missing-file")
def file_left_out(bundle: Bundle) -> Path:
    del bundle.files["site/status.html"]
    return bundle.zip()


@refused("missing-file")
def volatile_file_left_out(bundle: Bundle) -> Path:
    del bundle.files["volatile/run.json"]
    return bundle.zip()


@refused("extra-file")
def file_added(bundle: Bundle) -> Path:
    return bundle.zip(("site/new.html", b"x"))


@refused("extra-file")
def file_added_to_what_is_volatile(bundle: Bundle) -> Path:
    return bundle.zip(("site/volatile/new.html", b"x"))


@refused("edited-file")
def page_edited(bundle: Bundle) -> Path:
    return bundle.swap("site/index.html", "none is broken", "all are proved").zip()
