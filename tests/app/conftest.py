"""The people of the shop's tests: one of each role, named for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A fixed, aware moment."""
    return NOW


@pytest.fixture(scope="session", autouse=True)
def _emptied_as_owner() -> Iterator[None]:
    """Tests with real commits empty the tables when they end. The append-only tables refuse
    that, as they should, so it is done as their owner: triggers off, truncate, triggers on."""
    refused = DatabaseOperations.sql_flush

    def sql_flush(
        self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any
    ) -> list[str]:
        return [
            *(f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in tables),
            *refused(self, style, tables, **options),
            *(f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in tables),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


def _person(username: str, role: str) -> Any:
    from accounts.models import User
    from accounts.roles import Role
    from accounts.services import give_role

    user = User.objects.create_user(username, password="correct horse battery")
    give_role(user=user, role=Role(role))
    return user


@pytest.fixture
def alice_admin(db: None) -> Any:
    return _person("alice_admin", "admin")


@pytest.fixture
def olly_ops(db: None) -> Any:
    return _person("olly_ops", "ops")


@pytest.fixture
def ana_analyst(db: None) -> Any:
    return _person("ana_analyst", "analyst")


@pytest.fixture
def cara_customer(db: None) -> Any:
    return _person("cara_customer", "customer")
