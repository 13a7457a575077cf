"""The pages of subscriptions open to whoever may, and by their own methods alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.limits import SUBSCRIBE
from subscriptions.models import Plan
from subscriptions.services import confirm
from tests.app.doors import check_door, client_of
from tests.app.subscriptions.conftest import seen

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_stripe(settings: Any) -> None:
    """Nobody listens there, and the pages that call Stripe say so."""
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"


def test_plans_are_looked_at_by_everybody() -> None:
    check_door(reverse("subscriptions:plans"), takes="GET", opens_to=Client())


@pytest.mark.slow
def test_a_customers_own_pages_are_for_customers(cara_customer: Any, now: datetime) -> None:
    subscription = confirm(seen=seen(), now=now)
    subscription.customer = cara_customer
    subscription.save()
    plan = Plan.objects.create(
        slug="tea", name="Tea", price_pennies=500, currency="GBP", interval="month"
    )
    cara, olly = Client(), client_of("ops")
    cara.force_login(cara_customer)
    start = reverse("subscriptions:start", args=[plan.pk])
    cancel = reverse("subscriptions:cancel", args=[subscription.pk])
    check_door(reverse("subscriptions:mine"), takes="GET", opens_to=cara)
    check_door(start, takes="POST", opens_to=cara, limit=SUBSCRIBE)
    check_door(cancel, takes="POST", opens_to=cara)
    refused = [olly.get(reverse("subscriptions:mine")), olly.post(start), olly.post(cancel)]
    assert [answer.status_code for answer in refused] == [403, 403, 403]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "takes", "role", "other"),
    [
        ("staff-list", "GET", "analyst", "customer"),
        ("staff-detail", "GET", "analyst", "customer"),
        ("staff-cancel", "POST", "ops", "analyst"),
        ("mrr", "GET", "analyst", "ops"),
    ],
)
def test_what_staff_see_and_do_is_for_those_who_may(
    now: datetime, name: str, takes: str, role: str, other: str
) -> None:
    keys = [confirm(seen=seen(), now=now).pk] if name in ("staff-detail", "staff-cancel") else []
    address = reverse(f"subscriptions:{name}", args=keys)
    check_door(address, takes=takes, opens_to=client_of(role), not_to=other)
