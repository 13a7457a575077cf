"""Exports open to whoever may, by their own methods, and not too often."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.limits import EXPORT
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "role", "other"),
    [
        ("overview", "analyst", "customer"),
        ("orders", "analyst", "customer"),
        ("customers", "admin", "ops"),
    ],
)
def test_an_export_is_for_those_who_may_and_not_too_often(name: str, role: str, other: str) -> None:
    limit = None if name == "overview" else EXPORT
    address = reverse(f"exports:{name}")
    check_door(address, takes="GET", opens_to=client_of(role), not_to=other, limit=limit)
