"""subscriptions.ending: a subscription ends with the period that is paid for, and it is audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from accounts.access import actor_for
from audit.actions import Action
from audit.models import Entry
from core.actor import system
from payments import gateway
from subscriptions.ending import CannotEnd, cancel
from subscriptions.models import Subscription
from subscriptions.services import confirm
from tests.app.conftest import NOW, person
from tests.app.subscriptions.conftest import seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(cara_customer: Any, now: datetime) -> Subscription:
    subscription = confirm(seen=seen(at=-1), now=now)
    Subscription.objects.update(customer=cara_customer, seen_at=now - timedelta(days=365))
    return subscription


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch, now: datetime) -> list[str]:
    """What Stripe was told to let end."""
    told: list[str] = []

    def end_with_period(subscription_id: str) -> gateway.SubscriptionFact:
        told.append(subscription_id)
        return replace(seen().fact, ends_at=now + timedelta(days=30))

    monkeypatch.setattr(gateway, "end_with_period", end_with_period)
    return told


def _entries() -> list[tuple[str, str, str]]:
    found = Entry.objects.filter(subject__startswith="subscription:").order_by("id")
    return [(entry.action, entry.actor_role, entry.result) for entry in found]


@pytest.mark.parametrize("who", ["customer", "ops", "admin"])
def test_it_ends_with_its_period_and_counts_until_then(
    own: Subscription, stripe: list[str], cara_customer: Any, now: datetime, who: str
) -> None:
    by = cara_customer if who == "customer" else person("someone", who)
    ended = cancel(subscription=own, by=actor_for(by, origin="web"), reason="moved", now=now)
    assert stripe == ["sub_1"]
    assert ended.ends_at == now + timedelta(days=30)
    assert (ended.status, ended.mrr_pennies) == ("active", 1000)
    assert _entries() == [
        ("subscription-cancel-asked", who, "done"),
        ("subscription-canceled", who, "done"),
    ]


@pytest.mark.parametrize("who", ["customer", "analyst"])
def test_nobody_else_can_end_it(
    own: Subscription, stripe: list[str], now: datetime, who: str
) -> None:
    by = actor_for(person("carl", who), origin="web")
    with pytest.raises(CannotEnd, match="not yours; only its customer or staff can end it"):
        cancel(subscription=own, by=by, reason="", now=now)
    assert stripe == []
    assert _entries() == [("refused", who, "refused")]


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (
            {"status": "canceled", "ended_at": NOW},
            "canceled, so nothing is left to end.",
        ),
        (
            {"ends_at": NOW + timedelta(days=30)},
            "it ends on 1 Apr 2026 already; nothing more to do.",
        ),
    ],
)
def test_what_has_ended_or_is_to_end_is_not_ended_again(
    own: Subscription,
    stripe: list[str],
    cara_customer: Any,
    now: datetime,
    fact: dict[str, Any],
    sentence: str,
) -> None:
    confirm(seen=seen(**fact), now=now)
    by = actor_for(cara_customer, origin="web")
    with pytest.raises(CannotEnd) as refused:
        cancel(subscription=own, by=by, reason="moved", now=now)
    assert str(refused.value) == f"Subscription {own.pk}: {sentence}"
    assert (stripe, _entries()) == ([], [("refused", "customer", "refused")])


def test_it_is_not_written_down_as_ending_without_an_entry(
    own: Subscription,
    stripe: list[str],
    cara_customer: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*, action: Action, **told: Any) -> None:
        if action == Action.SUBSCRIPTION_CANCELED:
            raise OperationalError("the disk is full")

    monkeypatch.setattr("subscriptions.ending.audit.record", broken)
    by = actor_for(cara_customer, origin="web")
    with pytest.raises(OperationalError):
        cancel(subscription=own, by=by, reason="moved", now=now)
    own.refresh_from_db()
    assert (stripe, own.ends_at) == (["sub_1"], None)


def test_one_without_a_customer_here_is_nobodys_but_staffs(
    stripe: list[str], now: datetime, cara_customer: Any
) -> None:
    subscription = confirm(seen=seen(at=-1), now=now)
    for by in (actor_for(cara_customer, origin="web"), system("worker")):
        with pytest.raises(CannotEnd, match="not yours"):
            cancel(subscription=subscription, by=by, reason="", now=now)


def test_when_stripe_says_no_nothing_changes_and_it_is_recorded(
    own: Subscription, monkeypatch: pytest.MonkeyPatch, olly_ops: Any, now: datetime
) -> None:
    def no(subscription_id: str) -> gateway.SubscriptionFact:
        raise gateway.Missing("Stripe: No such subscription")

    monkeypatch.setattr(gateway, "end_with_period", no)
    with pytest.raises(CannotEnd, match="Stripe said no"):
        cancel(subscription=own, by=actor_for(olly_ops, origin="web"), reason="", now=now)
    own.refresh_from_db()
    assert own.ends_at is None
    assert _entries() == [
        ("subscription-cancel-asked", "ops", "done"),
        ("refused", "ops", "refused"),
    ]


def test_who_asked_is_on_record_before_stripe_hears_of_it(
    own: Subscription, monkeypatch: pytest.MonkeyPatch, olly_ops: Any, now: datetime
) -> None:
    """The process may end before the answer is written down; Stripe's event then tells the rest."""
    before: list[list[tuple[str, str, str]]] = []

    def gone(subscription_id: str) -> gateway.SubscriptionFact:
        before.append(_entries())
        raise KeyboardInterrupt

    monkeypatch.setattr(gateway, "end_with_period", gone)
    with pytest.raises(KeyboardInterrupt):
        cancel(subscription=own, by=actor_for(olly_ops, origin="web"), reason="moved", now=now)
    assert before == [[("subscription-cancel-asked", "ops", "done")]]
    entry = Entry.objects.latest("id")
    assert (entry.actor_id, entry.reason) == (olly_ops.pk, "moved")
