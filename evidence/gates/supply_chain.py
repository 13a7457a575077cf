"""Gate: what is installed is listed in CycloneDX, under licences that a buyer can live with.

Leaves `sbom.cdx.json`, in version 1.6 of the format and the same bytes for the same lock.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

SBOM = "sbom.cdx.json"
# Words of licences that let a buyer use, change and sell on what is installed beside his code.
ALLOWED = (
    "mit", "bsd", "apache", "isc", "python software foundation", "psf", "mozilla public", "mpl",
    "lgpl", "lesser general public", "postgresql", "unlicense", "public domain", "zlib", "0bsd",
)  # fmt: skip
_FIELDS = ("License-Expression", "Classifier", "License")


def main() -> int:
    """Exit code 1 and a line for each package without a known licence, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the list")
    target = parser.parse_args().out / SBOM
    components = _write(target)
    wrong = [line for each in _installed() if (line := _objection(each))]
    for line in wrong:
        _say(f"WRONG  {line}")
    _say(f"{SBOM}: CycloneDX 1.6, {components} components; {len(wrong)} licences to object to")
    return 1 if wrong else 0


def _write(target: Path) -> int:
    """The list of what is installed; how many components it has."""
    bom = Bom(components=map(_component, _installed()))
    told: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # The library numbers each list and says when; the list itself is the same for the same lock.
    told.pop("serialNumber", None)
    told.get("metadata", {}).pop("timestamp", None)
    target.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return len(told["components"])


def _component(package: Distribution) -> Component:
    name, version = package.metadata["Name"], package.version
    licence = _licence(package)
    return Component(
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("pypi", name=name.lower().replace("_", "-"), version=version),
        licenses=[DisjunctiveLicense(name=licence)] if licence else [],
    )


def _installed() -> list[Distribution]:
    found = {each.metadata["Name"].lower(): each for each in distributions()}
    return [found[name] for name in sorted(found)]


def _objection(package: Distribution) -> str:
    """Why this package's licence is none to sell with; nothing when it is one."""
    name = package.metadata["Name"]
    licence = _licence(package)
    shown = licence or "none named"
    _say(f"{name} {package.version}: {shown}")
    if any(word in licence.lower() for word in ALLOWED):
        return ""
    return f"{name}: licence {shown}, expected a permissive or weak copyleft one"


def _licence(package: Distribution) -> str:
    """As its authors name it: the expression, else the classifiers, else the first line."""
    told = {key: package.metadata.get_all(key) or [] for key in _FIELDS}
    classified = sorted(
        value.rpartition(" :: ")[2]
        for value in told["Classifier"]
        if value.startswith("License :: ") and not value.endswith("OSI Approved")
    )
    expression, licence = "".join(told["License-Expression"]), "".join(told["License"]).strip()
    return expression or ", ".join(classified) or licence.partition("\n")[0][:80]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
