"""The pages of people's data open to whoever may, by their methods, and not too often."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from core.limits import EXPORT
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


def test_a_copy_of_ones_own_is_for_whoever_has_a_role_and_not_too_often() -> None:
    cara = client_of("customer")
    check_door(reverse("privacy:own"), takes="GET", opens_to=cara, not_to="none", limit=EXPORT)


@pytest.mark.parametrize("name", ["people", "person"])
def test_people_are_looked_at_by_those_who_may(name: str) -> None:
    keys = {"person": [User.objects.create_user("somebody").pk]}.get(name, [])
    address = reverse(f"privacy:{name}", args=keys)
    check_door(address, takes="GET", opens_to=client_of("ops"), not_to="customer")


@pytest.mark.parametrize("name", ["erase", "retention"])
def test_what_takes_away_is_for_administrators(name: str) -> None:
    keys = {"erase": [User.objects.create_user("somebody").pk]}.get(name, [])
    address = reverse(f"privacy:{name}", args=keys)
    check_door(address, takes="GET POST", opens_to=client_of("admin"), not_to="ops")
