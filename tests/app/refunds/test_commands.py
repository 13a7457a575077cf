from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from refunds.services import issue


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("follow_up_refunds", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.slow
def test_follow_up_refunds_learns_what_stripe_did(shop: Any, olly_ops: Any) -> None:
    recently = shop.now = timezone.now() - timedelta(minutes=5)
    order = shop.paid_order()
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    refund = issue(
        order=order, asked_pennies=100, reason="late", by=shop.actor(olly_ops), now=recently
    )
    since = (timezone.now() - timedelta(minutes=1)).isoformat()
    assert run("--since", since) == "refunds  0 followed up\n"
    assert run() == "refunds  1 followed up\n"
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert run() == "refunds  0 followed up\n"


def test_follow_up_refunds_since_no_moment_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="--since: found 'x', expected 2026-03-01 or"):
        run("--since", "x")
