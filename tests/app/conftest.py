"""The people of the shop's tests, one of each role and named for it, and a shop at work."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A fixed, aware moment."""
    return NOW


@pytest.fixture(scope="session", autouse=True)
def _emptied_as_owner() -> Iterator[None]:
    """Tests with real commits empty the tables when they end. The append-only tables refuse
    that, as they should, so it is done as their owner: triggers off, truncate, triggers on.
    Procrastinate's tables are not Django's own, so Django would forget to empty them."""
    refused = DatabaseOperations.sql_flush

    def sql_flush(
        self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any
    ) -> list[str]:
        return [
            *(f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in tables),
            *refused(self, style, tables, **options),
            *(f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in tables),
            "TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="module")
def rows_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What a module's fixtures write after this is written once and taken back after its last
    test; what its tests write is taken back after each, as ever. For tests without commits."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def person(username: str, role: str) -> Any:
    """Somebody of that name who holds that role and can sign in. As few rows as that takes, for
    most tests need somebody: a role that is given in earnest would be looked at and audited."""
    from django.contrib.auth.models import Group

    from accounts.models import User

    user = User.objects.create_user(username, password="correct horse battery")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def alice_admin(db: None) -> Any:
    return person("alice_admin", "admin")


@pytest.fixture
def olly_ops(db: None) -> Any:
    return person("olly_ops", "ops")


@pytest.fixture
def ana_analyst(db: None) -> Any:
    return person("ana_analyst", "analyst")


@pytest.fixture
def cara_customer(db: None) -> Any:
    return person("cara_customer", "customer")


class Shop:
    """A shop at work: what tests of orders, payments, refunds and webhooks do all the time.

    `twin` is a local Stripe over real HTTP. Nothing it announces arrives before `deliver`.
    """

    secret = "whsec_twin_of_this_machine"

    def __init__(self, twin: Any, customer: Any, now: datetime) -> None:
        self.twin, self.customer, self.now = twin, customer, now
        self._delivered: set[str] = set()

    def actor(self, user: Any) -> Any:
        from accounts.access import actor_for

        return actor_for(user, origin="web")

    @property
    def system(self) -> Any:
        from core.actor import system

        return system("worker")

    def product(self, name: str = "Mug", pennies: int = 500, currency: str = "GBP") -> Any:
        from catalog.models import Product

        return Product.objects.create(
            name=name, slug=name.lower(), price_pennies=pennies, currency=currency
        )

    def order(self, *, pennies: int = 5000, quantity: int = 2, currency: str = "GBP") -> Any:
        """A pending order of cara_customer for `pennies` × `quantity`."""
        from catalog.models import Product
        from orders.services import place

        name = f"Thing {Product.objects.count()}"
        product = self.product(name.replace(" ", "-"), pennies, currency)
        return place(customer=self.customer, basket={product: quantity}, now=self.now)

    def checkout(self, order: Any) -> Any:
        from payments.services import start_checkout

        return start_checkout(order=order, by=self.actor(self.customer), now=self.now)

    def paid_order(self, **amounts: Any) -> Any:
        """An order whose payment went through and whose events were worked on."""
        order = self.order(**amounts)
        self.twin.control.pay(session=self.checkout(order).stripe_session_id)
        self.deliver()
        order.refresh_from_db()
        assert order.status == "paid"
        return order

    def events(self) -> list[dict[str, Any]]:
        """What the twin announced and was not delivered yet, oldest first."""
        with self.twin.account.store.change():
            every = [dict(event) for event in self.twin.account.store.all("event")]
        return [event for event in every if event["id"] not in self._delivered]

    def receive(self, event: dict[str, Any]) -> None:
        """One event through the inbox with a real signature, as the webhook view does it."""
        from webhooks.inbox import receive

        payload = json.dumps(event).encode()
        header = self.sign(payload)
        self._delivered.add(event["id"])
        receive(payload=payload, header=header, now=self.now)

    def sign(self, payload: bytes, *, secret: str = "", at: int | None = None) -> str:
        at = int(time.time()) if at is None else at
        signed = f"{at}.".encode() + payload
        mark = hmac.new((secret or self.secret).encode(), signed, hashlib.sha256).hexdigest()
        return f"t={at},v1={mark}"

    def deliver(self) -> int:
        """Everything announced arrives and is worked on; how many events were."""
        from webhooks.worker import process_all

        for event in self.events():
            self.receive(event)
        return process_all(clock=lambda: self.now)


@pytest.fixture(scope="session")
def _twin_at_rest() -> Any:
    """Made once, without a thread, so that processes forked from this one need not make it."""
    from stripe_twin.server import Twin
    from stripe_twin.settings import Settings

    return Twin(Settings(secret_key="sk_test_twin_of_this_machine"))


@pytest.fixture(scope="session")
def _twin_process(_twin_at_rest: Any) -> Iterator[Any]:
    with _twin_at_rest.serving() as twin:
        yield twin


@pytest.fixture
def twin(_twin_process: Any, settings: Any) -> Iterator[Any]:
    """An empty local Stripe that behaves and that the shop talks to over real HTTP."""
    _twin_process.control.reset()
    settings.STRIPE_API_BASE = _twin_process.address
    yield _twin_process
    _twin_process.control.webhook(url="")


@pytest.fixture
def shop(twin: Any, cara_customer: Any, now: datetime) -> Shop:
    return Shop(twin, cara_customer, now)


@pytest.fixture
def begun(cara_customer: Any, now: datetime) -> Any:
    """A payment of £5.00, just begun, whose key is "key-1"; no Stripe has heard of it."""
    from catalog.models import Product
    from orders.services import place
    from payments.models import Payment

    mug = Product.objects.create(name="Mug", slug="mug", price_pennies=500, currency="GBP")
    order = place(customer=cara_customer, basket={mug: 1}, now=now)
    return Payment.objects.create(
        order=order, currency="GBP", amount_pennies=500, idempotency_key="key-1", created_at=now
    )


@pytest.fixture
def execute(db: None) -> Any:
    """Raw SQL past every service; rules that wait for the commit are held at once."""
    from django.db import connection, transaction

    def execute(sql: str, *params: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            connection.check_constraints()
            cursor.execute(sql, params)
            connection.check_constraints()

    return execute


@pytest.fixture
def is_held(transactional_db: None) -> Any:
    """Whether some transaction holds this row so that another session would wait for it."""
    from django.db import connection

    def is_held(row: Any) -> bool:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                table = other.ops.quote_name(row._meta.db_table)
                cursor.execute(
                    f"SELECT id FROM {table} WHERE id = %s FOR UPDATE SKIP LOCKED",  # noqa: S608 (our table)
                    [row.pk],
                )
                return cursor.fetchone() is None
        finally:
            other.close()

    return is_held


@pytest.fixture
def held_first(db: None) -> Any:
    """Whether all that is done within is one transaction, which holds a row of that table before
    it looks at anything. Quicker than a second session that waits, and as strict about order."""
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def held_first(table: str) -> Iterator[None]:
        with CaptureQueriesContext(connection) as sent:
            yield
        begun, first, *_ = (query["sql"] for query in sent)
        assert begun.startswith("SAVEPOINT")  # Within the test's own transaction.
        assert f'FROM "{table}"' in first
        assert "FOR UPDATE" in first

    return held_first


@pytest.fixture
def refused(execute: Any) -> Any:
    """What PostgreSQL says to raw SQL that breaks a rule; the test fails when it lets it pass."""
    from django.db import IntegrityError

    def refused(sql: str, *params: Any) -> str:
        with pytest.raises(IntegrityError) as caught:
            execute(sql, *params)
        return str(caught.value).splitlines()[0]

    return refused
