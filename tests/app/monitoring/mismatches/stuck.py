"""Orders, events and refunds that do not get on, as monitoring.checks.stuck finds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from tests.app.monitoring.mismatches.mismatch import OLD, Mismatch
from webhooks.models import StripeEvent


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


MISMATCHES = [
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
]
