"""What is installed: the list, its licences, and what is known against it."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import pytest

from evidence.gates import supply_chain, vulnerabilities


class Package(Distribution):
    """A package with these metadata and nothing else."""

    def __init__(self, metadata: str) -> None:
        self._text = f"Name: thing\nVersion: 1.0\n{metadata}\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("metadata", "shown", "is_fine"),
    [
        ("License-Expression: MIT", "MIT", True),
        ("License: Apache 2.0\n  and more text", "Apache 2.0", True),
        ("License: MIT " + "x" * 77, "MIT " + "x" * 76, True),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD License", True),
        ("Classifier: Topic :: Games\nLicense: MIT", "MIT", True),
        (
            "Classifier: License :: OSI Approved :: GNU Affero General Public License v3",
            "GNU Affero General Public License v3",
            False,
        ),
        ("License: Proprietary", "Proprietary", False),
        ("License-Expression: AGPL-3.0-only", "AGPL-3.0-only", False),
        ("Classifier: License :: OSI Approved", "none named", False),
        ("", "none named", False),
    ],
)
def test_licence_that_a_buyer_cannot_live_with_is_named(
    metadata: str, shown: str, is_fine: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    objection = supply_chain._objection(Package(metadata))

    assert capsys.readouterr().out == f"thing 1.0: {shown}\n"
    objected = f"thing: licence {shown}, expected a permissive or weak copyleft one"
    assert objection == ("" if is_fine else objected)


def test_list_is_cyclonedx_and_the_same_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [distribution(name) for name in ("django", "packaging", "pytest")]
    monkeypatch.setattr(supply_chain, "_installed", lambda: some)
    first, second = tmp_path / "first", tmp_path / "second"
    count = supply_chain._write(first)
    supply_chain._write(second)

    told = json.loads(first.read_text("utf-8"))
    versions = {each["name"].lower(): each["version"] for each in told["components"]}
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert len(told["components"]) == count == 3
    assert versions["django"] == distribution("django").version
    assert first.read_bytes() == second.read_bytes()
    # A line for each thing, in an order of its own, so that two lists can be compared.
    lines = json.dumps(told, indent=1, sort_keys=True).splitlines()
    assert first.read_text("utf-8").splitlines()[:5] == lines[:5]
    assert len(first.read_text("utf-8").splitlines()) == len(lines)
    assert list(told) == sorted(told)


def test_all_that_is_installed_is_listed_once(tmp_path: Path) -> None:
    packages = supply_chain._installed()
    assert len({each.metadata["Name"].lower() for each in packages}) == len(packages) > 50


def package(name: str, *known: str, skipped: str = "") -> dict[str, Any]:
    if skipped:
        return {"name": name, "skip_reason": skipped}
    vulns = [{"id": each, "fix_versions": ["1.1"]} for each in known]
    return {"name": name, "version": "1.0", "vulns": vulns}


@pytest.mark.parametrize(
    ("packages", "code", "last"),
    [
        ([package("a"), package("b")], 0, "vulnerabilities: 2 of 2 packages asked, 0 known"),
        ([package("a", "V-1"), package("b")], 1, "vulnerabilities: 2 of 2 packages asked, 1 known"),
        (
            [package("a"), package("b", skipped="not found")],
            1,
            "vulnerabilities: 1 of 2 packages asked, 0 known",
        ),
    ],
)
def test_package_that_could_not_be_asked_about_is_not_passed(
    packages: list[dict[str, Any]], code: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vulnerabilities.judge(packages) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    unknown = [f"unknown  {each['name']}" for each in packages if "skip_reason" in each]
    told = [line.partition(":")[0] for line in lines if line.startswith("unknown")]
    assert told == unknown


def test_list_that_knows_no_package_was_not_asked() -> None:
    with pytest.raises(vulnerabilities.NoAnswer, match=r"^it knows none of these 1 packages$"):
        vulnerabilities.judge([package("a", skipped="not found")])


def test_known_vulnerability_is_named_with_what_mends_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    vulnerabilities.judge([package("a", "V-1")])
    assert capsys.readouterr().out.splitlines()[0] == "WRONG  a 1.0: V-1; mended in 1.1"
