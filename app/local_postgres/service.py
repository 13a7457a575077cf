"""Hold this clone's own PostgreSQL for somebody else's processes; started by path.

Prints the server's DATABASE_URL as one line of JSON, then holds it until standard input closes. It
loads nothing of the shop, so nothing of the shop has a part in what it does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# Started by path, so Python looked for modules beside this file, where they have other names.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from local_postgres import CannotStart, hold  # noqa: E402 - found there only now


def main() -> None:
    try:
        url = hold()
    except CannotStart as error:
        sys.exit(f"local_postgres: {error}")
    sys.stdout.write(json.dumps({"DATABASE_URL": url}) + "\n")
    sys.stdout.flush()
    while sys.stdin.read(4096):
        pass


if __name__ == "__main__":
    main()
