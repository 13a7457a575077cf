"""Make a test database by copying the one that was migrated for this very schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db.backends.postgresql.creation import DatabaseCreation

from config.test_database.schema import digest
from local_postgres.home import is_socket_folder

_APPS = Path(__file__).resolve().parents[2]
_PREFIX = "migrated_"
_KEPT = 4  # Of this and of earlier schemas: branches and broken copies of the project take turns.


class CopyingCreation(DatabaseCreation):
    def sql_table_creation_suffix(self) -> str:
        """How `CREATE DATABASE` goes on."""
        if self.connection.settings_dict["TEST"].get("TEMPLATE") or not self._is_ours():
            return super().sql_table_creation_suffix()
        # PostgreSQL copies any database that nobody is connected to.
        return f'WITH TEMPLATE "{self._migrated()}"'

    def _is_ours(self) -> bool:
        return is_socket_folder(str(self.connection.get_connection_params().get("host", "")))

    def _migrated(self) -> str:
        """The name of a database with every migration, made if there is none yet."""
        name = f"{_PREFIX}{digest(_APPS)[:16]}"
        with self._nodb_cursor() as cursor:  # type: ignore[attr-defined]  # not in the stubs
            # Held by the session: it ends with the cursor's connection, however that ends.
            cursor.execute("SELECT pg_advisory_lock(hashtext('config.test_database'))")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                self._migrate(f"{name}_new", cursor)
                cursor.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
                _drop_old(cursor)
        return name

    def _migrate(self, name: str, cursor: Any) -> None:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")  # Somebody was killed half-way.
        cursor.execute(f"CREATE DATABASE {name}")
        with self._connected_to(name):
            call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)

    @contextmanager
    def _connected_to(self, name: str) -> Iterator[None]:
        alias = self.connection.alias
        known = (settings.DATABASES[alias], self.connection.settings_dict)
        before = [each["NAME"] for each in known]
        self.connection.close()
        try:
            for each in known:
                each["NAME"] = name
            yield
        finally:
            self.connection.close()
            for each, was in zip(known, before, strict=True):
                each["NAME"] = was


def _drop_old(cursor: Any) -> None:
    """All but the newest; one that somebody copies right now goes the next time."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid DESC OFFSET %s",
        [f"^{_PREFIX}[0-9a-f]{{16}}$", _KEPT],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
