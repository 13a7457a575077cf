"""The pages of people's own account and of staff who help them open to whoever may, and how."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "takes"), [("password", "GET POST"), ("account", "GET")])
def test_ones_own_account_and_password_are_for_whoever_has_a_role(name: str, takes: str) -> None:
    cara = client_of("customer")
    check_door(reverse(f"accounts:{name}"), takes=takes, opens_to=cara, not_to="none")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["second-factor", "second-factor-enrol"])
def test_a_second_factor_is_for_staff(name: str) -> None:
    olly = client_of("ops")
    check_door(reverse(f"accounts:{name}"), takes="GET POST", opens_to=olly, not_to="customer")


def test_roles_are_given_by_administrators() -> None:
    address = reverse("accounts:role", args=[User.objects.create_user("nobody_yet").pk])
    check_door(address, takes="GET POST", opens_to=client_of("admin"), not_to="ops")


@pytest.mark.parametrize("name", ["deactivate", "reactivate"])
def test_people_leave_and_come_back_by_administrators(name: str) -> None:
    address = reverse(f"accounts:{name}", args=[User.objects.create_user("nobody_yet").pk])
    check_door(address, takes="GET POST", opens_to=client_of("admin"), not_to="ops")


@pytest.mark.parametrize(("name", "takes"), [("unlock", "POST"), ("reset-factor", "GET POST")])
def test_a_page_that_helps_a_person_opens_by_its_methods_to_administrators(
    name: str, takes: str
) -> None:
    address = reverse(f"accounts:{name}", args=[User.objects.create_user("nobody_yet").pk])
    check_door(address, takes=takes, opens_to=client_of("admin"), not_to="ops")
