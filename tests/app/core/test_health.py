"""core.health: what probes get, whatever stands in the way of people."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from core import health


def _get(path: str) -> tuple[int, str]:
    answer = Client().get(path, headers={"host": "10.0.0.7:8000"})
    return answer.status_code, answer.text


def test_alive_needs_no_database(settings: Any) -> None:
    """This test may not touch the database, and probes come by number and plain HTTP."""
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert _get("/healthz") == (200, "ok\n")


@pytest.mark.django_db
def test_ready_when_the_database_has_every_migration(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert _get("/readyz") == (200, "ready\n")


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")
    assert _get("/readyz") == (503, "not ready: migrations are missing\n")


@pytest.mark.django_db
def test_not_ready_on_an_empty_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO gone")
    assert _get("/readyz") == (503, "not ready: the database does not answer\n")


def test_not_ready_without_a_database_and_nothing_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> None:
        raise OperationalError("connection to db.internal:5432 as shop failed")

    monkeypatch.setattr(health, "_applied", gone)
    assert _get("/readyz") == (503, "not ready: the database does not answer\n")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/health"])
def test_no_other_address_is_taken_for_a_probe(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_only_looks(path: str) -> None:
    assert Client().head(path).content == b""
    assert Client().post(path).status_code == 404
