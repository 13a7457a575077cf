"""The pages of issues and of the record open to whoever may, and by their own methods alone."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.urls import reverse

from monitoring.models import Issue
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "role", "other"),
    [
        ("monitoring:issues", "analyst", "customer"),
        ("monitoring:runbook", "analyst", "customer"),
        ("audit:list", "admin", "ops"),
    ],
)
def test_what_can_only_be_looked_at_is_for_those_who_may(name: str, role: str, other: str) -> None:
    check_door(reverse(name), takes="GET", opens_to=client_of(role), not_to=other)


@pytest.mark.slow
def test_an_issue_is_acknowledged_by_those_who_may(now: datetime) -> None:
    issue = Issue.objects.create(
        fingerprint="stock:product:1",
        check_name="stock",
        subject="product:1",
        expected="5",
        actual="4",
        first_seen_at=now,
        last_seen_at=now,
    )
    address = reverse("monitoring:acknowledge", args=[issue.pk])
    check_door(address, takes="GET POST", opens_to=client_of("ops"), not_to="analyst")
