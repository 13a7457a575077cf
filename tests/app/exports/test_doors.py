"""Exports open to whoever may, by their own methods, and not too often."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse

from core.limits import EXPORT
from core.models import Tally
from exports.tables import ORDERS
from exports.views import download
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


def test_each_view_that_is_made_is_guarded(ana_analyst: Any, cara_customer: Any) -> None:
    """By role first, then by method, then by how often."""
    view = download(ORDERS)

    def ask(method: str, who: Any) -> int:
        request = RequestFactory().generic(method, "/")
        request.user = who
        return view(request).status_code

    with pytest.raises(PermissionDenied):
        ask("GET", cara_customer)
    assert [ask(method, ana_analyst) for method in ("GET", "HEAD", "POST")] == [200, 200, 405]
    Tally.objects.filter(key__startswith="export:").update(times=EXPORT.most)
    assert ask("GET", ana_analyst) == 429
