"""webhooks.reconcile: object by object, whether or not an event was ever sent."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from core.schedule import schedule
from orders.models import OrderTransition
from payments import gateway
from payments.models import Dispute, Payment
from payments.services import cancel
from refunds.models import Refund
from refunds.services import issue
from subscriptions.models import Subscription
from tests.app.subscriptions.conftest import item_fact, seen
from webhooks import differences, reconcile, said, tasks
from webhooks.models import Reconciliation, StripeRecord

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def subscriptions(monkeypatch: pytest.MonkeyPatch) -> dict[str, gateway.SubscriptionFact]:
    """The subscriptions that Stripe has, by id; a test adds and changes them."""
    has: dict[str, gateway.SubscriptionFact] = {}

    def listed(*, since: Any) -> Any:
        for fact in has.values():
            prices = tuple((item.price_id, item.quantity) for item in fact.items)
            yield gateway.ListedSubscription(
                fact.id, fact.status, fact.is_paused, fact.currency, fact.ends_at, prices, fact.key
            )

    def retrieve(subscription_id: str) -> gateway.SubscriptionFact:
        if subscription_id not in has:
            raise gateway.Missing(f"Stripe: No such subscription: {subscription_id!r}")
        return has[subscription_id]

    monkeypatch.setattr(gateway, "list_subscriptions", listed)
    monkeypatch.setattr(gateway, "retrieve_subscription", retrieve)
    return has


def run(*arguments: str) -> tuple[int, list[str]]:
    out, code = StringIO(), 0
    try:
        call_command("reconcile_stripe", *arguments, stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue().splitlines()


def mend(shop: Any, **options: Any) -> reconcile.Report:
    return reconcile.reconcile(
        since=shop.now - DAY, by=shop.system, clock=lambda: shop.now, **options
    )


def paid_unheard(shop: Any, **amounts: Any) -> tuple[Any, str]:
    """An order that was paid, and the intent; no event ever came."""
    order = shop.order(**amounts)
    paid = shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    return order, str(paid["payment_intent"]["id"])


def test_a_payment_that_was_never_announced_is_mended(shop: Any) -> None:
    order, intent = paid_unheard(shop)
    payment = order.payments.get()
    code, lines = run("--since", "2026-11-01")
    assert (code, lines) == (
        0,
        [
            "checkout.session  1 at Stripe",
            "payment_intent    1 at Stripe",
            "refund            0 at Stripe",
            "dispute           0 at Stripe",
            "subscription      0 at Stripe",
            "webhook_endpoint  0 at Stripe",
            f"  payment:{payment.pk} ({intent}): here created, £0.00 captured, its "
            "payment_intent unknown; at Stripe succeeded, £100.00 captured: mended",
            "reconciled  2 looked at, 1 differed, 1 mended, 0 left to look at",
        ],
    )
    order.refresh_from_db()
    assert (order.status, order.captured_pennies) == ("paid", 10000)
    assert run()[1][-1] == "reconciled  2 looked at, 0 differed, 0 mended, 0 left to look at"
    assert OrderTransition.objects.filter(order=order, target="paid").count() == 1


def test_what_was_mended_is_audited_and_what_agreed_is_not(shop: Any) -> None:
    paid_unheard(shop)
    run("--since", "2026-11-01")
    entry = Entry.objects.get(action="events-replayed")
    assert (entry.origin, entry.subject) == ("command:reconcile_stripe", "stripe")
    assert entry.reason == "reconciled with Stripe since 2026-11-01 00:00 UTC"
    assert entry.details == {"count": 1}
    run("--since", "2026-11-01")
    assert Entry.objects.filter(action="events-replayed").count() == 1


@pytest.mark.slow
def test_a_dry_run_says_what_differs_and_writes_nothing(shop: Any) -> None:
    order, _ = paid_unheard(shop)
    code, lines = run("--dry-run")
    assert code == 1
    assert lines[-2].endswith("at Stripe succeeded, £100.00 captured: differs")
    assert lines[-1] == "reconciled  nothing; 1 differ"
    order.refresh_from_db()
    assert order.status == "pending"
    assert not StripeRecord.objects.exists()
    assert not Reconciliation.objects.exists()
    assert not Entry.objects.filter(action="events-replayed").exists()


def test_refunds_and_disputes_that_were_never_announced_are_mended(
    shop: Any, olly_ops: Any
) -> None:
    order = shop.paid_order()
    intent = order.payments.get().stripe_intent_id
    control = shop.twin.control
    refund = issue(
        order=order,
        asked_pennies=1000,
        reason="chipped",
        by=shop.actor(olly_ops),
        now=shop.now,
    )
    control.fail(id=refund.stripe_refund_id)
    control.refund_from_dashboard(payment_intent=intent, amount=3000)
    control.open_dispute(intent=intent, amount=2000)
    report = mend(shop)
    assert (len(report.found), report.left) == (3, [])
    order.refresh_from_db()
    assert order.refunded_pennies == 3000
    assert sorted(Refund.objects.values_list("amount_pennies", "status")) == [
        (1000, "failed"),
        (3000, "succeeded"),
    ]
    assert Dispute.objects.get().amount_pennies == 2000
    assert Payment.objects.get().disputed_pennies == 2000


def test_a_refund_whose_payment_is_not_known_either_is_mended_after_it(shop: Any) -> None:
    order, intent = paid_unheard(shop)
    shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=4000)
    assert mend(shop).left == []
    # The refund belonged to nobody before its payment was known.
    report = mend(shop)
    order.refresh_from_db()
    assert (report.left, order.refunded_pennies) == ([], 4000)


def test_an_expired_page_gives_its_payment_up(shop: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    gateway.expire_session(payment.stripe_session_id)
    report = mend(shop)
    payment.refresh_from_db()
    assert (payment.status, report.left) == ("canceled", [])


def test_a_page_whose_making_got_no_answer_is_found_by_its_key(shop: Any) -> None:
    order = shop.order()
    shop.twin.control.misbehave(fault="answer_lost", method="POST")
    with pytest.raises(gateway.Unknown):
        shop.checkout(order)
    payment = order.payments.get()
    page = gateway.find_session(key=payment.idempotency_key, since=shop.now - DAY)
    assert page
    shop.twin.control.pay(session=page.id)
    assert mend(shop).left == []
    order.refresh_from_db()
    assert (order.status, order.payments.get().stripe_session_id) == ("paid", page.id)


def test_an_intent_that_the_shop_does_not_know_is_a_difference_though_no_money_moved(
    shop: Any,
) -> None:
    """Later news of it must find the payment."""
    order = shop.order()
    session = shop.checkout(order).stripe_session_id
    shop.twin.control.pay_later(session=session, succeeds=False)
    intent = shop.twin.control.fail(id=session)["id"]
    report = mend(shop)
    payment = order.payments.get()
    assert (payment.status, payment.stripe_intent_id, report.left) == ("created", intent, [])


@pytest.mark.parametrize("heard", [True, False])
def test_what_a_bank_refused_and_the_shop_gave_up_agrees(shop: Any, heard: bool) -> None:
    """Its intent waits for another method for ever, and its number is known all the same."""
    order = shop.order()
    session = shop.checkout(order).stripe_session_id
    shop.twin.control.pay_later(session=session, succeeds=False)
    intent = shop.twin.control.fail(id=session)["id"]
    if heard:
        shop.deliver()
    cancel(order=order, by=shop.actor(shop.customer), reason="changed my mind", now=shop.now)
    report = mend(shop)
    payment = order.payments.get()
    assert (payment.status, payment.stripe_intent_id, report.left) == ("canceled", intent, [])
    assert mend(shop).found == []


def test_what_is_still_open_here_is_looked_up_however_old(shop: Any, olly_ops: Any) -> None:
    """It was made long before the window, so no list shows it."""
    order = shop.paid_order()
    shop.twin.control.misbehave(fault="refund_pending")
    refund = issue(
        order=order,
        asked_pennies=1000,
        reason="chipped",
        by=shop.actor(olly_ops),
        now=shop.now,
    )
    assert refund.status == "pending"
    shop.twin.control.settle(id=refund.stripe_refund_id)
    report = reconcile.reconcile(since=timezone.now() + DAY, by=shop.system, clock=lambda: shop.now)
    refund.refresh_from_db()
    assert (refund.status, [one.difference.kind for one in report.outcomes]) == (
        "succeeded",
        ["refund"],
    )


def test_what_stripe_does_not_know_is_left_to_a_person(shop: Any) -> None:
    order = shop.paid_order()
    with shop.twin.account.store.change():
        for kind in ("payment_intent", "checkout.session"):
            (one,) = shop.twin.account.store.all(kind)
            shop.twin.account.store.remove(kind, one["id"])
    payment = order.payments.get()
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now())
    code, lines = run()
    assert code == 1
    assert lines[-2:] == [
        f"  payment:{payment.pk} ({payment.stripe_intent_id}): here succeeded, £100.00 captured; "
        "at Stripe nothing: Missing: Stripe: No such payment_intent: "
        f"'{payment.stripe_intent_id}'",
        "reconciled  1 looked at, 1 differed, 0 mended, 1 left to look at",
    ]
    order.refresh_from_db()
    assert order.status == "paid"


def test_amounts_that_disagree_are_left_and_written_nowhere(shop: Any) -> None:
    order, _ = paid_unheard(shop)
    with shop.twin.account.store.change():
        (intent,) = shop.twin.account.store.all("payment_intent")
        shop.twin.account.store.put("payment_intent", intent | {"amount": 1, "amount_received": 1})
    (left,) = mend(shop).left
    assert left.why_not.startswith("Disagrees: Payment ")
    order.refresh_from_db()
    assert order.status == "pending"


def test_what_belongs_to_nobody_here_is_no_difference(shop: Any) -> None:
    """Other programs may use the account: their payments carry none of our keys."""
    import stripe

    client = stripe.StripeClient(
        "sk_test_twin_of_this_machine", base_addresses={"api": shop.twin.address}
    )
    made = client.v1.payment_intents.create(
        params={
            "amount": 1000,
            "currency": "gbp",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "return_url": "http://127.0.0.1:8000/",
        }
    )
    shop.twin.control.refund_from_dashboard(payment_intent=made.id, amount=100)
    report = mend(shop)
    assert (report.answers.count(differences.Kind.INTENT), report.found) == (1, [])


def test_a_payment_with_our_key_that_is_not_here_is_a_difference(shop: Any) -> None:
    """A database restored from a backup knows less than Stripe."""
    order, intent = paid_unheard(shop)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM payments_payment")
        cursor.execute("SET session_replication_role = origin")
    (left,) = (one for one in mend(shop).left if one.difference.kind == "payment_intent")
    assert (left.difference.subject, left.difference.shop) == (intent, "nothing")
    assert left.why_not.startswith("NotOurs: ")
    assert order.payments.count() == 0


def test_subscriptions_are_mended_and_unknown_ones_recorded(
    shop: Any, subscriptions: dict[str, gateway.SubscriptionFact]
) -> None:
    subscriptions["sub_1"] = seen(item_fact(1000)).fact
    assert mend(shop).left == []
    assert Subscription.objects.get().mrr_pennies == 1000
    subscriptions["sub_1"] = seen(item_fact(1000, quantity=3), ends_at=shop.now + DAY).fact
    report = mend(shop)
    assert [(one.stripe, one.shop) for one in report.found] == [
        (
            "active, GBP, 3 × price_1, ends 2026-03-03 12:00 UTC",
            "active, GBP, 1 × price_1",
        )
    ]
    assert Subscription.objects.get().mrr_pennies == 3000
    assert mend(shop).found == []


def test_a_subscription_that_was_canceled_without_an_event_ends(
    shop: Any, subscriptions: dict[str, gateway.SubscriptionFact]
) -> None:
    subscriptions["sub_1"] = seen(item_fact(1000)).fact
    mend(shop)
    ended = {"status": "canceled", "ended_at": shop.now, "ends_at": shop.now}
    subscriptions["sub_1"] = seen(item_fact(1000), **ended).fact
    assert mend(shop).left == []
    row = Subscription.objects.get()
    assert (row.status, row.mrr_pennies) == ("canceled", 0)


def test_a_kind_that_cannot_be_read_is_said_and_the_others_are_mended(shop: Any) -> None:
    order, _ = paid_unheard(shop)
    shop.twin.control.misbehave(fault="error_before", path="/v1/refunds*")
    code, lines = run()
    assert code == 1
    assert any(line.startswith("  refund not read: Unknown: Stripe: APIError") for line in lines)
    assert lines[-1].endswith("1 mended, 0 left to look at; not read: refund")
    order.refresh_from_db()
    assert order.status == "paid"
    assert not Reconciliation.objects.exists()


def test_the_scheduled_run_fails_when_a_kind_cannot_be_read(shop: Any) -> None:
    job = next(job for job in schedule() if job.name == "reconcile_stripe")
    shop.twin.control.misbehave(fault="error_before", path="/v1/disputes*")
    with pytest.raises(tasks.NotRead, match="dispute: Unknown: Stripe: APIError"):
        job.work(shop.now)
    assert job.work(shop.now).startswith("reconciled  0 looked at, 0 differed")


def test_stripe_is_never_asked_while_a_transaction_is_open(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_unheard(shop)
    depth = len(connection.savepoint_ids)
    asked: list[int] = []
    for name in ("list_intents", "list_refunds", "list_disputes", "retrieve_intent"):
        real = getattr(gateway, name)

        def watched(*args: Any, real: Any = real, **named: Any) -> Any:
            asked.append(len(connection.savepoint_ids))
            return real(*args, **named)

        monkeypatch.setattr(gateway, name, watched)
    mend(shop)
    assert len(asked) == 4
    assert set(asked) == {depth}


def test_an_older_answer_never_replaces_a_newer_one(shop: Any) -> None:
    new, old = timezone.now(), timezone.now() - DAY
    one = said.Said(differences.Kind.REFUND, "re_1", "succeeded", "GBP", 100)
    said.keep([one], at=new)
    said.keep([said.missing(differences.Kind.REFUND, "re_1")], at=old)
    assert StripeRecord.objects.get().status == "succeeded"


def test_news_of_an_object_with_a_row_is_written_there(shop: Any) -> None:
    order = shop.order()
    shop.checkout(order)
    mend(shop)
    shop.twin.control.pay(session=order.payments.get().stripe_session_id)
    shop.deliver()
    assert dict(StripeRecord.objects.values_list("kind", "status")) == {
        "checkout.session": "complete"
    }
    assert differences.everything() == []


def test_what_left_the_window_is_forgotten_after_a_week(shop: Any) -> None:
    kind = differences.Kind.REFUND
    said.keep([said.missing(kind, "re_old")], at=timezone.now() - 8 * DAY)
    said.keep([said.missing(kind, "re_new")], at=timezone.now() - 6 * DAY)
    mend(shop)
    assert list(StripeRecord.objects.values_list("stripe_id", flat=True)) == ["re_new"]


def test_since_no_moment_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="--since: found 'noon', expected 2026-03-01 or"):
        run("--since", "noon")
