"""`seed_demo`: people, products and orders through the real services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.services import verify_chain
from catalog.models import Product
from demo.management.commands import seed_demo
from demo.people import PASSWORD, PEOPLE
from demo.stories import STORIES
from demo.subscribing import SOLD
from monitoring.models import Issue
from monitoring.services import run_checks
from orders.models import Order
from payments.models import Payment
from refunds.models import Refund
from subscriptions import ledger
from subscriptions.models import MrrChange, Plan, Subscription

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def _seed(twin: Any, **options: Any) -> str:
    out = StringIO()
    call_command("seed_demo", now=NOW.isoformat(), twin=twin.address, stdout=out, **options)
    return out.getvalue()


def test_seed_adds_orders_of_every_kind(twin: Any) -> None:
    assert _seed(twin).startswith("Added 4 people, 8 products, 12 orders, 5 subscriptions.\n")
    statuses = set(Order.objects.values_list("status", flat=True))
    assert statuses == {"pending", "paid", "fulfilled", "refunded", "canceled"}
    assert any(order.is_partly_refunded for order in Order.objects.all())
    assert Order.objects.count() == len(STORIES)


def test_seed_leaves_nothing_for_a_check_to_find(twin: Any) -> None:
    _seed(twin)
    runs = run_checks(now=NOW)
    assert [run.check_name for run in runs if run.error or run.found] == []
    assert Issue.objects.count() == 0
    assert verify_chain() is None


def test_a_second_seed_adds_nothing(twin: Any) -> None:
    _seed(twin)
    tables = (User, Product, Order, Payment, Refund, Plan, Subscription, MrrChange)
    before = [set(table.objects.values_list("pk", flat=True)) for table in tables]
    assert _seed(twin).startswith("Added 0 people, 0 products, 0 orders, 0 subscriptions.\n")
    assert [set(table.objects.values_list("pk", flat=True)) for table in tables] == before


def test_seed_happens_at_the_time_it_is_told_and_in_order(twin: Any) -> None:
    _seed(twin)
    placed = [order.placed_at for order in Order.objects.order_by("pk")]
    assert placed == sorted(placed)
    assert placed == [NOW - story.ago for story in STORIES]
    for order in Order.objects.all():
        times = [step.at for step in order.history.all()]
        assert times == sorted(times)
        assert times[-1] <= NOW


def test_the_four_people_can_sign_in_and_have_their_roles(twin: Any) -> None:
    printed = _seed(twin)
    for person in PEOPLE:
        assert Client().login(username=person.username, password=PASSWORD)
        assert User.objects.get(username=person.username).role == person.role
        assert person.username in printed
    assert {person.role for person in PEOPLE} == set(Role)


def test_what_was_paid_at_the_twin_can_be_refunded_there(twin: Any) -> None:
    from accounts.access import actor_for
    from refunds.services import issue

    _seed(twin)
    order = Order.objects.filter(status="paid").latest("pk")
    olly = actor_for(User.objects.get(username="olly_ops"), origin="web")
    refund = issue(order=order, asked_pennies=100, reason="chipped", by=olly, now=NOW)
    assert refund.status == "succeeded"


def test_seed_starts_a_twin_of_its_own_without_an_address(settings: Any) -> None:
    before = settings.STRIPE_API_BASE
    now = timezone.now()
    call_command("seed_demo", now=now.isoformat(), stdout=StringIO())
    assert Order.objects.count() == len(STORIES)
    assert before == settings.STRIPE_API_BASE
    _has_subscriptions_of_each_kind(now)


def _has_subscriptions_of_each_kind(now: datetime) -> None:
    """Each at its time, because that twin's time began months ago."""
    cara = User.objects.get(username="cara_customer")
    subscriptions = list(Subscription.objects.filter(customer=cara).order_by("pk"))
    statuses = [one.status for one in subscriptions]
    assert statuses == ["active", "active", "canceled", "past_due", "trialing"]
    assert [one.mrr_pennies for one in subscriptions] == [2400, 1125, 0, 1600, 0]
    assert sum(run.found for run in run_checks(now=now)) == 0
    for sold, one in zip(SOLD, subscriptions, strict=True):
        assert abs(one.started_at - (now - sold.ago)) < timedelta(minutes=2)
    kinds = MrrChange.objects.order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["new", "new", "new", "expansion", "contraction", "new", "churn"]
    months = ledger.series([now - timedelta(days=30 * ago) for ago in range(8, -1, -1)])["GBP"]
    assert months[-1].end_pennies == 5125
    assert len({month.end_pennies for month in months}) >= 5


def test_seed_is_refused_in_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: Any = lambda *given, **named: pytest.fail("a demo began in production")  # noqa: E731 - it has to look like the function it stands for
    monkeypatch.setattr(seed_demo, "pointed_at_twin", begun)
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="demo people have a public password"):
        call_command("seed_demo")
    assert User.objects.count() == 0


def test_a_time_that_is_none_gets_a_sentence() -> None:
    with pytest.raises(CommandError, match="expected a time like 2026-03-02T12:00"):
        call_command("seed_demo", now="yesterday")


def test_a_twin_that_does_not_answer_gets_a_sentence(settings: Any) -> None:
    with pytest.raises(CommandError, match="Stripe's twin: no good answer from"):
        call_command("seed_demo", twin="http://127.0.0.1:9", stdout=StringIO())
    assert User.objects.count() == 0
