"""refunds: a run that asks after many refunds, each at its own time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.clock import Clock
from core.schedule import schedule
from orders.models import Order
from payments.checkout import KEY_LIFE
from refunds import services
from refunds.models import Refund

MINUTE = timedelta(minutes=1)


def test_each_refund_is_judged_and_settled_at_its_own_time(
    shop: Any, order: Order, ops: Any
) -> None:
    """Stripe forgets a key while the refunds before are asked after: it is not asked with it."""
    for pennies in (3000, 2000):
        shop.twin.control.misbehave(fault="cut_before", path="/v1/refunds")
        services.issue(order=order, asked_pennies=pennies, reason="late", by=ops, now=shop.now)
    begun = shop.now + KEY_LIFE
    moments = [begun, begun, begun + MINUTE]
    assert services.follow_up_due(clock=iter(moments).__next__) == 2
    found = Refund.objects.order_by("id").values_list("status", "settled_at")
    assert list(found) == [("succeeded", moments[1]), ("failed", moments[2])]
    assert shop.twin.control.state()["objects"]["refund"] == 1


def test_the_schedules_run_goes_on_from_its_moment(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    def instead(*, clock: Clock) -> int:
        assert clock() == now + MINUTE
        return 3

    monkeypatch.setattr(services, "follow_up_due", instead)
    monkeypatch.setattr(timezone, "now", iter([now, now + MINUTE]).__next__)
    (work,) = (job.work for job in schedule() if job.name == "follow_up_refunds")
    assert work(now) == "refunds  3 followed up"
