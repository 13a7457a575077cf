"""A real worker on a real database, killed with SIGKILL at seeded moments of its talk with
PostgreSQL: a fresh worker finishes, and the shop is as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from audit.models import Entry
from audit.services import verify_chain
from orders.models import Order, OrderTransition
from payments.models import Dispute, Payment
from refunds.models import Refund
from refunds.services import issue
from webhooks.models import WAITING, StripeEvent

ROOT = Path(__file__).parents[3]
# The gate worker-kills asks for 100; among all the tests a few show that it works.
MOMENTS = int(os.environ.get("PURELAKA_KILLS", "4"))
NAME = "victim"
# What a worker on the inbox can change.
TABLES = (
    *("orders_order", "orders_ordertransition", "payments_payment", "payments_dispute"),
    *("refunds_refund", "webhooks_stripeevent", "webhooks_striperecord", "audit_entry"),
    *("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "core_jobrun"),
)


class Workers:
    """Starts workers, one at a time, and kills them at a moment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, queues: str, moment: tuple[str, int] | None = None) -> dict[str, Any]:
        """How a worker on these queues ended, and how much it said until then."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"queues": queues, "moment": moment}) + "\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said


@pytest.fixture
def workers(shop: Any) -> Iterator[Workers]:
    about = connection.get_connection_params()
    user, password = quote(about["user"]), quote(about.get("password") or "")
    port = about.get("port") or 5432
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.webhooks.killing.executioner"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'app'}",
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": f"postgresql://{user}:{password}@127.0.0.1:PORT/{about['dbname']}"
            f"?sslmode=disable&gssencmode=disable&application_name={NAME}",
            "KILLING_SERVER": json.dumps({"host": about["host"], "port": port}),
            "STRIPE_API_BASE": shop.twin.address,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Workers(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=20) == 0


def happen(shop: Any, olly_ops: Any) -> None:
    """An order is paid, refunded in part by the shop, and that refund fails; somebody refunds in
    Stripe's dashboard and a bank takes some of it back. The inbox holds the news."""
    order = shop.order()
    control = shop.twin.control
    paid = control.pay(session=shop.checkout(order).stripe_session_id)
    intent = paid["payment_intent"]["id"]
    _receive(shop, "checkout.session.completed")
    shop.deliver()
    order.refresh_from_db()
    refund = issue(
        order=order, asked_pennies=1500, reason="chipped", by=shop.actor(olly_ops), now=shop.now
    )
    control.fail(id=refund.stripe_refund_id)
    late = shop.order(pennies=700)
    control.pay(session=shop.checkout(late).stripe_session_id)
    control.refund_from_dashboard(payment_intent=intent, amount=8500)
    control.open_dispute(intent=intent, amount=300)
    StripeEvent.objects.all().delete()
    _receive(shop, "payment_intent.succeeded", "refund.created", "refund.failed")
    _receive(shop, "charge.dispute.created", "charge.succeeded")


def _receive(shop: Any, *kinds: str) -> None:
    for event in shop.events():
        if event["type"] in kinds:
            shop.receive(event)


def state() -> dict[str, list[Any]]:
    """All that the worker can have an effect on, without times and keys of its own."""
    payment = ("captured_pennies", "refunded_pennies", "pending_refund_pennies", "disputed_pennies")
    return {
        "orders": [
            *Order.objects.order_by("id").values_list(
                "id", "status", "captured_pennies", "refunded_pennies"
            )
        ],
        "moves": [
            *OrderTransition.objects.order_by("order_id", "id").values_list(
                "order_id", "source", "target"
            )
        ],
        "payments": [
            *Payment.objects.order_by("id").values_list(
                "id", "status", "stripe_intent_id", *payment
            )
        ],
        "refunds": sorted(
            Refund.objects.values_list("stripe_refund_id", "status", "amount_pennies")
        ),
        "disputes": [*Dispute.objects.values_list("stripe_dispute_id", "status", "amount_pennies")],
        "events": sorted(StripeEvent.objects.values_list("stripe_id", "status", "attempts")),
        "audit": sorted(
            (one.action, one.result, one.reason, json.dumps(one.details, sort_keys=True))
            for one in Entry.objects.all()
        ),
    }


class Saved:
    """The tables as they are now, to be put back again and again."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA saved")
            for table in TABLES:
                cursor.execute(f"CREATE TABLE saved.{table} AS TABLE {table}")
        back = "".join(
            f"DELETE FROM {t}; INSERT INTO {t} OVERRIDING SYSTEM VALUE TABLE saved.{t};"  # noqa: S608
            for t in TABLES
        )
        self._back = f"SET LOCAL session_replication_role = replica; {back}"

    def put_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self._back)

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA saved CASCADE")


def finish(workers: Workers) -> None:
    """Time passes and a fresh worker does what the schedule brings: the jobs of the dead one come
    back, and the inbox is swept."""
    for _ in range(3):
        with connection.cursor() as cursor:
            _wait_until_gone(cursor)
            cursor.execute(
                "UPDATE webhooks_stripeevent SET next_attempt_at = now() - interval '1 s'"
            )
            cursor.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            )
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name) "
                "VALUES ('schedule', 'rescue_jobs'), ('schedule', 'process_events')"
            )
        assert workers.run("events schedule")["code"] == 0
        if not StripeEvent.objects.filter(status__in=WAITING).exists():
            return


def _wait_until_gone(cursor: Any) -> None:
    """PostgreSQL has seen that the worker is dead and taken back what it had not committed."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME])
        if cursor.fetchone() == (0,):
            return
        time.sleep(0.002)
    raise AssertionError("the dead worker's connections are still there")


def moments(said: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Seeded moments over the whole of what an undisturbed worker said, half of each kind."""
    rng = random.Random(20261125)
    while True:
        yield "asked", rng.randint(1, said["asked"])
        yield "answered", rng.randint(1, said["answered"])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_any_moment_leaves_nothing_lost_doubled_or_half_done(
    shop: Any, olly_ops: Any, workers: Workers
) -> None:
    happen(shop, olly_ops)
    before, saved = state(), Saved()
    try:
        whole = workers.run("events")
        finish(workers)
        expected = state()
        assert expected != before
        killed, tries = 0, moments(whole)
        while killed < MOMENTS:
            saved.put_back()
            moment = next(tries)
            ended = workers.run("events", moment)
            assert ended["killed"] == (ended["code"] == -9), (moment, ended)
            killed += ended["killed"]
            finish(workers)
            assert state() == expected, moment
            assert verify_chain() is None, moment
    finally:
        saved.drop()
