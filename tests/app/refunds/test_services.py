from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from audit.models import Entry
from core.refusal import Refused
from orders.models import Order
from payments import gateway
from payments import services as payments
from payments.checkout import KEY_LIFE
from payments.gateway import calling
from payments.models import Payment
from refunds import policy, services
from refunds.models import Refund
from refunds.settlement import release
from tests.app.together import at_once


def money(order: Any) -> tuple[int, int, int]:
    """Captured, refunded and reserved pennies of the order's one payment."""
    payment = Payment.objects.get(order=order)
    return payment.captured_pennies, payment.refunded_pennies, payment.pending_refund_pennies


def issue(shop: Any, order: Any, pennies: int, by: Any, **more: Any) -> Refund:
    return services.issue(
        order=order, asked_pennies=pennies, by=by, now=shop.now, **({"reason": "chipped"} | more)
    )


def stripes_refunds(shop: Any) -> int:
    return shop.twin.control.state()["objects"].get("refund", 0)


def test_part_of_the_money_goes_back_and_the_order_stays_paid(
    shop: Any, order: Order, ops: Any
) -> None:
    refund = issue(shop, order, 3000, ops)
    order.refresh_from_db()
    assert (refund.status, refund.settled_at) == ("succeeded", shop.now)
    assert money(order) == (10000, 3000, 0)
    assert (order.status, order.refunded_pennies, order.is_partly_refunded) == ("paid", 3000, True)


def test_all_of_the_money_in_parts_makes_the_order_refunded(
    shop: Any, order: Order, ops: Any
) -> None:
    issue(shop, order, 3000, ops)
    issue(shop, order, 7000, ops)
    order.refresh_from_db()
    assert (order.status, money(order)) == ("refunded", (10000, 10000, 0))
    assert order.history.last().actor_role == "system"


def test_asking_and_result_are_both_audited(shop: Any, order: Order, ops: Any) -> None:
    refund = issue(shop, order, 3000, ops)
    entries = Entry.objects.filter(subject=f"refund:{refund.pk}").order_by("id")
    assert [(entry.action, entry.result, entry.reason) for entry in entries] == [
        ("refund-asked", "done", "chipped"),
        ("refund-settled", "done", "succeeded"),
    ]
    for entry in entries:
        assert (entry.actor_id, entry.actor_role) == (ops.id, "ops")
        assert entry.details == {"order": order.pk, "pennies": 3000, "currency": "GBP"}


def test_too_much_is_refused_before_stripe_is_asked(shop: Any, order: Order, ops: Any) -> None:
    issue(shop, order, 8750, ops)
    with pytest.raises(services.CannotRefund) as refusal:
        issue(shop, order, 3000, ops)
    assert str(refusal.value) == f"Order {order.pk}: £30.00 asked, £12.50 left to refund."
    assert (money(order), stripes_refunds(shop)) == ((10000, 8750, 0), 1)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.result, entry.subject) == (
        "refused",
        "refused",
        f"order:{order.pk}",
    )


@pytest.mark.parametrize(
    ("who", "reason", "sentence"),
    [
        ("ana_analyst", "chipped", "Order {}: analyst cannot refund; ask ops or an admin."),
        ("cara_customer", "chipped", "Order {}: customer cannot refund; ask ops or an admin."),
        ("olly_ops", "  ", "Order {}: a reason of 0 characters, 1 to 300 expected; say why."),
        (
            "olly_ops",
            "x" * 301,
            "Order {}: a reason of 301 characters, 1 to 300 expected; say why.",
        ),
    ],
)
def test_who_and_why_are_checked(
    request: Any, shop: Any, order: Order, who: str, reason: str, sentence: str
) -> None:
    by = shop.actor(request.getfixturevalue(who))
    with pytest.raises(services.CannotRefund) as refusal:
        issue(shop, order, 100, by, reason=reason)
    assert str(refusal.value) == sentence.format(order.pk)
    assert (Refund.objects.count(), stripes_refunds(shop)) == (0, 0)


@pytest.mark.parametrize("length", [1, 300])
def test_the_shortest_and_longest_reason_are_fine(
    shop: Any, order: Order, ops: Any, length: int
) -> None:
    assert issue(shop, order, 100, ops, reason="x" * length).reason == "x" * length


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("refunded_pennies", r"£60\.00 asked, £50\.00 left to refund"),
        ("pending_refund_pennies", r"£60\.00 asked, £50\.00 left to refund"),
        ("disputed_pennies", "a dispute came meanwhile; answer it at Stripe, do not refund"),
    ],
)
def test_what_goes_in_between_stops_the_refund(
    shop: Any,
    order: Order,
    ops: Any,
    where: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The policy saw all of it, and then half was gone: the reservation looks for itself."""
    assess = policy.assess

    def gone_after(**asked: Any) -> policy.Assessment:
        answer = assess(**asked)
        Payment.objects.update(**{where: 5000})
        return answer

    monkeypatch.setattr(policy, "assess", gone_after)
    with pytest.raises(services.CannotRefund, match=sentence):
        issue(shop, order, 6000, ops)
    assert (money(order), stripes_refunds(shop)) == ((10000, 0, 0), 0)


def test_an_unpaid_order_has_nothing_to_refund(shop: Any, ops: Any) -> None:
    with pytest.raises(services.CannotRefund, match="nothing was paid"):
        issue(shop, shop.order(), 100, ops)


def test_after_the_window_nothing_is_refunded(shop: Any, order: Order, ops: Any) -> None:
    shop.now += timedelta(days=30, seconds=1)
    with pytest.raises(services.CannotRefund, match="paid more than 30 days ago"):
        issue(shop, order, 100, ops)
    assert services.assess(order=order, now=shop.now).refundable_pennies == 0


def test_one_form_sent_twice_refunds_once(shop: Any, order: Order, ops: Any) -> None:
    first = issue(shop, order, 3000, ops, form_key="abc")
    again = issue(shop, order, 3000, ops, form_key="abc")
    assert first == again
    assert (money(order), stripes_refunds(shop)) == ((10000, 3000, 0), 1)


def test_one_form_cannot_ask_for_something_else(shop: Any, order: Order, ops: Any) -> None:
    issue(shop, order, 3000, ops, form_key="abc")
    with pytest.raises(services.CannotRefund) as refusal:
        issue(shop, order, 2000, ops, form_key="abc")
    assert str(refusal.value) == (
        f"Order {order.pk}: this form was sent before, for £30.00 of order {order.pk}; "
        "open it again."
    )
    assert stripes_refunds(shop) == 1


def test_a_changed_api_key_releases_nothing(
    shop: Any, order: Order, ops: Any, settings: Any
) -> None:
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    refund = issue(shop, order, 6000, ops)
    settings.STRIPE_API_KEY = "sk_test_not_yet_active"
    assert services.follow_up(refund=refund, now=shop.now).status == "requested"
    # After the key's life it is looked up, and the answer to that may be lost as well.
    shop.twin.control.misbehave(fault="cut_before", method="GET", path="/v1/refunds")
    later = shop.now + timedelta(hours=23, minutes=1)
    assert services.follow_up(refund=refund, now=later).status == "requested"
    assert money(order) == (10000, 0, 6000)


@pytest.mark.parametrize("later", [timedelta(0), KEY_LIFE * 2])
def test_follow_up_leaves_a_refund_that_ended_as_it_is(
    shop: Any, order: Order, ops: Any, later: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = issue(shop, order, 6000, ops)
    for call in ("create_refund", "find_refund"):
        monkeypatch.setattr(gateway, call, lambda **_: pytest.fail("Stripe was asked"))
    assert services.follow_up(refund=refund, now=shop.now + later) == refund
    assert refund.status == "succeeded"


def test_a_refund_on_its_way_keeps_its_money_reserved(shop: Any, order: Order, ops: Any) -> None:
    shop.twin.control.misbehave(fault="refund_pending")
    refund = issue(shop, order, 6000, ops)
    assert (refund.status, money(order)) == ("pending", (10000, 0, 6000))
    assert (refund.settled_at, refund.succeeded_at) == (None, None)
    with pytest.raises(services.CannotRefund, match=r"£60\.00 asked, £40\.00 left"):
        issue(shop, order, 6000, ops)
    shop.twin.control.settle(id=refund.stripe_refund_id)
    shop.deliver()
    assert money(order) == (10000, 6000, 0)


def test_a_definite_no_releases_the_money_at_once(shop: Any, order: Order, ops: Any) -> None:
    intent = Payment.objects.get(order=order).stripe_intent_id
    shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=9000)
    refund = issue(shop, order, 6000, ops)
    assert (refund.status, money(order)) == ("failed", (10000, 0, 0))
    assert "greater than unrefunded amount" in refund.failure
    entry = Entry.objects.latest("id")
    assert (entry.result, entry.reason) == ("failed", refund.failure)


@pytest.mark.slow
def test_unknown_outcome_stays_requested_and_settles_once(
    shop: Any, order: Order, ops: Any, settings: Any
) -> None:
    settings.STRIPE_TIMEOUT_S = 0.5
    shop.twin.control.misbehave(fault="timeout_after", path="/v1/refunds", seconds=3)
    refund = issue(shop, order, 6000, ops)
    assert (refund.status, money(order)) == ("requested", (10000, 0, 6000))
    with pytest.raises(services.CannotRefund):
        issue(shop, order, 6000, ops)
    shop.deliver()
    refund.refresh_from_db()
    assert (refund.status, money(order)) == ("succeeded", (10000, 6000, 0))
    assert stripes_refunds(shop) == 1
    services.follow_up(refund=refund, now=shop.now)
    assert (stripes_refunds(shop), money(order)) == (1, (10000, 6000, 0))


def test_follow_up_asks_again_with_the_same_key(shop: Any, order: Order, ops: Any) -> None:
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    refund = issue(shop, order, 6000, ops)
    assert refund.status == "requested"
    assert services.follow_up_due(clock=lambda: shop.now) == 0
    assert services.follow_up_due(clock=lambda: shop.now + timedelta(minutes=3)) == 1
    refund.refresh_from_db()
    assert (refund.status, stripes_refunds(shop)) == ("succeeded", 1)


def test_a_refund_that_cannot_be_settled_stops_no_other(shop: Any, order: Order, ops: Any) -> None:
    """Somebody made a refund at Stripe under the key of the first one, for another amount."""
    for _ in range(2):
        shop.twin.control.misbehave(fault="cut_before", path="/v1/refunds")
        issue(shop, order, 3000, ops)
    shop.twin.control.misbehave(fault="answer_lost", path="/v1/refunds")
    last = issue(shop, order, 2000, ops)
    first = Refund.objects.order_by("id")[0]
    calling.client().v1.refunds.create(
        params={
            "payment_intent": str(first.payment.stripe_intent_id),
            "amount": 100,
            "metadata": {"refund_key": first.idempotency_key},
        }
    )
    later = shop.now + timedelta(hours=23, minutes=1)
    assert services.follow_up_due(clock=lambda: later) == 3
    found = Refund.objects.order_by("id").values_list("status", flat=True)
    assert list(found) == ["requested", "failed", "succeeded"]
    last.refresh_from_db()
    assert (last.status, money(order)) == ("succeeded", (10000, 2000, 3000))


def test_follow_up_without_an_answer_leaves_it_reserved(shop: Any, order: Order, ops: Any) -> None:
    shop.twin.control.misbehave(fault="cut_before", path="/v1/refunds", times=2)
    refund = issue(shop, order, 6000, ops)
    assert services.follow_up(refund=refund, now=shop.now).status == "requested"
    assert money(order) == (10000, 0, 6000)


def test_up_to_the_last_moment_of_the_keys_life_it_is_asked_again_with_it(
    shop: Any, order: Order, ops: Any
) -> None:
    shop.twin.control.misbehave(fault="cut_before", path="/v1/refunds")
    refund = issue(shop, order, 6000, ops)
    assert services.follow_up(refund=refund, now=shop.now + KEY_LIFE).status == "succeeded"
    assert (money(order), stripes_refunds(shop)) == ((10000, 6000, 0), 1)


@pytest.mark.parametrize(
    ("fault", "status", "after"),
    [("answer_lost", "succeeded", (10000, 6000, 0)), ("cut_before", "failed", (10000, 0, 0))],
)
def test_after_the_keys_life_a_refund_is_looked_up_and_never_sent_again(
    shop: Any, order: Order, ops: Any, fault: str, status: str, after: tuple[int, int, int]
) -> None:
    shop.twin.control.misbehave(fault=fault, path="/v1/refunds")
    refund = issue(shop, order, 6000, ops)
    sent = stripes_refunds(shop)
    later = shop.now + timedelta(hours=23, minutes=1)
    assert services.follow_up(refund=refund, now=later).status == status
    assert (money(order), stripes_refunds(shop)) == (after, sent)


@pytest.mark.parametrize("had", ["paid", "fulfilled"])
def test_a_refund_that_fails_after_it_succeeded_gives_the_money_back(
    shop: Any, order: Order, ops: Any, had: str
) -> None:
    if had == "fulfilled":
        payments.fulfil(order=order, by=ops, reason="sent", now=shop.now)
    refund = issue(shop, order, 10000, ops)
    order.refresh_from_db()
    assert order.status == "refunded"
    shop.twin.control.fail(id=refund.stripe_refund_id)
    shop.deliver()
    order.refresh_from_db()
    refund.refresh_from_db()
    assert (refund.status, refund.failure) == ("failed", "lost_or_stolen_card")
    assert (order.status, money(order)) == (had, (10000, 0, 0))
    assert services.assess(order=order, now=shop.now).refundable_pennies == 10000


def test_when_a_refund_succeeded_stays_known_after_it_failed(
    shop: Any, order: Order, ops: Any
) -> None:
    refund = issue(shop, order, 3000, ops)
    fact = gateway.retrieve_refund(refund.stripe_refund_id)
    later = shop.now + timedelta(days=3)
    services.confirm(fact=replace(fact, status="failed", failure="lost"), now=later)
    refund.refresh_from_db()
    assert (refund.succeeded_at, refund.settled_at) == (shop.now, later)


def test_a_refund_made_in_stripes_dashboard_is_recorded_once(shop: Any, order: Order) -> None:
    intent = Payment.objects.get(order=order).stripe_intent_id
    made = shop.twin.control.refund_from_dashboard(payment_intent=intent, amount=2500)
    shop.deliver()
    refund = Refund.objects.get()
    assert (refund.stripe_refund_id, refund.status) == (made["id"], "succeeded")
    assert (refund.requested_by_id, money(order)) == (None, (10000, 2500, 0))


def test_confirming_twice_changes_nothing(shop: Any, order: Order, ops: Any) -> None:
    refund = issue(shop, order, 3000, ops)
    fact = gateway.retrieve_refund(refund.stripe_refund_id)
    entries = Entry.objects.count()
    services.confirm(fact=fact, now=shop.now + timedelta(hours=1))
    refund.refresh_from_db()
    assert (refund.settled_at, money(order)) == (shop.now, (10000, 3000, 0))
    assert Entry.objects.count() == entries


def test_a_refund_that_has_an_end_is_not_released_again(shop: Any, order: Order, ops: Any) -> None:
    refund = issue(shop, order, 3000, ops)
    again = release(refund, failure="asked for the wrong thing", by=ops, now=shop.now)
    assert (again.status, again.failure) == ("succeeded", "")
    assert money(order) == (10000, 3000, 0)


def test_a_refund_with_a_key_that_is_not_ours_waits(shop: Any, order: Order, ops: Any) -> None:
    refund = issue(shop, order, 3000, ops)
    told = gateway.retrieve_refund(refund.stripe_refund_id)
    with pytest.raises(payments.NotOurs, match="its key is not ours"):
        services.confirm(fact=replace(told, id="re_other", key="theirs"), now=shop.now)
    assert Refund.objects.count() == 1


def test_a_payment_that_brought_nothing_came_second_to_none(shop: Any) -> None:
    assert not services.came_second(shop.checkout(shop.order()))


def test_facts_fetched_before_what_is_recorded_change_nothing(
    shop: Any, order: Order, ops: Any
) -> None:
    refund = issue(shop, order, 3000, ops)
    early = gateway.retrieve_refund(refund.stripe_refund_id)
    shop.twin.control.fail(id=refund.stripe_refund_id)
    shop.deliver()
    assert services.confirm(fact=early, now=shop.now).status == "failed"
    assert money(order) == (10000, 0, 0)


@pytest.mark.parametrize(
    "change", [{"amount_pennies": 2999}, {"currency": "EUR"}, {"id": "re_other"}]
)
def test_facts_that_disagree_are_refused(
    shop: Any, order: Order, ops: Any, change: dict[str, Any]
) -> None:
    refund = issue(shop, order, 3000, ops)
    told = gateway.retrieve_refund(refund.stripe_refund_id)
    fact = replace(told, status="failed", **change)
    with pytest.raises(payments.Disagrees, match="look at both"):
        services.confirm(fact=fact, now=shop.now)
    assert money(order) == (10000, 3000, 0)


def test_late_money_on_a_canceled_order_can_go_back(shop: Any, ops: Any) -> None:
    order = shop.order()
    payment = shop.checkout(order)
    Payment.objects.filter(pk=payment.pk).update(status="canceled")
    from orders.lifecycle import OrderStatus
    from orders.services import move

    move(order=order, target=OrderStatus.CANCELED, by=shop.system, reason="gone", now=shop.now)
    shop.twin.control.pay(session=payment.stripe_session_id)
    shop.deliver()
    shop.now += timedelta(days=90)
    refund = issue(shop, order, 10000, ops)
    order.refresh_from_db()
    assert (refund.status, order.status) == ("succeeded", "canceled")
    assert (order.captured_pennies, order.refunded_pennies) == (10000, 10000)


@pytest.mark.django_db(transaction=True)
def test_stripe_is_never_asked_while_a_transaction_is_open(
    shop: Any, order: Order, ops: Any
) -> None:
    """The reservation would not be committed before the call, and rows would be held during it."""
    with pytest.raises(RuntimeError, match="durable atomic block"), transaction.atomic():
        issue(shop, order, 3000, ops)
    assert (money(order), stripes_refunds(shop)) == ((10000, 0, 0), 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sixteen_clients_refund_once(shop: Any, order: Order, ops: Any) -> None:
    """16 at once ask for 60 of 100: exactly one gets it, 15 are told what is left."""

    def ask() -> str:
        try:
            return str(issue(shop, order, 6000, ops).status)
        except Refused as no:
            return str(no)

    outcomes = at_once([ask] * 16)
    refusal = f"Order {order.pk}: £60.00 asked, £40.00 left to refund."
    assert sorted(outcomes) == sorted(["succeeded", *[refusal] * 15])
    assert (money(order), stripes_refunds(shop)) == ((10000, 6000, 0), 1)
    assert Refund.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_four_times_at_once_refunds_once(shop: Any, order: Order, ops: Any) -> None:
    refunds = at_once([partial(issue, shop, order, 6000, ops, form_key="abc")] * 4)
    assert list(Refund.objects.all()) == refunds[:1]
    assert refunds == refunds[:1] * 4
    assert (money(order), stripes_refunds(shop)) == ((10000, 6000, 0), 1)
