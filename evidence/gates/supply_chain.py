"""Gate: what is installed is listed in CycloneDX, under licences that a buyer can live with.

Leaves `sbom.cdx.json`, in version 1.6 of the format and the same bytes for the same lock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

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
    tool = Path(sys.executable).parent / "cyclonedx-py"
    options = ["--output-reproducible", "--output-format", "JSON", "--spec-version", "1.6"]
    ended = subprocess.run(
        [str(tool), "environment", *options, sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"supply chain: cyclonedx-py failed: {ended.stderr.strip()[-300:]}")
    told: dict[str, Any] = json.loads(ended.stdout)
    for component in told["components"]:
        # Where somebody may download it is no part of what was installed here.
        component.pop("externalReferences", None)
    target.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return len(told["components"])


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
