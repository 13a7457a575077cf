"""Base images: the pinned ones where they can be pulled, else stand-ins made from Debian.

A stand-in has what the pinned image promises to whoever builds on it: Python and this machine's
certificates, or PostgreSQL that makes its cluster at the first start. It proves Dockerfile and
Compose file, not the pinned images; the log says so.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from evidence.gates.compose import parts
from evidence.gates.compose.engine import Engine
from evidence.gates.unreachable import why_not_fetched

_BARE = "purelaka-stand-in:debian"
PYTHON, POSTGRES = "purelaka-stand-in:python", "purelaka-stand-in:postgres"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_PYTHON_FILE = f"""
FROM {_BARE}
COPY certificates {_CERTIFICATES}
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    SSL_CERT_FILE={_CERTIFICATES} PIP_CERT={_CERTIFICATES}
"""
_POSTGRES_FILE = f"""
FROM {PYTHON}
COPY entrypoint /usr/local/bin/entrypoint
RUN chmod 755 /usr/local/bin/entrypoint && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \\
    && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data \\
    && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
ENV PGDATA=/var/lib/postgresql/data
# Ends what clients are at instead of waiting for them to go, as the pinned image does.
STOPSIGNAL SIGINT
ENTRYPOINT ["entrypoint"]
"""
_ENTRYPOINT = """#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?is not set, and a first start needs one}"
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 \\
    --auth-local=trust --auth-host=scram-sha-256 --no-sync > /dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --silent --wait --options="-c listen_addresses=''" start
  createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  pg_ctl --silent --wait stop
fi
exec postgres -c listen_addresses='*'
"""


def variables(engine: Engine, docker: list[str], env: dict[str, str]) -> dict[str, str]:
    """What Compose is told about images; nothing where the pinned ones can be pulled."""
    if not engine.own:
        return {}
    _run([*docker, "import", str(parts.base()), _BARE], env)
    _build(docker, env, PYTHON, {"Dockerfile": _PYTHON_FILE}, certificates=True)
    _build(docker, env, POSTGRES, {"Dockerfile": _POSTGRES_FILE, "entrypoint": _ENTRYPOINT})
    return {"PYTHON_IMAGE": PYTHON, "POSTGRES_IMAGE": POSTGRES}


def _build(
    docker: list[str],
    env: dict[str, str],
    tag: str,
    files: dict[str, str],
    *,
    certificates: bool = False,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, "utf-8")
        if certificates:
            shutil.copyfile(parts.CERTIFICATES, Path(folder) / "certificates")
        _run([*docker, "build", "--quiet", "--network", "none", "--tag", tag, folder], env)


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise parts.NotHere(f"stand-in images: {why_not_fetched(done.stderr)}")
    return done.stdout
