from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from demo import twin
from demo.mischief import SPOILED_PENNIES, NothingToSpoil, spoil_refund
from monitoring.models import Issue, IssueStatus
from monitoring.services import run_checks
from payments.models import Payment
from refunds.services import issue
from webhooks.models import EventStatus, StripeEvent
from webhooks.worker import process_all


def said(what: str) -> str:
    out = StringIO()
    call_command("demo_mischief", what, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def partly_refunded(shop: Any, olly_ops: Any) -> Any:
    order = shop.paid_order()
    issue(
        order=order, asked_pennies=3000, reason="one broke", by=shop.actor(olly_ops), now=shop.now
    )
    return order


def open_issues() -> set[str]:
    found = Issue.objects.filter(status=IssueStatus.OPEN)
    return set(found.values_list("check_name", flat=True))


def test_spoiled_refund_opens_its_issue_and_replaying_resolves_it(
    partly_refunded: Any, shop: Any
) -> None:
    shop.deliver()
    payment = Payment.objects.get(order=partly_refunded)

    assert said("spoil-refund") == (
        f"payment {payment.pk}  £1.00 is now reserved for a refund that does not exist"
    )
    run_checks(now=shop.now, only=["refunds-do-not-add-up"])
    assert open_issues() == {"refunds-do-not-add-up"}

    call_command("replay_events", "--about", f"payment:{payment.pk}", stdout=StringIO())
    process_all(clock=timezone.now)
    run_checks(now=shop.now, only=["refunds-do-not-add-up"])
    assert open_issues() == set()


def test_an_event_given_up_on_is_dead_and_opens_its_issue(shop: Any) -> None:
    shop.paid_order()
    event = StripeEvent.objects.filter(status=EventStatus.PROCESSED).latest("pk")

    assert said("give-up-on-webhook") == f"webhook  {event.stripe_id} is dead after 12 attempts"

    dead = StripeEvent.objects.get(status=EventStatus.DEAD)
    assert (dead.pk, dead.attempts) == (event.pk, 12)
    assert dead.last_error == "Unknown: Stripe: APIConnectionError, no answer"
    run_checks(now=shop.now, only=["stuck-events"])
    assert open_issues() == {"stuck-events"}


def test_only_a_payment_that_is_partly_refunded_and_has_money_left_is_spoiled(shop: Any) -> None:
    order = shop.paid_order()
    payment = Payment.objects.filter(order=order)
    pending = payment.values_list("pending_refund_pennies", flat=True)
    for refunded, reserved in ((1, 0), (9899, 1), (100, 9800)):
        payment.update(refunded_pennies=refunded, pending_refund_pennies=reserved)
        spoil_refund()
        assert pending.get() == reserved + SPOILED_PENNIES
    for refunded, reserved in ((0, 0), (9900, 1), (9801, 100), (101, 9800)):
        payment.update(refunded_pennies=refunded, pending_refund_pennies=reserved)
        with pytest.raises(NothingToSpoil):
            spoil_refund()
        assert pending.get() == reserved


def test_repeated_webhook_is_sent_again_and_changes_nothing(shop: Any, live_server: Any) -> None:
    order = shop.paid_order()
    event = StripeEvent.objects.get(type="checkout.session.completed")
    assert event.status == EventStatus.PROCESSED
    shop.twin.control.webhook(url=f"{live_server.url}/webhooks/stripe", secrets=[shop.secret])
    before = shop.twin.control.state()["attempts"]

    assert said("repeat-webhook") == (
        f"webhook  {event.stripe_id} arrived once more; the inbox holds it once"
    )

    assert shop.twin.control.state()["attempts"] == before + 1
    order.refresh_from_db()
    assert order.captured_pennies == 10000


def test_webhook_that_the_inbox_lost_is_no_longer_there_once(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.paid_order()
    everything = StripeEvent.objects.all()
    monkeypatch.setattr(twin, "deliver", lambda event: everything.filter(stripe_id=event).delete())
    assert said("repeat-webhook").endswith("; the inbox holds it 0 times")


def test_shop_without_refunds_has_nothing_to_spoil(db: None) -> None:
    with pytest.raises(CommandError, match="no payment is partly refunded"):
        said("spoil-refund")


def test_shop_without_sales_has_no_webhook_to_repeat_or_to_give_up(db: None) -> None:
    with pytest.raises(CommandError, match="no event was worked on yet; buy something first"):
        said("give-up-on-webhook")
    with pytest.raises(CommandError, match="no paid checkout arrived yet; buy something first"):
        said("repeat-webhook")
