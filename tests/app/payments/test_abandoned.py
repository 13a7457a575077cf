"""payments.abandoned: what nobody paid within a week is canceled, and only that."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Entry
from core.actor import Actor, system
from core.clock import Clock
from core.schedule import schedule
from payments import abandoned, gateway
from payments.abandoned import Outcome, cancel_abandoned
from payments.checkout import KEY_LIFE
from payments.models import Payment

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
BY = system("worker")


def status(row: Any) -> str:
    row.refresh_from_db()
    return str(row.status)


def test_an_order_that_nobody_paid_for_a_week_is_canceled_and_its_page_closed(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    later = shop.now + WEEK
    assert cancel_abandoned(by=BY, clock=lambda: later) == Outcome(0, 0)
    later += timedelta(seconds=1)
    assert cancel_abandoned(by=BY, clock=lambda: later) == Outcome(1, 0)
    assert (status(order), status(payment)) == ("canceled", "canceled")
    assert gateway.retrieve_session(payment.stripe_session_id).status == "expired"
    last = order.history.latest("id")
    assert (last.actor_role, last.reason) == ("system", "not paid within 7 days")
    assert cancel_abandoned(by=BY, clock=lambda: later) == Outcome(0, 0)


def test_orders_that_are_paid_or_being_paid_stay(shop: Any) -> None:
    paid, paying = shop.paid_order(), shop.order()
    Payment.objects.filter(pk=shop.checkout(paying).pk).update(status="processing")
    later = shop.now + 2 * WEEK
    assert cancel_abandoned(by=BY, clock=lambda: later) == Outcome(0, 0)
    assert (status(paid), status(paying)) == ("paid", "pending")


def test_an_order_paid_at_stripe_at_the_last_moment_is_left_for_its_event(shop: Any) -> None:
    order, other = shop.order(), shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    assert cancel_abandoned(by=BY, clock=lambda: shop.now + 2 * WEEK) == Outcome(1, 1)
    assert (status(order), status(other)) == ("pending", "canceled")
    shop.deliver()
    assert status(order) == "paid"


@pytest.mark.slow
def test_an_order_whose_bank_refused_days_later_is_canceled(shop: Any) -> None:
    """Its page is complete, so it neither expires nor can be closed."""
    order = shop.order()
    payment = shop.checkout(order)
    shop.twin.control.pay_later(session=payment.stripe_session_id, succeeds=False)
    shop.twin.control.fail(id=payment.stripe_session_id)
    shop.deliver()
    assert cancel_abandoned(by=BY, clock=lambda: shop.now + 2 * WEEK) == Outcome(1, 0)
    assert (status(order), status(payment)) == ("canceled", "canceled")
    assert not Entry.objects.filter(action="refused").exists()


def test_each_order_is_judged_and_canceled_at_its_own_time(shop: Any) -> None:
    """Stripe forgets a key while the orders before are canceled: no page is made with it again."""
    orders = [shop.order(), shop.order()]
    shop.twin.control.misbehave(fault="cut_before", path="/v1/checkout/sessions")
    with pytest.raises(gateway.Unknown):
        shop.checkout(orders[1])
    begun = shop.now + WEEK + MINUTE
    Payment.objects.update(created_at=begun - KEY_LIFE)
    moments = [begun, begun, begun + MINUTE]
    assert cancel_abandoned(by=BY, clock=iter(moments).__next__) == Outcome(2, 0)
    assert [order.history.latest("id").at for order in orders] == moments[1:]
    assert "checkout.session" not in shop.twin.control.state()["objects"]


def test_the_schedules_run_goes_on_from_its_moment(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    def instead(*, by: Actor, clock: Clock) -> Outcome:
        assert (by, clock()) == (BY, now + MINUTE)
        return Outcome(2, 1)

    monkeypatch.setattr(abandoned, "cancel_abandoned", instead)
    monkeypatch.setattr(timezone, "now", iter([now, now + MINUTE]).__next__)
    (work,) = (job.work for job in schedule() if job.name == "cancel_abandoned")
    assert work(now) == "orders  2 canceled, 1 could not be"


def test_the_command_says_what_it_did_and_takes_a_day(shop: Any) -> None:
    order = shop.order()
    for since, said in (("2026-03-03", "0 canceled"), ("2026-03-02", "1 canceled")):
        out = StringIO()
        call_command("cancel_abandoned", f"--since={since}", stdout=out)
        assert out.getvalue() == f"orders  {said}, 0 could not be\n"
    assert status(order) == "canceled"
    with pytest.raises(CommandError, match="--since: found 'soon'"):
        call_command("cancel_abandoned", "--since=soon")
