"""The process that calls mike: `python -m evidence.engine.publish.mike_deploy < order.json`.

A process of its own, because mike asks the git repository that it is started in. It puts a built
site on a branch there, under the name of its version; nothing is built. What it did is printed as
JSON: whether anything `changed`, and whether the version is now the `latest`.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from mike import commands
from mike.git_utils import GitEmptyCommit

LATEST = "latest"
_RELEASE = re.compile(r"\d+(\.\d+)*")


def main() -> int:
    """Deploy what the order on standard input describes."""
    order: dict[str, Any] = json.load(sys.stdin)
    version, branch = order["version"], order["branch"]
    known = commands.list_versions(branch)
    is_latest = _is_newest(version, [str(info.version) for info in known])
    config = {"site_dir": order["site"], "use_directory_urls": False}
    changed = True
    try:
        with commands.deploy(
            config,
            version,
            aliases=[LATEST] if is_latest else [],
            update_aliases=True,
            branch=branch,
            message=order["message"],
        ):
            pass
        commands.set_default(LATEST, allow_undefined=True, branch=branch, message=order["message"])
    except GitEmptyCommit:
        changed = bool(known.find(version) is None)
    json.dump({"changed": changed, "latest": is_latest}, sys.stdout)
    return 0


def _is_newest(version: str, known: list[str]) -> bool:
    """True for a release that no published release is newer than. A pre-release is never it,
    unless there is nothing else."""
    releases = [each for each in known if _RELEASE.fullmatch(each)]
    if not _RELEASE.fullmatch(version):
        return not releases
    return all(_numbers(version) >= _numbers(each) for each in releases)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    sys.exit(main())
