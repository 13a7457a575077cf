#!/usr/bin/env python
"""Django's command line for the shop, with a PostgreSQL of its own when none is named."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


def main() -> None:
    settings = "test" if sys.argv[1:2] == ["test"] else "local"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")

    from django.core.management import execute_from_command_line

    from core.environment import NotAsExpected
    from local_postgres import CannotStart

    try:
        execute_from_command_line(sys.argv)
    except (CannotStart, NotAsExpected) as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
