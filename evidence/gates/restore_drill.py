"""Gate: a seeded shop is backed up and destroyed, and comes back from the backup alone.

It had a role of its own that owns nothing, as production has, and the drill runs under production's
settings, on a machine that knows neither that role nor the shop's server. The database it was
backed up from is dropped before anything is restored, into a server with a cluster of its own. Exit
code 77 where the programs for it are missing.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NOT_RUN = 77
MISSING = "not on this machine"
# Production takes nobody whose password is public.
EVERYBODY_LEAVES = "from accounts.models import User; User.objects.update(is_active=False)"
DROP = "from django.db import connection; connection.cursor().execute('DROP ROLE IF EXISTS {}')"


def main() -> int:
    """The exit code of the first command that failed, 0 when the shop came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where the backup goes")
    dump = parser.parse_args().out / "shop.dump"
    role = f"shop_drill_{os.getpid()}"
    try:
        lived = ["migrate", "--verbosity=0", "::", "seed_demo", "::", *_shell(EVERYBODY_LEAVES)]
        lived += ["::", "app_role", role, "::", "backup", str(dump)]
        if code := _manage("throwaway", "--", *lived):
            return code
        _say("destroyed  the database that was backed up is dropped")
        _say("production  settings from here on")
        return _manage("restore_drill", str(dump), "--no-record", env=_production())
    finally:
        # Roles are the whole server's: this one outlives its database.
        _manage(*_shell(DROP.format(role)))
        shutil.rmtree(dump.parent, ignore_errors=True)


def _shell(code: str) -> tuple[str, ...]:
    return ("shell", "--verbosity=0", "--no-imports", "--command", code)


def _production() -> dict[str, str]:
    """Throwaway values; the shop's own server is gone and must not be asked for."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": "postgresql://nobody@nowhere.invalid/none",
        "ALLOWED_HOSTS": "shop.example",
        "SHOP_ADDRESS": "https://shop.example",
        "STRIPE_API_KEY": "sk_test_none",
        "STRIPE_WEBHOOK_SECRETS": "whsec_none",
    }


def _manage(*command: str, env: Mapping[str, str] | None = None) -> int:
    ended = subprocess.run(
        [sys.executable, "app/manage.py", *command],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(ended.stdout)
    if ended.returncode and MISSING in ended.stdout:
        _say(f"not run: {ended.stdout.strip().splitlines()[-1]}")
        return NOT_RUN
    return ended.returncode


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
