"""The engine that Django is told of: its own PostgreSQL, with another way to make a database."""

from __future__ import annotations

from django.db.backends.postgresql import base

from config.test_database.creation import CopyingCreation


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = CopyingCreation
