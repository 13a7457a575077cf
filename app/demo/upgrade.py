"""A shop as its first migrations made it, with rows in it, and what later ones leave of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from audit import services as audit
from audit.actions import Action, Result
from core.actor import system
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments.models import Payment, PaymentStatus
from refunds.models import Refund, RefundStatus
from webhooks.models import EventStatus

Target = tuple[str, str]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Kept:
    """A table's columns as they were at first, and its rows in them."""

    columns: tuple[str, ...]
    rows: Rows


def to_first_migrations() -> Any:
    """Migrate an empty database as far as each app's first migration; the models of that time."""
    executor = MigrationExecutor(connection)
    targets = [node for node in executor.loader.graph.root_nodes() if node[0] in _ours()]
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def fill(then: Any, *, now: datetime) -> None:
    """An order that was paid and partly refunded, the event that told of it, and the audit."""

    def add(model: str, /, **values: Any) -> Any:
        return then.get_model(model).objects.create(**values)

    customer = add("accounts.User", username="from_before", date_joined=now)
    mug = add("catalog.Product", slug="mug", name="Mug", price_pennies=500, currency="GBP")
    with transaction.atomic():
        order = add(
            "orders.Order", customer=customer, currency="GBP", total_pennies=1000, placed_at=now
        )
        add("orders.OrderLine", order=order, product=mug, name="Mug", unit_pennies=500, quantity=2)
        _history(add, order, source="", target="pending", now=now)
    payment = add(
        "payments.Payment",
        order=order,
        currency="GBP",
        amount_pennies=1000,
        idempotency_key="payment-1",
        stripe_intent_id="pi_1",
        created_at=now,
    )
    _change(payment, status=PaymentStatus.SUCCEEDED.value, captured_pennies=1000, succeeded_at=now)
    with transaction.atomic():
        _change(order, status=OrderStatus.PAID.value, captured_pennies=1000, paid_at=now)
        _history(add, order, source="pending", target="paid", now=now)
    _change(payment, pending_refund_pennies=300)
    refund = add(
        "refunds.Refund",
        payment=payment,
        currency="GBP",
        amount_pennies=300,
        reason="chipped",
        idempotency_key="refund-1",
        stripe_refund_id="re_1",
        requested_at=now,
    )
    # The first migrations knew no such column; a later one fills it in.
    later = {"succeeded_at": now} if hasattr(refund, "succeeded_at") else {}
    _change(refund, status=RefundStatus.SUCCEEDED.value, settled_at=now, **later)
    _change(payment, pending_refund_pennies=0, refunded_pennies=300)
    _change(order, refunded_pennies=300)
    add(
        "webhooks.StripeEvent",
        stripe_id="evt_1",
        type="refund.updated",
        livemode=False,
        object_type="refund",
        object_id="re_1",
        payload={},
        status=EventStatus.PROCESSED.value,
        next_attempt_at=now,
        created_at=now,
        received_at=now,
    )
    audit.record(
        actor=system("command:prove_upgrade"),
        action=Action.REFUND_SETTLED,
        subject=f"refund:{refund.pk}",
        result=Result.DONE,
        now=now,
    )


def fill_what_nobody_sells(then: Any, *, now: datetime) -> None:
    """An order of before its like was refused: in a currency that Stripe charges in steps."""

    def add(model: str, /, **values: Any) -> Any:
        return then.get_model(model).objects.create(**values)

    customer = add("accounts.User", username="from_kuwait", date_joined=now)
    jug = add(
        "catalog.Product",
        slug="jug",
        name="Jug",
        price_pennies=500,
        currency="KWD",
        is_on_sale=False,
    )
    with transaction.atomic():
        order = add(
            "orders.Order", customer=customer, currency="KWD", total_pennies=500, placed_at=now
        )
        add("orders.OrderLine", order=order, product=jug, name="Jug", unit_pennies=500, quantity=1)
        _history(add, order, source="", target="pending", now=now)


def kept(then: Any) -> dict[str, Kept]:
    """Every row of the tables of that time that hold any."""
    tables = {}
    for model in then.get_models():
        if model._meta.app_label in _ours():
            columns = tuple(field.column for field in model._meta.concrete_fields)
            rows = _rows(model._meta.db_table, columns)
            if rows:
                tables[model._meta.db_table] = Kept(columns, rows)
    return tables


def changed(before: Mapping[str, Kept]) -> list[str]:
    """The tables whose rows are no longer what they were."""
    return [table for table, held in before.items() if _rows(table, held.columns) != held.rows]


def write_again() -> None:
    """Write the money's rows as they are: today's rules hold for what was there before them.
    Raises IntegrityError when one does not."""
    for model in (Order, Payment, Refund):
        for row in model._default_manager.all():
            row.save()


def _ours() -> set[str]:
    return {
        app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.APP_DIR
    }


def _rows(table: str, columns: tuple[str, ...]) -> Rows:
    listed = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {listed} FROM "{table}" ORDER BY 1')  # noqa: S608 (our names)
        return list(cursor.fetchall())


def _history(add: Any, order: Any, *, source: str, target: str, now: datetime) -> None:
    add(
        "orders.OrderTransition",
        order=order,
        source=source,
        target=target,
        at=now,
        actor_role="system",
        reason="as it was",
    )


def _change(row: models.Model, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
