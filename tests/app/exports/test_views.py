from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from exports.tables import TABLES, Table
from orders.models import Order
from refunds import services as refunds
from subscriptions.models import Subscription
from subscriptions.services import confirm
from tests.app.exports.conftest import sha256
from tests.app.subscriptions.conftest import item_fact, seen

HEADER = (
    b"order,customer,status,currency,total_pennies,total,captured_pennies,captured,"
    b"refunded_pennies,refunded,placed_at_utc,paid_at_utc,fulfilled_at_utc,canceled_at_utc\n"
)


def test_orders_come_as_these_bytes_and_are_audited(
    shop: Any, ana_analyst: Any, take: Any, ended: Any
) -> None:
    paid, pending = shop.paid_order(), shop.order(pennies=1250, quantity=1, currency="JPY")
    body, response = take(ana_analyst, "orders")
    cara = shop.customer.pk
    assert (
        body
        == HEADER
        + (
            f"{paid.pk},{cara},paid,GBP,10000,100.00,10000,100.00,0,0.00,"
            "2026-03-02 12:00:00,2026-03-02 12:00:00,,\n"
            f"{pending.pk},{cara},pending,JPY,1250,1250,0,0,0,0,2026-03-02 12:00:00,,,\n"
        ).encode()
    )
    day = f"{timezone.now():%Y-%m-%d}"
    assert {name: response[name] for name in ("Content-Type", "Cache-Control")} == {
        "Content-Type": "text/csv; charset=utf-8",
        "Cache-Control": "no-store",
    }
    assert response["Content-Disposition"] == f'attachment; filename="orders-{day}.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert ended()["sha256"] == sha256(body)
    who = Entry.objects.filter(action="exported").values_list("actor_id", "actor_role", "origin")
    assert list(who) == [(ana_analyst.pk, "analyst", "web")]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 3),
        ({"status": "pending"}, 3),
        ({"status": "paid"}, 0),
        ({"currency": "jpy"}, 1),
        ({"start": "2026-03-02", "end": "2026-03-02"}, 3),
        ({"start": "2026-03-03"}, 0),
        ({"end": "2026-03-01"}, 0),
        ({"nonsense": "1"}, 3),
    ],
)
def test_the_filter_chooses_the_rows(
    shop: Any, olly_ops: Any, take: Any, ended: Any, filters: dict[str, str], expected: int
) -> None:
    for currency in ("GBP", "GBP", "JPY"):
        shop.order(currency=currency)
    body, _ = take(olly_ops, "orders", **filters)
    asked = {"currency": "JPY"} if "currency" in filters else filters
    assert body.count(b"\n") == 1 + expected
    assert ended()["rows"] == expected
    assert ended()["filter"] == {key: value for key, value in asked.items() if key != "nonsense"}


def test_refunds_come_with_their_reason_escaped(shop: Any, olly_ops: Any, take: Any) -> None:
    order = shop.paid_order()
    refund = refunds.issue(
        order=order,
        asked_pennies=300,
        reason="=HYPERLINK(1)",
        by=shop.actor(olly_ops),
        now=shop.now,
    )
    lines = take(olly_ops, "refunds")[0].decode().splitlines()
    assert lines[0] == (
        "refund,order,payment,status,currency,amount_pennies,amount,reason,failure,requested_by,"
        "requested_at_utc,settled_at_utc,stripe_refund"
    )
    assert lines[1].startswith(f"{refund.pk},{order.pk},{refund.payment_id},")
    assert ',300,3.00,\'=HYPERLINK(1),"",' in lines[1]


def test_subscriptions_come_with_their_mrr_and_the_customers_number(
    ana_analyst: Any, cara_customer: Any, take: Any, ended: Any, now: datetime
) -> None:
    sold = confirm(seen=seen(item_fact(1250, quantity=2)), now=now)
    Subscription.objects.filter(pk=sold.pk).update(customer=cara_customer)
    confirm(seen=seen(id="sub_2", status="canceled", ended_at=now), now=now)
    body, _ = take(ana_analyst, "subscriptions", status="active")
    begun = f"{sold.started_at:%Y-%m-%d %H:%M:%S}"
    assert body.decode().splitlines() == [
        "subscription,customer,status,paused,currency,mrr_pennies,mrr,started_at_utc,"
        "period_ends_at_utc,ends_at_utc,ended_at_utc,stripe_subscription",
        f"{sold.pk},{cara_customer.pk},active,no,GBP,2500,25.00,{begun},"
        f"{sold.period_ends_at:%Y-%m-%d %H:%M:%S},,,{sold.stripe_subscription_id}",
    ]
    assert ended() == {
        "subject": "export:subscriptions",
        "result": "done",
        "filter": {"status": "active"},
        "rows": 1,
        "bytes": len(body),
        "sha256": sha256(body),
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_export_is_audited_with_filter_rows_and_hash(
    alice_admin: Any, take: Any, ended: Any, table: Table
) -> None:
    body, _ = take(alice_admin, table.name, start="2026-03-01")
    assert ended() == {
        "subject": f"export:{table.name}",
        "result": "done",
        "filter": {"start": "2026-03-01"},
        "rows": body.count(b"\n") - 1,
        "bytes": len(body),
        "sha256": sha256(body),
    }
    assert Entry.objects.filter(action="export-started").count() == 1


def test_customers_come_with_names_for_an_admin_only(
    shop: Any, alice_admin: Any, olly_ops: Any, take: Any
) -> None:
    shop.customer.first_name, shop.customer.email = "=Cara", "cara@example.org"
    shop.customer.save()
    shop.order()
    body, _ = take(alice_admin, "customers")
    assert (
        body.decode()
        .splitlines()[1]
        .startswith(f'{shop.customer.pk},cara_customer,\'=Cara,"",cara@example.org,yes,1,')
    )
    refused, response = take(olly_ops, "customers")
    assert response.status_code == 403
    assert b"cara@" not in refused


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"start": "2026-13-01"}, "From: not a date; write it like 2026-03-01."),
        ({"end": "yesterday"}, "To: not a date; write it like 2026-03-01."),
        ({"start": "\x00"}, "From: not a date; write it like 2026-03-01."),
        ({"end": "9999-12-31"}, "To: 9999-12-31 is out of range; choose a day from 2000-01-01"),
        ({"start": "0001-01-01"}, "From: 0001-01-01 is out of range; choose a day from 2000-01-01"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "To: 2026-03-01 is before 2026-03-02;"),
        ({"status": "lost"}, "Status: found lost, which is none; choose one from the list."),
        ({"status": "\x00"}, "Status: found"),
        ({"currency": "POUNDS"}, "Currency: expected three letters; write it like GBP."),
        ({"currency": "G\x00P"}, "Null characters are not allowed."),
    ],
)
def test_a_filter_that_makes_no_sense_gets_a_sentence_and_no_file(
    client: Client, ana_analyst: Any, filters: dict[str, str], sentence: str
) -> None:
    client.force_login(ana_analyst)
    response = client.get(reverse("exports:orders"), filters)
    assert response.status_code == 400
    assert sentence in response.text
    assert not Entry.objects.filter(action__startswith="export").exists()


def test_asking_for_the_headers_alone_reads_nothing(client: Client, ana_analyst: Any) -> None:
    client.force_login(ana_analyst)
    response = client.head(reverse("exports:orders"))
    assert (response.status_code, response.content) == (200, b"")
    assert "orders-" in response["Content-Disposition"]
    assert not Entry.objects.filter(action__startswith="export").exists()


def test_the_page_offers_what_the_person_may_take(
    client: Client, ana_analyst: Any, alice_admin: Any
) -> None:
    client.force_login(ana_analyst)
    answer = client.get(reverse("exports:overview"))
    assert answer.status_code == 200
    assert reverse("exports:orders") in answer.text
    assert reverse("exports:customers") not in answer.text
    client.force_login(alice_admin)
    assert reverse("exports:customers") in client.get(reverse("exports:overview")).text


def test_a_response_that_is_closed_early_is_audited(
    client: Client, ana_analyst: Any, ended: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The end of a request would close the connection that the test's own transaction needs.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    client.force_login(ana_analyst)
    response = client.get(reverse("exports:orders"))
    response.close()
    assert ended()["result"] == "aborted"
    assert Order.objects.count() == 0
