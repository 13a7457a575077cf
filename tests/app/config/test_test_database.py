"""A test database is a copy of one with every migration, and of the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.test_database.schema import deciding, digest
from local_postgres.home import is_socket_folder

FILES = {
    "orders/migrations/0001_first.py": "import core.triggers\n",
    "orders/models.py": "def late():\n    from orders import rules, views_of\n",
    "orders/rules.py": "LIMIT = 3\n",
    "orders/views.py": "import orders.rules\n",
    "core/__init__.py": "",
    "core/triggers.py": "SQL = 'SELECT 1'\n",
    "config/settings/base.py": "",
}


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / name).write_text(text)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/lock.txt").write_text("Django==5\n")
    return tmp_path / "app"


@pytest.mark.parametrize(
    "name", [*sorted(FILES.keys() - {"orders/views.py"}), "../requirements/lock.txt"]
)
def test_schema_is_another_when_what_decides_it_changes(apps: Path, name: str) -> None:
    before = digest(apps)
    (apps / name).write_text((apps / name).read_text() + "# Another word.\n")
    assert digest(apps) != before


def test_schema_is_another_with_one_migration_more_and_the_same_with_another_view(
    apps: Path,
) -> None:
    before = digest(apps)
    (apps / "orders/views.py").write_text("")
    assert digest(apps) == before
    (apps / "orders/migrations/0002_next.py").write_text("")
    assert digest(apps) != before


def test_models_of_every_app_of_ours_decide() -> None:
    known = deciding(settings.APP_DIR)
    assert {path.parent.name for path in known if path.name == "models.py"} >= {"orders", "refunds"}


@pytest.mark.django_db
def test_new_database_on_our_own_server_has_every_migration_at_once() -> None:
    creation, name = connection.creation, f"{connection.settings_dict['NAME']}_another"
    if not is_socket_folder(connection.get_connection_params().get("host", "")):
        assert "TEMPLATE" not in creation.sql_table_creation_suffix()
        pytest.skip("somebody else's server keeps no databases of ours")
    with creation._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} {creation.sql_table_creation_suffix()}")
        try:
            there = {key: connection.get_connection_params()[key] for key in ("host", "user")}
            with psycopg.connect(**there, dbname=name) as other:
                found = other.execute("SELECT app, name FROM django_migrations").fetchall()
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert set(found) == set(MigrationLoader(connection).applied_migrations)


def test_what_anybody_elses_server_makes_is_made_from_nothing(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection, "get_connection_params", lambda: {"host": "database.example"})
    assert connection.creation.sql_table_creation_suffix() == ""
