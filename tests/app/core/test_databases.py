"""Databases that live as long as somebody needs them."""

from __future__ import annotations

import os
from contextlib import suppress

import psycopg
import pytest

from core.databases import NoServer, sweep, temporary_database

SERVER = os.environ["DATABASE_URL"]


def _names() -> set[str]:
    with psycopg.connect(SERVER) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return {name for (name,) in rows}


def _name_in(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row
    return str(row[0])


def test_a_temporary_database_is_there_and_then_gone() -> None:
    with temporary_database(SERVER, prefix="brief") as url:
        name = _name_in(url)
        assert name in _names()
    assert name not in _names()


def test_a_temporary_database_is_dropped_when_its_user_fails() -> None:
    with suppress(ZeroDivisionError), temporary_database(SERVER, prefix="brief") as url:
        name = _name_in(url)
        raise ZeroDivisionError
    assert name not in _names()


def test_a_temporary_database_is_dropped_although_somebody_is_connected() -> None:
    with temporary_database(SERVER, prefix="brief") as url:
        name = _name_in(url)
        left = psycopg.connect(url)
    assert name not in _names()
    left.close()


@pytest.mark.slow
def test_sweep_drops_what_was_left_and_spares_what_is_held() -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute("CREATE DATABASE swept_0123456789ab")
    with temporary_database(SERVER, prefix="swept") as url:
        assert sweep(SERVER, prefix="swept") == ["swept_0123456789ab"]
        assert _name_in(url) in _names()


def test_a_server_that_does_not_answer_gets_a_sentence() -> None:
    with (
        pytest.raises(NoServer, match=r"name a server that answers"),
        temporary_database("postgresql:///x?host=/nowhere", prefix="brief"),
    ):
        pass
