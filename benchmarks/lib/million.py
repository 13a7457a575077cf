"""A shop with many orders, the same one every time: `python benchmarks/lib/million.py URL 1000000`.

Every row follows from its number, so two runs make the same shop, in which every check finds
nothing. The rows go in by INSERT … SELECT with `session_replication_role = replica`, which only a
superuser may set: triggers and foreign keys do not look while it lasts. Check constraints, unique
indexes and the generated column do, and tests/repo/test_million.py runs every check on a small one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
COUNT = 1_000_000
# The moment that the shop stands still at: ask checks and snapshots about this one.
NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 730
ORDERS_A_CUSTOMER = 10


def fill(connection: psycopg.Connection, *, orders: int = COUNT) -> None:
    """Put the orders, with everything that belongs to them, into an empty migrated database, in
    the transaction that the caller holds."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for statement in (_PEOPLE, _PRODUCTS, _PLAN, *_ROWS, "DROP TABLE bench_plan"):
        connection.execute(statement.format(**_numbers(orders)))
    for table in _TABLES:
        highest = f"coalesce((SELECT max(id) FROM {table}), 1)"  # noqa: S608
        connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})")
    connection.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def shop(*, orders: int = COUNT) -> Iterator[str]:
    """The URL of a throwaway database with that many orders, vacuumed and analysed.

    BENCH_DATABASE may name one that was filled before; it is used as it is and kept.
    """
    ready = os.environ.get("BENCH_DATABASE", "")
    if ready:
        yield ready
        return
    sys.path.insert(0, str(ROOT / "app"))
    from core.databases import sweep, temporary_database
    from local_postgres import hold

    server = hold()
    sweep(server, prefix="bench")
    with temporary_database(server, prefix="bench") as url:
        prepare(url, orders=orders)
        yield url


def prepare(url: str, *, orders: int) -> None:
    """Migrate, fill and vacuum an empty database; says how long it took."""
    began = time.perf_counter()
    _manage(url, "migrate", "--verbosity", "0")
    with psycopg.connect(url) as connection:
        fill(connection, orders=orders)
    _vacuum(url)
    first, last = snapshot_days()
    _manage(url, "take_snapshots", "--from", str(first), "--to", str(last))
    _vacuum(url)
    print(f"{orders:,} orders made in {time.perf_counter() - began:.0f} s")


def snapshot_days() -> tuple[date, date]:
    """The first and the last day that the shop has a snapshot of."""
    return (NOW - timedelta(days=DAYS)).date(), (NOW - timedelta(days=1)).date()


def _manage(url: str, *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "app/manage.py"), *arguments]
    environment = os.environ | {"DATABASE_URL": url}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _numbers(orders: int) -> dict[str, object]:
    return {
        "orders": orders,
        "customers": max(1, orders // ORDERS_A_CUSTOMER),
        # The newest few wait to be paid; at a million they were placed in the last two hours.
        "pending": max(1, orders // 10_000),
        "now": NOW.isoformat(),
        "days": DAYS,
    }


_TABLES = (
    "accounts_user",
    "accounts_user_groups",
    "catalog_product",
    "orders_order",
    "orders_orderline",
    "orders_ordertransition",
    "payments_payment",
    "refunds_refund",
    "webhooks_stripeevent",
)

# Some names would be formulas in a spreadsheet, which an export has to see to.
_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, username, first_name, last_name, email,
    is_staff, is_active, date_joined)
SELECT n, '!', false, 'customer_' || n, CASE WHEN n % 50 = 0 THEN '=Ann' ELSE 'Ann' END,
    'Buyer ' || n, 'customer_' || n || '@example.org', false, true,
    timestamptz '{now}' - interval '{days} days' - interval '1 hour'
FROM generate_series(1, {customers}) AS n;
INSERT INTO accounts_user_groups (id, user_id, group_id)
SELECT n, n, (SELECT id FROM auth_group WHERE name = 'customer')
FROM generate_series(1, {customers}) AS n
"""

# 1 to 8 cost pounds, 9 and 10 euros, 11 and 12 yen.
_PRODUCTS = """
INSERT INTO catalog_product (id, name, slug, description, price_pennies, currency, is_on_sale)
SELECT n, 'Thing ' || n, 'thing-' || n, '', 250 + n * 175,
    CASE WHEN n > 10 THEN 'JPY' WHEN n > 8 THEN 'EUR' ELSE 'GBP' END, true
FROM generate_series(1, 12) AS n
"""

# One row an order: what it holds and what becomes of it. 10 % are canceled, 15 % paid and not yet
# sent, 4 % partly refunded, 3 % refunded, 1 % have a refund that failed.
_PLAN = """
CREATE TABLE bench_plan AS
SELECT *, quantity_a * price_a + quantity_b * price_b AS total,
    CASE WHEN fate IN ('canceled', 'pending') THEN 0
        ELSE quantity_a * price_a + quantity_b * price_b END AS captured,
    CASE fate WHEN 'refunded' THEN quantity_a * price_a + quantity_b * price_b
        WHEN 'partly' THEN (quantity_a * price_a + quantity_b * price_b) / 3
        ELSE 0 END AS refunded
FROM (
    SELECT *, 250 + product_a * 175 AS price_a, 250 + product_b * 175 AS price_b
    FROM (
        SELECT n, 1 + n % {customers} AS customer,
            timestamptz '{now}' - interval '1 minute'
                - interval '{days} days' * (({orders} - n)::float8 / {orders}) AS placed_at,
            CASE WHEN n % 20 = 0 THEN 'JPY' WHEN n % 20 < 3 THEN 'EUR' ELSE 'GBP' END AS currency,
            CASE WHEN n % 20 = 0 THEN 11 WHEN n % 20 < 3 THEN 9 ELSE 1 + n % 8 END AS product_a,
            CASE WHEN n % 20 = 0 THEN 12 WHEN n % 20 < 3 THEN 10 ELSE 1 + (n + 3) % 8 END
                AS product_b,
            1 + n % 3 AS quantity_a, n % 2 AS quantity_b,
            CASE WHEN n > {orders} - {pending} THEN 'pending'
                WHEN lot < 10 THEN 'canceled' WHEN lot < 25 THEN 'paid' WHEN lot < 92 THEN 'sent'
                WHEN lot < 96 THEN 'partly' WHEN lot < 99 THEN 'refunded' ELSE 'failed' END AS fate
        FROM (
            SELECT n, (n::bigint * 7919 / 13) % 100 AS lot FROM generate_series(1, {orders}) AS n
        ) AS numbered
    ) AS fated
) AS priced
"""

_ORDERS = """
INSERT INTO orders_order (id, customer_id, status, currency, total_pennies, captured_pennies,
    refunded_pennies, placed_at, paid_at, fulfilled_at, canceled_at)
SELECT n, customer,
    CASE fate WHEN 'sent' THEN 'fulfilled' WHEN 'partly' THEN 'fulfilled'
        WHEN 'failed' THEN 'fulfilled' ELSE fate END,
    currency, total, captured, refunded, placed_at,
    CASE WHEN captured > 0 THEN placed_at + interval '5 seconds' END,
    CASE WHEN fate IN ('sent', 'partly', 'failed', 'refunded')
        THEN placed_at + interval '9 seconds' END,
    CASE WHEN fate = 'canceled' THEN placed_at + interval '9 seconds' END
FROM bench_plan ORDER BY n
"""
_LINES = """
INSERT INTO orders_orderline (id, order_id, product_id, name, unit_pennies, quantity)
SELECT n * 2 - 1, n, product_a, 'Thing ' || product_a, price_a, quantity_a FROM bench_plan
UNION ALL
SELECT n * 2, n, product_b, 'Thing ' || product_b, price_b, quantity_b FROM bench_plan
WHERE quantity_b > 0
"""
_HISTORY = """
INSERT INTO orders_ordertransition (id, order_id, source, target, at, actor_id, actor_role, reason)
SELECT n::bigint * 4 - 3, n, '', 'pending', placed_at, customer, 'customer', 'placed'
FROM bench_plan
UNION ALL
SELECT n::bigint * 4 - 2, n, 'pending', CASE fate WHEN 'canceled' THEN fate ELSE 'paid' END,
    placed_at + interval '5 seconds', NULL, 'system', 'captured or given up'
FROM bench_plan WHERE fate <> 'pending'
UNION ALL
SELECT n::bigint * 4 - 1, n, 'paid', 'fulfilled', placed_at + interval '9 seconds', 1, 'ops', 'sent'
FROM bench_plan WHERE fate IN ('sent', 'partly', 'failed', 'refunded')
UNION ALL
SELECT n::bigint * 4, n, 'fulfilled', 'refunded', placed_at + interval '30 seconds', NULL,
    'system', 'all of it refunded'
FROM bench_plan WHERE fate = 'refunded'
"""
# Half of the canceled orders were never taken to the payment page.
_PAYMENTS = """
INSERT INTO payments_payment (id, order_id, status, currency, amount_pennies, captured_pennies,
    refunded_pennies, pending_refund_pennies, disputed_pennies, idempotency_key, stripe_session_id,
    stripe_intent_id, checkout_url, last_failure, created_at, succeeded_at)
SELECT n, n, CASE fate WHEN 'canceled' THEN fate WHEN 'pending' THEN 'created' ELSE 'succeeded' END,
    currency, total, captured, refunded, 0, 0, 'checkout:' || n, 'cs_' || n,
    CASE WHEN captured > 0 THEN 'pi_' || n END, '', '', placed_at + interval '1 second',
    CASE WHEN captured > 0 THEN placed_at + interval '5 seconds' END
FROM bench_plan WHERE captured > 0 OR n % 2 = 0 ORDER BY n
"""
_REFUNDS = """
INSERT INTO refunds_refund (payment_id, status, currency, amount_pennies, reason, requested_by_id,
    idempotency_key, stripe_refund_id, failure, requested_at, settled_at,
    succeeded_at)
SELECT n, CASE fate WHEN 'failed' THEN 'failed' ELSE 'succeeded' END, currency,
    CASE fate WHEN 'failed' THEN total / 4 ELSE refunded END, 'sent back unused', 1,
    'refund:' || n, 're_' || n, CASE fate WHEN 'failed' THEN 'declined' ELSE '' END,
    placed_at + interval '20 seconds', placed_at + interval '30 seconds',
    CASE WHEN fate <> 'failed' THEN placed_at + interval '30 seconds' END
FROM bench_plan WHERE fate IN ('partly', 'refunded', 'failed') ORDER BY n
"""
# Bodies of events go after 90 days: see privacy.periods.
_EVENTS = """
INSERT INTO webhooks_stripeevent (stripe_id, type, api_version, livemode, object_type, object_id,
    payload, status, attempts, next_attempt_at, last_error, created_at, received_at, processed_at)
SELECT 'evt_' || n, 'checkout.session.completed', '2026-10-28.endive', false, 'checkout.session',
    'cs_' || n, CASE WHEN placed_at < timestamptz '{now}' - interval '90 days' THEN '{{}}'
        ELSE jsonb_build_object('id', 'evt_' || n, 'object', 'event', 'data',
        jsonb_build_object('object', jsonb_build_object('id', 'cs_' || n, 'object',
            'checkout.session', 'amount_total', total, 'currency', lower(currency)))) END,
    'processed', 1, placed_at, '', placed_at + interval '4 seconds',
    placed_at + interval '4 seconds', placed_at + interval '5 seconds'
FROM bench_plan WHERE captured > 0 ORDER BY n
"""
_ROWS = (_ORDERS, _LINES, _HISTORY, _PAYMENTS, _REFUNDS, _EVENTS)


if __name__ == "__main__":
    prepare(sys.argv[1], orders=int(sys.argv[2]) if len(sys.argv) > 2 else COUNT)
