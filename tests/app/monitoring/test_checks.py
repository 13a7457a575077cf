"""monitoring.checks: each mismatch, planted behind the rules, opens exactly its own issue,
which resolves when it is mended and opens again, in the same row, when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import services as audit
from audit.actions import Action, Result
from core.actor import system
from monitoring import checks
from monitoring.checks import Finding
from monitoring.models import Issue
from monitoring.services import run_checks
from orders.models import OrderLine, OrderTransition
from payments.models import OPEN_DISPUTE, Dispute, Payment
from refunds.models import Refund
from webhooks.models import StripeEvent

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Mismatch:
    """How to make the shop disagree and agree again, and the issue that must open."""

    check: str
    plant: Callable[[Any], object]
    mend: Callable[[Any], object]
    subject: str
    expected: str
    actual: str


def _row(name: str, wrong: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Change columns of the shop's order or payment, and change them back."""
    return {
        "plant": lambda shop: shop.change(getattr(shop, name), **wrong),
        "mend": lambda shop: shop.change(getattr(shop, name), **right),
    }


def _processing(shop: Any) -> None:
    shop.drop_rule("payments_payment", "payment_captured_means_succeeded")
    shop.change(shop.payment, status="processing")


def _pending_again(shop: Any) -> None:
    shop.change(shop.order, status="pending")
    shop.forget()


def _paid_again(shop: Any) -> None:
    shop.change(shop.order, status="paid")
    shop.remember("pending", "paid")


def _canceled(shop: Any) -> None:
    shop.change(shop.order, status="canceled")
    shop.remember("paid", "canceled")


def _not_canceled(shop: Any) -> None:
    shop.change(shop.order, status="paid")
    shop.forget()


def _refunded_too_early(shop: Any) -> None:
    shop.drop_rule("orders_order", "order_refunded_means_all_of_it")
    shop.change(shop.order, status="refunded")
    shop.remember("paid", "refunded")


def _paid_too_little(shop: Any) -> None:
    shop.drop_rule("orders_order", "order_settled_means_captured")
    _captured(shop, 2499)


def _captured(shop: Any, pennies: int) -> None:
    shop.change(shop.payment, captured_pennies=pennies)
    shop.change(shop.order, captured_pennies=pennies)


def _disputed(shop: Any, *, ago: timedelta = timedelta(0), **values: Any) -> None:
    """A dispute of the order's payment; if it is no longer open, it ended so long ago."""
    given = {"status": "warning_needs_response", "amount_pennies": 100, **values}
    given["closed_at"] = None if given["status"] in OPEN_DISPUTE else shop.now - ago
    if hasattr(shop, "dispute"):
        shop.change(shop.dispute, **given)
        return
    with shop.unguarded():
        shop.dispute = Dispute.objects.create(
            payment=shop.payment,
            stripe_dispute_id="dp_1",
            currency="GBP",
            reason="fraudulent",
            opened_at=shop.now,
            **given,
        )


def _disputed_in_euro(shop: Any) -> None:
    _disputed(shop)
    shop.change(shop.dispute, currency="EUR")


def _lost(shop: Any, pennies: int, **how: Any) -> None:
    _disputed(shop, status="lost", amount_pennies=pennies, **how)
    shop.change(shop.payment, disputed_pennies=pennies)


def _refunded(shop: Any, succeeded: int, pending: int) -> None:
    shop.change(shop.refunds["succeeded"], amount_pennies=succeeded)
    shop.change(shop.refunds["pending"], status="pending" if pending else "failed")
    shop.change(shop.payment, refunded_pennies=succeeded, pending_refund_pennies=pending)
    shop.change(shop.order, refunded_pennies=succeeded)


def _paid_twice(shop: Any) -> None:
    shop.second = shop.pay(amount_pennies=100, captured_pennies=100)
    shop.change(shop.order, captured_pennies=2600)


def _second_given_back(shop: Any) -> None:
    with shop.unguarded():
        shop.second.delete()
    shop.change(shop.order, captured_pennies=2500)


def _waits(shop: Any, *, days: float = 1, **payment: Any) -> None:
    """An order that was placed so many days ago, and its payment, begun so many hours ago."""
    if "hours" in payment:
        payment["created_at"] = shop.now - timedelta(hours=payment.pop("hours"), seconds=1)
    placed_at = shop.now - timedelta(days=days, seconds=1)
    if hasattr(shop, "waiting"):
        shop.change(shop.waiting, status="pending")
    else:
        shop.waiting = shop.wait(placed_at=placed_at, **payment)


def _waits_no_more(shop: Any) -> None:
    shop.change(shop.waiting, status="canceled")


def _all_in(shop: Any, currency: str) -> None:
    shop.change(shop.payment, currency=currency)
    for refund in shop.refunds.values():
        shop.change(refund, currency=currency)


def _event(shop: Any, **values: Any) -> None:
    shop.event = StripeEvent.objects.create(
        **{
            "stripe_id": f"evt_{StripeEvent.objects.count()}",
            "type": "checkout.session.completed",
            "api_version": settings.STRIPE_API_VERSION,
            "livemode": False,
            "object_type": "checkout.session",
            "object_id": "cs_1",
            "payload": {},
            "next_attempt_at": shop.now,
            "created_at": shop.now,
            "received_at": shop.now - timedelta(minutes=15, seconds=1),
            **values,
        }
    )


def _event_stuck(shop: Any) -> None:
    if hasattr(shop, "event"):
        shop.change(shop.event, status="failed", attempts=3, last_error="no such session")
    else:
        _event(shop, status="failed", attempts=3, last_error="no such session")


def _event_dead(shop: Any) -> None:
    if hasattr(shop, "event"):
        shop.change(shop.event, status="dead")
    else:
        _event(shop, status="dead", attempts=9, received_at=shop.now)


def _event_done(shop: Any) -> None:
    shop.change(shop.event, status="processed")


def _foreign(shop: Any, **values: Any) -> None:
    """Two events that the inbox kept and ignored, an hour ago."""
    ago = {"received_at": shop.now - timedelta(hours=1), "status": "ignored"}
    _event(shop, **ago, **values)
    _event(shop, **ago, **values)


def _a_week_later(shop: Any) -> None:
    StripeEvent.objects.update(received_at=shop.now - timedelta(days=7, seconds=1))


def _role_lost(shop: Any) -> None:
    shop.customer.groups.clear()


def _role_back(shop: Any) -> None:
    shop.customer.groups.set([Group.objects.get(name="customer")])


def _entry_edited(shop: Any) -> None:
    if not hasattr(shop, "entry"):
        shop.entry = audit.record(
            actor=system("worker"),
            action=Action.REFUND_ASKED,
            subject="refund:1",
            result=Result.DONE,
            now=shop.now,
        )
    shop.change(shop.entry, reason="nothing happened")


def _entry_as_it_was(shop: Any) -> None:
    shop.change(shop.entry, reason="")


OLD = datetime.fromisoformat("2026-02-16T11:59:59+00:00")

MISMATCHES = [
    Mismatch(
        "paid-without-payment",
        _processing,
        lambda shop: shop.change(shop.payment, status="succeeded"),
        "order:{order}",
        "a succeeded payment",
        "paid, and no payment succeeded",
    ),
    Mismatch(
        "payment-without-paid-order",
        _pending_again,
        _paid_again,
        "payment:{payment}",
        "order {order} paid",
        "£25.00, order pending",
    ),
    Mismatch(
        check="order-captured-differs",
        **_row("order", {"captured_pennies": 2600}, {"captured_pennies": 2500}),
        subject="order:{order}",
        expected="£25.00 captured",
        actual="£26.00 captured",
    ),
    Mismatch(
        "refunds-do-not-add-up",
        lambda shop: (
            shop.change(shop.payment, refunded_pennies=1100),
            shop.change(shop.order, refunded_pennies=1100),
        ),
        lambda shop: (
            shop.change(shop.payment, refunded_pennies=1000),
            shop.change(shop.order, refunded_pennies=1000),
        ),
        "payment:{payment} refunded",
        "£10.00 refunded",
        "£11.00 refunded",
    ),
    Mismatch(
        check="refunds-do-not-add-up",
        **_row("payment", {"pending_refund_pennies": 400}, {"pending_refund_pennies": 500}),
        subject="payment:{payment} reserved",
        expected="£5.00 reserved",
        actual="£4.00 reserved",
    ),
    Mismatch(
        check="refunds-do-not-add-up",
        **_row("order", {"refunded_pennies": 900}, {"refunded_pennies": 1000}),
        subject="order:{order} refunded",
        expected="£10.00 refunded",
        actual="£9.00 refunded",
    ),
    Mismatch(
        check="refunded-beyond-captured",
        **_row("payment", {"disputed_pennies": 1001}, {"disputed_pennies": 1000}),
        subject="payment:{payment}",
        expected="at most £25.00 refunded, reserved and disputed",
        actual="£25.01",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _disputed(shop, status="needs_response", respond_by=OLD),
        lambda shop: _disputed(shop, status="won"),
        "dispute:{dispute}",
        "money that goes back once",
        "£1.00 charged back, £15.00 refunded; answer by 2026-02-16 11:59 UTC",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _disputed(shop, status="under_review"),
        lambda shop: _disputed(shop, status="lost"),
        "dispute:{dispute}",
        "money that goes back once",
        "£1.00 charged back, £15.00 refunded; under review",
    ),
    Mismatch(
        "chargeback-after-refund",
        lambda shop: _lost(shop, 1001, ago=timedelta(days=29, hours=23)),
        lambda shop: _lost(shop, 1001, ago=timedelta(days=30)),
        "dispute:{dispute}",
        "money that goes back once",
        "£10.01 charged back, £15.00 refunded; lost",
    ),
    Mismatch(
        "money-on-canceled-order",
        _canceled,
        _not_canceled,
        "order:{order}",
        "canceled, and no money kept",
        "£15.00 kept",
    ),
    Mismatch(
        "two-payments-kept",
        _paid_twice,
        _second_given_back,
        "order:{order}",
        "one payment kept",
        "2 payments kept",
    ),
    Mismatch(
        "order-total-differs-from-lines",
        lambda shop: shop.change(shop.order.lines.first(), unit_pennies=999),
        lambda shop: shop.change(shop.order.lines.first(), unit_pennies=1000),
        "order:{order}",
        "£24.98 in total",
        "£25.00",
    ),
    Mismatch(
        "currencies-disagree",
        lambda shop: shop.change(shop.refunds["failed"], currency="EUR"),
        lambda shop: shop.change(shop.refunds["failed"], currency="GBP"),
        "refund:{refund}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "currencies-disagree",
        lambda shop: _all_in(shop, "EUR"),
        lambda shop: _all_in(shop, "GBP"),
        "payment:{payment}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "currencies-disagree",
        _disputed_in_euro,
        lambda shop: shop.change(shop.dispute, currency="GBP"),
        "dispute:{dispute}",
        "GBP",
        "EUR",
    ),
    Mismatch(
        "status-differs-from-amounts",
        _paid_too_little,
        lambda shop: _captured(shop, 2500),
        "order:{order}",
        "£25.00 captured",
        "paid, £24.99 captured",
    ),
    Mismatch(
        "status-differs-from-amounts",
        lambda shop: _refunded(shop, 2500, 0),
        lambda shop: _refunded(shop, 1000, 500),
        "order:{order}",
        "refunded, or something kept",
        "paid, £0.00 kept",
    ),
    Mismatch(
        "status-differs-from-amounts",
        _refunded_too_early,
        _not_canceled,
        "order:{order}",
        "nothing kept",
        "refunded, £15.00 kept",
    ),
    Mismatch(
        "stuck-orders",
        lambda shop: _waits(shop, status="requires_action", hours=25),
        _waits_no_more,
        "order:{waiting}",
        "a payment that ends within 25 hours",
        "pending, payment requires_action since 2026-03-01 10:59 UTC",
    ),
    Mismatch(
        "stuck-orders",
        lambda shop: _waits(shop, days=20, status="processing", hours=14 * 24),
        _waits_no_more,
        "order:{waiting}",
        "a payment that ends within 14 days",
        "pending, payment processing since 2026-02-16 11:59 UTC",
    ),
    Mismatch(
        "stuck-orders",
        lambda shop: _waits(shop, days=9, status="canceled"),
        _waits_no_more,
        "order:{waiting}",
        "paid or canceled within 9 days",
        "pending, unpaid since 2026-02-21 11:59 UTC",
    ),
    Mismatch(
        "stuck-events",
        _event_stuck,
        _event_done,
        "event:{event}",
        "processed within 15 minutes",
        "evt_0 checkout.session.completed: failed, 3 attempts: no such session",
    ),
    Mismatch(
        "stuck-events",
        _event_dead,
        _event_done,
        "event:{event}",
        "processed within 15 minutes",
        "evt_0 checkout.session.completed: dead, 9 attempts",
    ),
    Mismatch(
        "foreign-events",
        lambda shop: _foreign(shop, livemode=True),
        _a_week_later,
        "events:live 2026-10-28.endive",
        "events for test 2026-10-28.endive",
        "2 kept and ignored",
    ),
    Mismatch(
        "foreign-events",
        lambda shop: _foreign(shop, api_version=""),
        _a_week_later,
        "events:test without version",
        "events for test 2026-10-28.endive",
        "2 kept and ignored",
    ),
    Mismatch(
        "stuck-refunds",
        lambda shop: shop.change(
            shop.refunds["pending"],
            status="requested",
            requested_at=shop.now - timedelta(minutes=15, seconds=1),
        ),
        lambda shop: shop.change(shop.refunds["pending"], status="pending"),
        "refund:{pending}",
        "answered within 15 minutes",
        "£5.00 requested since 2026-03-02 11:44 UTC",
    ),
    Mismatch(
        "stuck-refunds",
        lambda shop: shop.change(shop.refunds["pending"], requested_at=OLD),
        lambda shop: shop.change(shop.refunds["pending"], requested_at=shop.now),
        "refund:{pending}",
        "settled within 14 days",
        "£5.00 pending since 2026-02-16 11:59 UTC",
    ),
    Mismatch("role-drift", _role_lost, _role_back, "user:{customer} roles", "one role", "0 roles"),
    Mismatch(
        "audit-chain",
        _entry_edited,
        _entry_as_it_was,
        "entry:{entry}",
        "the entry as it was written",
        "changed, or one missing",
    ),
    Mismatch(
        check="history-differs-from-status",
        **_row(
            "order",
            {"status": "fulfilled", "fulfilled_at": OLD},
            {"status": "paid", "fulfilled_at": None},
        ),
        subject="order:{order}",
        expected="paid, by its history",
        actual="fulfilled",
    ),
]


def _keys(shop: Any) -> dict[str, int]:
    return {
        "order": shop.order.pk,
        "payment": shop.payment.pk,
        "refund": shop.refunds["failed"].pk,
        "pending": shop.refunds["pending"].pk,
        "customer": shop.customer.pk,
        "event": shop.event.pk if hasattr(shop, "event") else 0,
        "entry": shop.entry.pk if hasattr(shop, "entry") else 0,
        "dispute": shop.dispute.pk if hasattr(shop, "dispute") else 0,
        "waiting": shop.waiting.pk if hasattr(shop, "waiting") else 0,
    }


def _unresolved() -> list[Issue]:
    return list(Issue.objects.exclude(status="resolved"))


# All that look into the database alone: nothing is planted at Stripe here.
LOCAL = [check for check in checks.CHECKS if check.name != "webhook-endpoint"]


def test_a_shop_in_which_everything_agrees_has_no_issue(shop: Any, now: datetime) -> None:
    runs = run_checks(now=now)
    assert [(run.check_name, run.found, run.error) for run in runs] == [
        (check.name, 0, "") for check in checks.CHECKS
    ]
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda m: f"{m.check} {m.subject}".replace(":", "-")
)
def test_a_mismatch_opens_its_issue_which_resolves_and_reopens(
    shop: Any, now: datetime, mismatch: Mismatch
) -> None:
    mismatch.plant(shop)
    run_checks(now=now, only=[check.name for check in LOCAL])
    assert len(_unresolved()) == 1
    [issue] = _unresolved()
    assert (issue.check_name, issue.status) == (mismatch.check, "open")
    assert issue.subject == mismatch.subject.format(**_keys(shop))
    assert issue.expected == mismatch.expected.format(**_keys(shop))
    assert issue.actual == mismatch.actual

    mismatch.mend(shop)
    run_checks(now=now, only=[mismatch.check])
    assert _unresolved() == []
    assert Issue.objects.get().resolved_at == now

    mismatch.plant(shop)
    run_checks(now=now, only=[mismatch.check])
    [again] = _unresolved()
    assert (again.pk, again.status, again.times_opened) == (issue.pk, "open", 2)


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda m: f"{m.check} {m.subject}".replace(":", "-")
)
def test_each_check_finds_its_mismatch_and_nothing_once_it_is_mended(
    shop: Any, now: datetime, mismatch: Mismatch
) -> None:
    [check] = checks.chosen([mismatch.check])
    mismatch.plant(shop)
    keys = _keys(shop)
    expected = mismatch.expected.format(**keys)
    found = Finding(mismatch.subject.format(**keys), expected, mismatch.actual)
    assert check.find(now) == [found]
    mismatch.mend(shop)
    assert check.find(now) == []


# In the files beside this one, test_<file>_checks.py.
PROVED_ELSEWHERE = {
    "failed-jobs",
    "staff-without-second-factor",
    "demo-accounts-in-production",
    "restore-drill-overdue",
    "mrr-movements-do-not-add-up",
    "mrr-differs-from-ledger",
    "mrr-differs-from-items",
    "counted-after-its-end",
    "snapshot-missing",
    "snapshot-differs",
    "payments-differ-from-stripe",
    "refunds-differ-from-stripe",
    "disputes-differ-from-stripe",
    "subscriptions-differ-from-stripe",
    "webhook-endpoint",
    "retention-overdue",
    "runs-as-owner",
}


def test_every_check_has_a_mismatch_that_proves_it() -> None:
    here = {mismatch.check for mismatch in MISMATCHES}
    assert here | PROVED_ELSEWHERE == {check.name for check in checks.CHECKS}


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.name)
def test_a_check_is_one_query_however_much_it_finds(
    shop: Any, now: datetime, check: checks.Check
) -> None:
    _event_dead(shop)
    shop.change(shop.order, captured_pennies=2600, refunded_pennies=1)
    with CaptureQueriesContext(connection) as queries:
        check.find(now)
    assert len(queries) == 1


@pytest.mark.parametrize(
    "plant",
    [
        lambda shop: _event(shop, received_at=shop.now - timedelta(minutes=15)),
        lambda shop: _event(shop, status="ignored"),
        lambda shop: _event(shop, status="processed"),
        lambda shop: shop.change(
            shop.refunds["pending"],
            status="requested",
            requested_at=shop.now - timedelta(minutes=15),
        ),
        lambda shop: shop.change(
            shop.refunds["pending"], requested_at=shop.now - timedelta(days=14)
        ),
        lambda shop: shop.change(shop.refunds["succeeded"], requested_at=OLD),
        lambda shop: shop.pay(status="canceled", amount_pennies=2500),
        lambda shop: shop.pay(status="processing", amount_pennies=2500),
        lambda shop: _waits(shop, days=8.99),
        lambda shop: _waits(shop, days=30, status="processing", hours=13 * 24),
        lambda shop: _waits(shop, days=30, status="created", hours=24),
        lambda shop: _disputed(shop, status="warning_under_review", amount_pennies=2500),
        lambda shop: _lost(shop, 1000),
        lambda shop: _lost(shop, 2500, ago=timedelta(days=30)),
    ],
    ids=[
        "event of 15 minutes",
        "ignored event",
        "processed event",
        "refund asked 15 minutes ago",
        "refund of 14 days",
        "settled refund",
        "given-up payment",
        "payment under way",
        "order not paid for 8 days",
        "payment that a bank works on",
        "page opened a day ago",
        "inquiry after a refund",
        "chargeback lost of what was not refunded",
        "money lost twice a month ago",
    ],
)
def test_what_is_still_in_order_is_no_mismatch(
    shop: Any, now: datetime, plant: Callable[[Any], object]
) -> None:
    plant(shop)
    assert [found for check in LOCAL for found in check.find(now)] == []


@pytest.mark.parametrize("status", ["pending", "canceled"])
def test_an_order_that_was_never_paid_needs_no_payment(
    shop: Any, now: datetime, status: str
) -> None:
    with shop.unguarded():
        OrderTransition.objects.all().delete()
        for refund in shop.refunds.values():
            refund.delete()
        shop.payment.delete()
    if status == "canceled":
        shop.remember("pending", "canceled")
    shop.change(shop.order, status=status, captured_pennies=0, refunded_pennies=0)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_second_payment_that_went_back_is_no_mismatch(shop: Any, now: datetime) -> None:
    second = shop.pay(amount_pennies=100, captured_pennies=100, refunded_pennies=100)
    shop.refund("succeeded", 100, second)
    shop.change(shop.order, captured_pennies=2600, refunded_pennies=1100)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_canceled_order_whose_late_money_went_back_is_no_mismatch(
    shop: Any, now: datetime
) -> None:
    _refunded(shop, 2500, 0)
    _canceled(shop)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_an_order_that_was_refunded_in_full_is_no_mismatch(shop: Any, now: datetime) -> None:
    _refunded(shop, 2500, 0)
    shop.change(shop.order, status="refunded")
    shop.remember("paid", "refunded")
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_chargeback_of_what_was_not_refunded_is_no_mismatch(shop: Any, now: datetime) -> None:
    with shop.unguarded():
        Refund.objects.all().delete()
    shop.change(shop.payment, refunded_pennies=0, pending_refund_pennies=0)
    shop.change(shop.order, refunded_pennies=0)
    _disputed(shop, status="needs_response", amount_pennies=2500)
    shop.change(shop.payment, disputed_pennies=2500)
    assert [found for check in LOCAL for found in check.find(now)] == []


@pytest.mark.parametrize(("refunded", "reserved"), [(1, 0), (0, 1)])
def test_whatever_went_back_or_is_on_its_way_makes_a_chargeback_a_mismatch(
    shop: Any, now: datetime, refunded: int, reserved: int
) -> None:
    [check] = checks.chosen(["chargeback-after-refund"])
    _disputed(shop, status="needs_response")
    shop.change(shop.payment, refunded_pennies=refunded, pending_refund_pennies=reserved)
    assert [found.actual for found in check.find(now)] == [
        "£1.00 charged back, £0.01 refunded; needs response"
    ]


def test_what_was_lost_before_hides_nothing_that_banks_take_now(shop: Any, now: datetime) -> None:
    """Of £25.00, £15.00 went back and £25.00 were lost; a second bank takes £10.01 more."""
    [check] = checks.chosen(["refunded-beyond-captured"])
    _lost(shop, 2500)
    shop.change(shop.payment, disputed_pennies=3500)
    assert check.find(now) == []
    shop.change(shop.payment, disputed_pennies=3501)
    assert [found.actual for found in check.find(now)] == ["£25.01"]


def test_late_money_that_a_bank_took_back_is_no_mismatch(shop: Any, now: datetime) -> None:
    """What is left of it is, and too much taken of one payment is not taken from another."""
    [check] = checks.chosen(["money-on-canceled-order"])
    _canceled(shop)
    _lost(shop, 1499)
    assert [found.actual for found in check.find(now)] == ["£0.01 kept"]
    _lost(shop, 1500)
    assert check.find(now) == []
    _lost(shop, 2500)
    shop.pay(amount_pennies=100, captured_pennies=100)
    assert [found.actual for found in check.find(now)] == ["£1.00 kept"]
    _disputed(shop, status="under_review", amount_pennies=2500)
    assert [found.actual for found in check.find(now)] == ["£16.00 kept"]


def test_a_payment_that_a_bank_took_back_is_not_kept(shop: Any, now: datetime) -> None:
    [check] = checks.chosen(["two-payments-kept"])
    shop.pay(amount_pennies=100, captured_pennies=100)
    _lost(shop, 1499)
    assert [found.actual for found in check.find(now)] == ["2 payments kept"]
    _lost(shop, 1500)
    assert check.find(now) == []


def _without_refunds(shop: Any) -> None:
    Refund.objects.all().delete()


def _without_payments(shop: Any) -> None:
    Refund.objects.all().delete()
    Payment.objects.all().delete()


def _without_lines(shop: Any) -> None:
    OrderLine.objects.all().delete()


def _without_history(shop: Any) -> None:
    OrderTransition.objects.all().delete()


@pytest.mark.parametrize(
    ("lose", "found"),
    [
        (
            _without_refunds,
            {
                ("refunds-do-not-add-up", "payment:{payment} refunded", "£0.00 refunded"),
                ("refunds-do-not-add-up", "payment:{payment} reserved", "£0.00 reserved"),
            },
        ),
        (
            _without_payments,
            {
                ("paid-without-payment", "order:{order}", "a succeeded payment"),
                ("order-captured-differs", "order:{order}", "£0.00 captured"),
                ("refunds-do-not-add-up", "order:{order} refunded", "£0.00 refunded"),
            },
        ),
        (
            _without_lines,
            {("order-total-differs-from-lines", "order:{order}", "£0.00 in total")},
        ),
        (
            _without_history,
            {("history-differs-from-status", "order:{order}", "pending, by its history")},
        ),
    ],
    ids=["refunds", "payments", "lines", "history"],
)
def test_rows_that_are_gone_altogether_are_found(
    shop: Any,
    now: datetime,
    lose: Callable[[Any], None],
    found: set[tuple[str, str, str]],
) -> None:
    with shop.unguarded():
        lose(shop)
    run_checks(now=now)
    assert {(issue.check_name, issue.subject, issue.expected) for issue in _unresolved()} == {
        (name, subject.format(**_keys(shop)), expected) for name, subject, expected in found
    }


def test_names_are_unique_and_every_check_says_what_to_do() -> None:
    everything = [*checks.CHECKS, checks.FAILED]
    assert len({check.name for check in everything}) == len(everything)
    for check in everything:
        assert check.title
        assert check.what_to_do.endswith(".")
        assert checks.find(check.name) is check


def test_a_name_that_is_none_is_answered_with_the_nearest() -> None:
    assert checks.find("paid-without-paymnt") is None
    with pytest.raises(checks.UnknownCheck) as refused:
        checks.chosen(["audit-chain", "paid-without-paymnt"])
    assert str(refused.value) == (
        "Check: found 'paid-without-paymnt', expected the name of a check; "
        "did you mean paid-without-payment?"
    )
    with pytest.raises(checks.UnknownCheck, match="there are: paid-without-payment, payment-w"):
        checks.chosen(["zzz"])


def test_checks_are_chosen_by_name_in_their_own_order() -> None:
    assert checks.chosen(None) == list(checks.CHECKS)
    chosen = checks.chosen(["audit-chain", "paid-without-payment", "audit-chain"])
    assert [check.name for check in chosen] == ["paid-without-payment", "audit-chain"]


def test_checks_that_are_left_out_are_not_chosen() -> None:
    most = checks.chosen(None, ["audit-chain", "role-drift"])
    left = [check.name for check in checks.CHECKS if check not in most]
    assert sorted(left) == ["audit-chain", "role-drift"]
    one = checks.chosen(["audit-chain", "role-drift"], ["audit-chain"])
    assert [check.name for check in one] == ["role-drift"]
    with pytest.raises(checks.UnknownCheck, match=r"found 'role-drit', .* did you mean role-drift"):
        checks.chosen(["audit-chain"], ["role-drit"])
