"""Sessions in the database, by keys that could be ours."""

from __future__ import annotations

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """A cookie is whatever a stranger sends. One with characters that no key of ours has, a NUL
    above all, which PostgreSQL refuses, is no session instead of a server error."""

    def _validate_session_key(self, key: str | None) -> bool:
        # Django's stubs leave it out.
        known = super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
        return bool(known) and set(key or "").issubset(VALID_KEY_CHARS)
