"""All that the shop holds about one person, as plain data: what they get when they ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts import second_factor
from accounts.models import User
from audit import services as audit
from audit.actions import Action, Result
from audit.models import Entry
from core.actor import Actor
from orders.models import Order, OrderLine, OrderTransition
from payments.models import Dispute, Payment
from refunds.models import Refund
from subscriptions.models import MrrChange, Start, Subscription, SubscriptionItem

Data = dict[str, Any]

ACCOUNT = ("id", "username", "first_name", "last_name", "email", "is_active", "date_joined")
# Hashes and keys that would open the account say nothing to the person and are left out.
LEFT_OUT = frozenset({"password", "checkout_url", "form_key", "idempotency_key"})


def view(*, user: User, by: Actor, now: datetime) -> Data:
    """The copy, and an entry in the audit that somebody looked at it."""
    audit.record(
        actor=by,
        action=Action.PERSON_VIEWED,
        subject=f"user:{user.pk}",
        result=Result.DONE,
        now=now,
    )
    return of(user)


def as_json(found: Data) -> str:
    """For people to read, too: indented, letters as they are."""
    return json.dumps(found, indent=2, ensure_ascii=False)


def of(user: User) -> Data:
    """Account, orders with money and history, subscriptions, and what the audit says of them;
    times as ISO 8601 in UTC, amounts in whole minor units."""
    return {
        "account": {
            **{name: _plain(getattr(user, name)) for name in (*ACCOUNT, "last_login")},
            "role": user.role.value if user.role else None,
            "second_factor": second_factor.has_factor(user),
            "recovery_codes_left": second_factor.codes_left(user),
        },
        "orders": _orders(user),
        "subscriptions": _subscriptions(user),
        "subscription_pages": _rows(Start.objects.filter(customer=user)),
        "audit": _rows(
            Entry.objects.filter(Q(actor_id=user.pk) | Q(subject=f"user:{user.pk}")),
            ("at", "actor_role", "origin", "action", "subject", "result"),
        ),
    }


def _orders(user: User) -> list[Data]:
    payments = _rows(Payment.objects.filter(order__customer=user))
    refunds = Refund.objects.filter(payment__order__customer=user)
    _nest(payments, "refunds", "payment_id", _rows(refunds))
    disputes = Dispute.objects.filter(payment__order__customer=user)
    _nest(payments, "disputes", "payment_id", _rows(disputes))
    orders = _rows(Order.objects.filter(customer=user))
    _nest(orders, "lines", "order_id", _rows(OrderLine.objects.filter(order__customer=user)))
    _nest(orders, "payments", "order_id", payments)
    history = OrderTransition.objects.filter(order__customer=user)
    _nest(orders, "history", "order_id", _rows(history))
    return orders


def _subscriptions(user: User) -> list[Data]:
    found = _rows(Subscription.objects.filter(customer=user))
    items = SubscriptionItem.objects.filter(subscription__customer=user)
    _nest(found, "items", "subscription_id", _rows(items))
    ledger = MrrChange.objects.filter(subscription__customer=user)
    _nest(found, "mrr", "subscription_id", _rows(ledger))
    return found


def _rows(found: QuerySet[Any], columns: Sequence[str] = ()) -> list[Data]:
    names = columns or _columns(found.model)
    return [
        {name: _plain(value) for name, value in row.items()}
        for row in found.order_by("pk").values(*names)
    ]


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname not in LEFT_OUT]


def _nest(rows: list[Data], name: str, by: str, inner: Iterable[Data]) -> None:
    """Put each inner row below the row that it belongs to."""
    below = {row["id"]: row.setdefault(name, []) for row in rows}
    for one in inner:
        below[one.pop(by)].append(one)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
