"""The triage texts that say to replay: replaying does set right what the check found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from monitoring import checks
from monitoring.checks import subscriptions
from monitoring.models import Issue
from monitoring.services import run_checks
from orders.models import Order
from payments.models import Payment
from refunds.services import issue
from subscriptions.models import MrrChange, Subscription
from subscriptions.services import confirm
from tests.app.subscriptions.conftest import item_fact, seen
from webhooks import worker


def _spoil(model: Any, **values: Any) -> None:
    """Write past the triggers, as a superuser can."""
    cursor = connection.cursor()
    # What the rules hold at commit, they hold now, before they are stepped around.
    connection.check_constraints()
    cursor.execute("SET session_replication_role = replica")
    try:
        model.objects.update(**values)
    finally:
        cursor.execute("SET session_replication_role = origin")


MISMATCHES: list[tuple[str, str, Callable[[], None]]] = [
    ("payment-without-paid-order", "payment", lambda: _spoil(Order, status="pending")),
    ("order-captured-differs", "order", lambda: _spoil(Order, captured_pennies=10_001)),
    ("refunds-do-not-add-up", "payment", lambda: _spoil(Payment, pending_refund_pennies=1)),
    ("refunds-do-not-add-up", "payment", lambda: _spoil(Payment, refunded_pennies=2999)),
    ("refunds-do-not-add-up", "order", lambda: _spoil(Order, refunded_pennies=2999)),
]


@pytest.mark.parametrize(("name", "kind", "spoil"), MISMATCHES)
def test_replaying_what_an_issue_names_sets_it_right(
    shop: Any, olly_ops: Any, now: datetime, name: str, kind: str, spoil: Callable[[], None]
) -> None:
    order = shop.paid_order()
    issue(order=order, asked_pennies=3000, reason="late", by=shop.actor(olly_ops), now=now)
    shop.deliver()
    spoil()
    run_checks(now=now, only=[name])
    found = Issue.objects.get(check_name=name, subject__startswith=f"{kind}:")
    named = found.subject.split()[0]
    check = checks.find(name)
    assert check is not None
    assert "replay_events --about" in check.what_to_do
    call_command("replay_events", "--about", named, stdout=StringIO())
    assert worker.process_all(clock=timezone.now) > 0
    run_checks(now=now, only=[name])
    assert set(Issue.objects.values_list("status", flat=True)) == {"resolved"}


@pytest.mark.parametrize("spoil", [(Subscription, "mrr_pennies"), (MrrChange, "after_pennies")])
def test_hearing_of_a_subscription_again_sets_its_mrr_and_its_ledger_right(
    db: None, now: datetime, spoil: tuple[Any, str]
) -> None:
    model, column = spoil
    subscription = confirm(seen=seen(item_fact(1000)), now=now)
    _spoil(model, **{column: 1100})
    names = [check.name for check in subscriptions.CHECKS]
    run_checks(now=now, only=names)
    named = f"subscription:{subscription.pk}"
    assert Issue.objects.filter(check_name="mrr-differs-from-ledger", subject=named).exists()
    confirm(seen=seen(item_fact(1000), at=1), now=now)
    run_checks(now=now, only=names)
    assert set(Issue.objects.values_list("status", flat=True)) == {"resolved"}
