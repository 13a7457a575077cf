"""A server that nobody used before, for as long as a block runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_postgres.binaries import find
from local_postgres.home import owner, socket_folder, usable
from local_postgres.server import address, create_database, initialise, start, stop


@contextmanager
def fresh_server() -> Iterator[str]:
    """The URL of an empty database on a new server with a cluster of its own, which is stopped and
    removed afterwards. Raises CannotStart."""
    runs_as = owner()
    programs = usable(find(os.environ.get("PURELAKA_POSTGRES", "")), runs_as)
    sockets = socket_folder(runs_as)
    # Beside the sockets: a short path that the server's user can enter.
    home = Path(tempfile.mkdtemp(prefix="purelaka-fresh-", dir=sockets.parent))
    runs_as.give(home)
    try:
        initialise(programs, home / "data", runs_as)
        server = start(programs, home / "data", sockets, runs_as, log=home / "log")
        try:
            create_database(sockets, server)
            yield address(sockets)
        finally:
            stop(server)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
