"""The people of the shop's tests: one of each role, named for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A fixed, aware moment."""
    return NOW


def _person(username: str, role: str) -> Any:
    from accounts.models import User
    from accounts.services import give_role

    from accounts.roles import Role

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
