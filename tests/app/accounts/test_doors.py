"""The pages of people's own account and of staff who help them open to whoever may, and how."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "takes", "role", "other"),
    [
        ("account", "GET", "customer", "none"),
        ("password", "GET POST", "customer", "none"),
        ("second-factor", "GET POST", "ops", "customer"),
        ("second-factor-enrol", "GET POST", "ops", "customer"),
    ],
)
def test_a_page_of_ones_own_opens_by_its_methods_to_whoever_may(
    name: str, takes: str, role: str, other: str
) -> None:
    check_door(reverse(f"accounts:{name}"), takes=takes, opens_to=client_of(role), not_to=other)


@pytest.mark.parametrize(
    ("name", "takes"), [("unlock", "POST"), ("reset-factor", "GET POST"), ("role", "GET POST")]
)
def test_a_page_that_helps_a_person_opens_by_its_methods_to_administrators(
    name: str, takes: str
) -> None:
    address = reverse(f"accounts:{name}", args=[User.objects.create_user("nobody_yet").pk])
    check_door(address, takes=takes, opens_to=client_of("admin"), not_to="ops")
