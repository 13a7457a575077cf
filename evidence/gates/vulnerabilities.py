"""Gate: no package of the lock has a vulnerability that is known where such things are listed.

The list is asked for at run time, so the same commit can pass today and fail tomorrow: that is the
point. Where no list can be reached the gate says "not run" (exit code 77). With `--stand-in` a list
on this machine is asked instead, which shows what an answer would do, and nothing about packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from evidence.gates.advisories import advisories
from evidence.gates.unreachable import why_unreachable

LOCK = "requirements/lock.txt"
NOT_RUN = 77
_TIMEOUT_S = 150


class NoAnswer(Exception):
    """Nobody could be asked; the message is a clause that says why."""


def main() -> int:
    """Exit code 1 and a line for each vulnerability, 77 when nobody could be asked, else 0."""
    try:
        if "--stand-in" in sys.argv:
            _say("asked  a list on this machine that stands in for those on the internet")
            with advisories() as address:
                return judge(ask("--vulnerability-service", "osv", "--osv-url", address))
        return judge(ask())
    except NoAnswer as why:
        _say(f"not run: no list of known vulnerabilities could be asked: {why}")
        return NOT_RUN


def ask(*where: str, lock: str = LOCK, timeout_s: float = _TIMEOUT_S) -> list[dict[str, Any]]:
    """What is told of each package of the lock. Raises NoAnswer."""
    tool = Path(sys.executable).parent / "pip-audit"
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        ended = subprocess.run(
            [str(tool), "--requirement", lock, *options, *where],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        told: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except subprocess.TimeoutExpired as slow:
        raise NoAnswer(f"it did not answer within {timeout_s:.0f} s") from slow
    except (ValueError, KeyError, TypeError):
        raise NoAnswer(why_unreachable(ended.stderr)) from None
    return told


def judge(packages: list[dict[str, Any]]) -> int:
    """The exit code for what was told of each package, and a line for each that matters."""
    asked = [each for each in packages if "skip_reason" not in each]
    if not asked:
        raise NoAnswer(f"it knows none of these {len(packages)} packages")
    known = [(each, one) for each in asked for one in each["vulns"]]
    for each, one in known:
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        _say(f"WRONG  {each['name']} {each['version']}: {one['id']}; mended in {mended}")
    for each in packages:
        if "skip_reason" in each:
            _say(f"unknown  {each['name']}: the list does not have it")
    _say(f"vulnerabilities: {len(asked)} of {len(packages)} packages asked, {len(known)} known")
    return 1 if known or len(asked) < len(packages) else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
