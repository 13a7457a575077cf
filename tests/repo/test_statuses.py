"""A status is written through its enum: never as text, in code, in SQL or in a template."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from evidence.gates import statuses
from evidence.gates.statuses import KNOWN_BY_NAME, in_module, in_template
from payments.models import PaymentStatus


def test_no_status_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert statuses.main() == 0
    *findings, summary = capsys.readouterr().out.splitlines()
    assert findings == []
    assert summary.endswith("templates read, 0 written as text")
    read = set(statuses.modules(statuses.APP))
    assert {"orders/models.py", "webhooks/worker.py", "monitoring/checks/money.py"} <= read


def test_findings_are_named_with_their_place_and_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (
        ("orders/late.py", 'late = 1\nlate = order.status == "paid"\n'),
        ("orders/migrations/0001.py", 'status = "paid"\n'),
        ("templates/orders/late.html", '{% if order.status == "paid" %}'),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(statuses, "APP", tmp_path)
    assert statuses.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "app/orders/late.py:2: 'paid' is written as text; use the enum",
        "app/templates/orders/late.html:1: 'paid' is compared with; decide it in the view",
        "statuses: 1 modules and 1 templates read, 2 written as text",
    ]


def test_the_words_that_orders_know_by_name_are_those_of_payments() -> None:
    assert {word for _, word in KNOWN_BY_NAME} == {
        PaymentStatus.PROCESSING.value,
        PaymentStatus.SUCCEEDED.value,
    }


PLANTED = [
    'order.status == "paid"',
    '"paid" != order.status',
    'order.status in ("paid", "fulfilled")',
    'Order.objects.filter(status="paid")',
    'Order.objects.exclude(payments__status__in=["paid"])',
    'order.status = "paid"',
    'order.status: str = "paid"',
    'row["status"] == "paid"',
    'OrderStatus(order.status) == "paid"',
    'order.status.value == "paid"',
    'session.payment_status != "paid"',
    'fields = {"status": "paid"}',
    'match order.status:\n    case "paid":\n        pass',
    """rows("SELECT id FROM orders_order WHERE status = 'paid'")""",
    """rows("UPDATE orders_order SET status = 'canceled' WHERE id = 1")""",
    'issue.outcome == "canceled"',
    """f"SELECT {what} FROM orders WHERE NOT (said.status IN ('canceled', 'x'))"[1:]""",
    """rows("SELECT CASE status WHEN 'paid' THEN 1 END")""",
]


@pytest.mark.parametrize("code", PLANTED)
def test_a_status_as_text_is_found(code: str) -> None:
    assert [word for _, word in in_module(ast.parse(code))][:1] in (["paid"], ["canceled"])


RIGHT = [
    'Table(status="refunds_refund.status")',
    """rows("SELECT 'refunded' AS what, status FROM refunds_refund")""",
    "order.status == OrderStatus.PAID",
    'Order.objects.values_list("status")',
    'order.status or ""',
    'tally(name="paid", at=now)',
    """rows("SELECT id FROM orders_order WHERE status = %(paid)s", {"paid": OrderStatus.PAID})""",
    '''f"NEW.status = '{OrderStatus.PAID}'"''',
    '''"Says 'paid' and nothing of what it stands at."''',
    'render(request, "404.html", status=404)',
]


@pytest.mark.parametrize("code", RIGHT)
def test_what_is_right_is_left_alone(code: str) -> None:
    assert list(in_module(ast.parse(code))) == []


def test_a_template_that_compares_is_found() -> None:
    text = '<p>\n{% if order.status == "paid" %}Paid{% endif %}{{ order.status }}</p>'
    assert list(in_template(text)) == [(2, "paid")]
    assert list(in_template('{% include "parts/status.html" with status=order.status %}')) == []
