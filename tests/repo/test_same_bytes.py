"""The gate that compares two builds sees a difference, wherever it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.gates import same_bytes
from evidence.gates.same_bytes import differences


def _build(folder: Path, **files: str) -> Path:
    for name, text in {"site__index": "one\ntwo", "MANIFEST": "m", **files}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, []),
        ({"site__index": "one\ntwo!"}, ["site/index  line 2: 'two' and 'two!'"]),
        ({"site__index": "one\ntwo\n"}, ["site/index  one goes on where the other ends"]),
        ({"site__new": ""}, ["site/new  is in one build only"]),
        ({"volatile__run": "x", "site__volatile__run": "x", "docs__volatile__run": "x"}, []),
        ({"attestations__signed": "by another key"}, []),
        ({"site__proof__volatile": "x"}, ["site/proof/volatile  is in one build only"]),
    ],
)
def test_every_file_outside_volatile_is_compared(
    tmp_path: Path, files: dict[str, str], found: list[str]
) -> None:
    first, second = _build(tmp_path / "a"), _build(tmp_path / "b", **files)
    assert differences(first, second) == found
    if files:
        assert len(differences(second, first)) == len(found)


def test_tool_that_prints_the_time_is_found_out(tmp_path: Path) -> None:
    """The gate's own small repository, with one tool whose seconds nobody named."""
    files = {
        **same_bytes.SMALL,
        "evidence/gates.yml": (
            "gates:\n  - id: prints\n    proves: It prints.\n"
            '    run: ["{python}", prints.py]\n    timeout_s: 30\n'
        ),
    }
    builds = [
        same_bytes.build_small(tmp_path, setting, files)
        for setting in (same_bytes.HERE, same_bytes.ELSEWHERE)
    ]
    found = differences(*builds)
    assert [line.partition("  ")[0] for line in found] == [
        "MANIFEST.sha256",
        "docs/evidence.json",
        "docs/proof/prints.log",
        "docs/proof/prints.md",
        "site/evidence.json",
        "site/proof/prints.html",
        "site/proof/prints.log",
        "site/search/search_index.js",
        "site/search/search_index.json",
    ]
