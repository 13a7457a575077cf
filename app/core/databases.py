"""Databases that live as long as somebody needs them, beside the configured one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from core.refusal import Refused


class NoServer(Refused):
    """The server that was named does not answer, or does not let us create a database."""


@contextmanager
def temporary_database(server: str, *, prefix: str) -> Iterator[str]:
    """The URL of a new, empty database on the server of the URL given; dropped afterwards.

    While it is held, a connection to it stays open: so `sweep` of another process can tell one in
    use from one whose holder was killed. Raises NoServer.
    """
    name = f"{prefix}_{secrets.token_hex(6)}"
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with _connected(server) as connection:
        with _sentence(), _undisturbed(connection):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            holder = psycopg.connect(url)
        try:
            with holder:
                yield url
        finally:
            # Once the holder has let go, a sweep may be the first to drop it.
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def sweep(server: str, *, prefix: str) -> list[str]:
    """Drop temporary databases that nobody holds any more; their names. Raises NoServer."""
    swept = []
    with _connected(server) as connection, _undisturbed(connection):
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{prefix}_[0-9a-f]{{12}}$"]
        ).fetchall()
        for (name,) in found:
            try:
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            except (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
                continue
            swept.append(name)
    return swept


@contextmanager
def _undisturbed(connection: psycopg.Connection) -> Iterator[None]:
    """Keep sweeps away from a database that is made and not held yet."""
    connection.execute("SELECT pg_advisory_lock(hashtext('core.databases'))")
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtext('core.databases'))")


def _connected(server: str) -> psycopg.Connection:
    with _sentence():
        return psycopg.connect(server, autocommit=True)


@contextmanager
def _sentence() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise NoServer(
            f"Database: the server of DATABASE_URL said no: {str(error).strip()}; "
            "name a server that answers and lets its user create databases."
        ) from error
