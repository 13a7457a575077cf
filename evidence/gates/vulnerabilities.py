"""Gate: no package of the lock has a vulnerability that is known where such things are listed.

The list is asked for at run time, so the same commit can pass today and fail tomorrow: that is the
point. Where no list can be reached the gate says "not run" (exit code 77).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = "requirements/lock.txt"
NOT_RUN = 77


def main() -> int:
    """Exit code 1 and a line for each vulnerability, 77 when nobody could be asked, else 0."""
    tool = Path(sys.executable).parent / "pip-audit"
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    ended = subprocess.run(
        [str(tool), "--requirement", LOCK, *options],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    try:
        told: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return _not_run(f"the audit gave no answer: {last[:200]}")
    return judge(told)


def judge(packages: list[dict[str, Any]]) -> int:
    """The exit code for what was told of each package, and a line for each that matters."""
    asked = [each for each in packages if "skip_reason" not in each]
    if not asked:
        return _not_run(f"no list of vulnerabilities could be reached for {len(packages)} packages")
    known = [(each, one) for each in asked for one in each["vulns"]]
    for each, one in known:
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        _say(f"WRONG  {each['name']} {each['version']}: {one['id']}; mended in {mended}")
    for each in packages:
        if "skip_reason" in each:
            _say(f"unknown  {each['name']}: {each['skip_reason']}")
    _say(f"vulnerabilities: {len(asked)} of {len(packages)} packages asked, {len(known)} known")
    return 1 if known or len(asked) < len(packages) else 0


def _not_run(why: str) -> int:
    _say(f"not run: {why}")
    return NOT_RUN


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
