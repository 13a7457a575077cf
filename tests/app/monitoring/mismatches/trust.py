"""Roles and records that are not what they should be, as monitoring.checks.trust finds them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from audit import services as audit
from audit.actions import Action, Result
from core.actor import system
from tests.app.monitoring.mismatches.mismatch import OLD, Mismatch, row


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


MISMATCHES = [
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
        **row(
            "order",
            {"status": "fulfilled", "fulfilled_at": OLD},
            {"status": "paid", "fulfilled_at": None},
        ),
        subject="order:{order}",
        expected="paid, by its history",
        actual="fulfilled",
    ),
]
