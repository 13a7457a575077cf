from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry

Taken = Callable[..., tuple[bytes, Any]]


@pytest.fixture
def take(client: Client) -> Taken:
    """Download one export as somebody; its bytes and the response."""

    def take(who: Any, name: str, **filters: str) -> tuple[bytes, Any]:
        client.force_login(who)
        response = client.get(reverse(f"exports:{name}"), filters)
        return response.getvalue(), response

    return take


@pytest.fixture
def ended() -> Callable[[], dict[str, Any]]:
    """How the newest export ended, as the audit tells it."""

    def ended() -> dict[str, Any]:
        entry = Entry.objects.filter(action="exported").latest("id")
        return {"subject": entry.subject, "result": entry.result, **entry.details}

    return ended


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
