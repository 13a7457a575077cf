"""monitoring.late_money: no money moves before its issue is on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.actor import Actor, system
from core.clock import Clock
from core.schedule import run_now, schedule
from monitoring import late_money
from monitoring.late_money import SEEN_BY, give_back
from monitoring.lock import RUN_LOCK
from monitoring.models import CheckRun, Issue
from orders.lifecycle import OrderStatus
from orders.services import move
from payments.models import Payment
from refunds.late_money import Outcome
from refunds.models import Refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(shop: Any) -> Any:
    """An order that was paid after it had been canceled."""
    order = shop.order()
    payment = shop.checkout(order)
    Payment.objects.filter(pk=payment.pk).update(status="canceled")
    move(order=order, target=OrderStatus.CANCELED, by=shop.system, reason="gone", now=shop.now)
    shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    return order


def test_nothing_due_runs_no_check(shop: Any) -> None:
    shop.paid_order()
    assert give_back(by=shop.system, clock=lambda: shop.now) == Outcome(0, 0)
    assert not CheckRun.objects.exists()


def test_the_checks_look_before_and_after(shop: Any, late: Any) -> None:
    assert give_back(by=shop.system, clock=lambda: shop.now) == Outcome(1, 0)
    assert list(CheckRun.objects.order_by("id").values_list("check_name", "found")) == [
        (SEEN_BY[0], 1),
        (SEEN_BY[1], 0),
        (SEEN_BY[0], 0),
        (SEEN_BY[1], 0),
    ]
    issue = Issue.objects.get()
    assert (issue.subject, issue.status) == (f"order:{late.pk}", "resolved")


def test_looks_and_payments_have_times_of_their_own(shop: Any, late: Any) -> None:
    """Stripe may take long, and what the last look resolves was not resolved at the beginning."""
    hour = timedelta(hours=1)
    clock = iter([shop.now + number * hour for number in range(3)]).__next__
    assert give_back(by=shop.system, clock=clock) == Outcome(1, 0)
    assert Refund.objects.get().settled_at == shop.now + hour
    issue = Issue.objects.get()
    assert (issue.first_seen_at, issue.resolved_at) == (shop.now, shop.now + 2 * hour)


def test_the_schedules_run_goes_on_from_its_moment(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    minute = timedelta(minutes=1)

    def instead(*, by: Actor, clock: Clock) -> Outcome:
        assert (by, clock()) == (system("worker"), now + minute)
        return Outcome(2, 1)

    monkeypatch.setattr(late_money, "give_back", instead)
    monkeypatch.setattr(timezone, "now", iter([now, now + minute]).__next__)
    (work,) = (job.work for job in schedule() if job.name == "give_back_late_money")
    assert work(now) == "late money  2 refunds asked for, 1 left"


def test_money_waits_while_a_run_of_the_checks_is_under_way(shop: Any, late: Any) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
            assert give_back(by=shop.system, clock=lambda: shop.now) == Outcome(0, 1)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RUN_LOCK])
    finally:
        other.close()
    assert not Refund.objects.exists()
    assert give_back(by=shop.system, clock=lambda: shop.now) == Outcome(1, 0)


def test_the_schedule_and_the_command_do_the_same(shop: Any, late: Any, now: datetime) -> None:
    out = StringIO()
    call_command("give_back_late_money", "--since=2026-03-03", stdout=out)
    call_command("give_back_late_money", stdout=out)
    assert out.getvalue().splitlines() == [
        "late money  0 refunds asked for, 0 left",
        "late money  1 refunds asked for, 0 left",
    ]
    said = run_now(name="give_back_late_money")
    assert said == "late money  0 refunds asked for, 0 left"
    with pytest.raises(CommandError, match="--since: found 'soon'"):
        call_command("give_back_late_money", "--since=soon")
