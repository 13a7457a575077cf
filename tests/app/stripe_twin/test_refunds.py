from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import hypothesis
import pytest
import stripe
from hypothesis import strategies as st

from stripe_twin.control import Refused
from stripe_twin.server import Running, running
from stripe_twin.settings import Settings

from .conftest import Receiver, cart, client_of


def test_part_then_rest_then_nothing(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    part = client.v1.refunds.create(
        params={
            "payment_intent": paid.id,
            "amount": 1000,
            "reason": "requested_by_customer",
            "metadata": {"refund": "7"},
        }
    )
    assert (part.amount, part.status, part.currency) == (1000, "succeeded", "gbp")
    assert (part.payment_intent, part.charge) == (paid.id, paid.latest_charge)
    assert part.metadata is not None
    assert part.metadata.to_dict() == {"refund": "7"}
    assert _charge(client, paid) == (1000, False)

    rest = client.v1.refunds.create(params={"charge": str(paid.latest_charge)})
    assert rest.amount == 1500
    assert _charge(client, paid) == (2500, True)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 1})
    assert (refusal.value.http_status, refusal.value.code) == (400, "charge_already_refunded")
    assert (refusal.value.user_message or "").endswith("has already been refunded.")


@pytest.mark.parametrize(
    ("first", "asked", "message"),
    [
        (None, 2501, "Refund amount (£25.01) is greater than charge amount (£25.00)"),
        (
            1000,
            1501,
            "Refund amount (£15.01) is greater than unrefunded amount on charge (£15.00)",
        ),
    ],
)
def test_more_than_is_left_is_refused(
    client: stripe.StripeClient,
    paid: stripe.PaymentIntent,
    first: int | None,
    asked: int,
    message: str,
) -> None:
    if first:
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": first})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": asked})

    assert refusal.value.user_message == message
    assert (refusal.value.param, refusal.value.http_status) == ("amount", 400)
    assert _charge(client, paid) == (first or 0, False)


def test_sixteen_clients_at_once_refund_sixty_percent_once(
    twin: Running, paid: stripe.PaymentIntent
) -> None:
    start = threading.Barrier(16)

    def ask(number: int) -> bool:
        mine = client_of(twin)
        start.wait()
        try:
            mine.v1.refunds.create(params={"payment_intent": paid.id, "amount": 1500})
        except stripe.InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 1


def test_refund_sends_its_events(
    twin: Running, client: stripe.StripeClient, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    twin.control.wait_idle()
    receiver.events.clear()

    client.v1.refunds.create(
        params={"payment_intent": paid.id}, options={"idempotency_key": "refund-7"}
    )

    twin.control.wait_idle()
    assert receiver.types == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]
    assert receiver.events[1].data.object["amount_refunded"] == 2500
    assert receiver.events[0].request is not None
    assert receiver.events[0].request.idempotency_key == "refund-7"


def test_slow_refund_is_pending_until_settled(
    twin: Running, client: stripe.StripeClient, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="refund_pending")
    slow = client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 2000})
    assert slow.status == "pending"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 600})

    twin.control.settle(id=slow.id)

    assert client.v1.refunds.retrieve(slow.id).status == "succeeded"
    twin.control.wait_idle()
    assert receiver.events[-2].type == "refund.updated"
    assert _previous(receiver.events[-2]) == {"status": "pending"}


def test_refund_that_fails_after_success_gives_the_charge_its_money_back(
    twin: Running, client: stripe.StripeClient, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create(params={"payment_intent": paid.id})
    assert (refund.status, _charge(client, paid)) == ("succeeded", (2500, True))

    twin.control.fail(id=refund.id, reason="expired_or_canceled_card")

    failed = client.v1.refunds.retrieve(
        refund.id, params={"expand": ["failure_balance_transaction"]}
    )
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.amount == 2500
    assert _charge(client, paid) == (0, False)
    twin.control.wait_idle()
    assert receiver.types[-3:] == ["refund.updated", "charge.refund.updated", "refund.failed"]
    with pytest.raises(Refused, match="found failed, expected pending or succeeded"):
        twin.control.fail(id=refund.id)
    assert client.v1.refunds.create(params={"payment_intent": paid.id}).amount == 2500


def test_rule_makes_the_next_refund_fail_by_itself(
    twin: Running, client: stripe.StripeClient, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="refund_fails")

    refund = client.v1.refunds.create(params={"payment_intent": paid.id})

    assert refund.status == "succeeded"
    changed = twin.account.store.changed
    with changed:
        assert changed.wait_for(
            lambda: (twin.account.store.get("refund", refund.id) or {})["status"] == "failed", 5
        )
    twin.control.wait_idle()
    assert receiver.types[-1] == "refund.failed"


def test_balance_adds_up(twin: Running, client: stripe.StripeClient, paid: object) -> None:
    intent = client.v1.payment_intents.list().data[0]
    client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 700})
    lost = client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 300})
    twin.control.fail(id=lost.id)

    amounts = [txn.amount for txn in client.v1.balance_transactions.list().data]

    assert sum(amounts) == 2500 - 700


def test_unpaid_intent_has_nothing_to_refund(
    twin: Running, client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    answer = twin.control.pay(session=session.id, card="4000000000000002")

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create(params={"payment_intent": answer["payment_intent"]["id"]})


def test_refund_from_the_dashboard_was_asked_by_no_request(
    twin: Running, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    made = twin.control.refund_from_dashboard(payment_intent=paid.id, amount=500)

    assert (made["amount"], made["metadata"]) == (500, {})
    twin.control.wait_idle()
    created = next(e for e in receiver.events if e.type == "refund.created")
    assert created.request is not None
    assert (created.request.id, created.request.idempotency_key) == (None, None)
    with pytest.raises(Refused, match="greater than unrefunded amount"):
        twin.control.refund_from_dashboard(payment_intent=paid.id, amount=2001)


def _charge(client: stripe.StripeClient, paid: stripe.PaymentIntent) -> tuple[int, bool]:
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    return charge.amount_refunded, charge.refunded


def _previous(event: stripe.Event) -> dict[str, object]:
    previous = event.data.previous_attributes
    assert previous is not None
    return previous.to_dict()


_STEPS = st.lists(
    st.tuples(st.sampled_from(["refund", "settle", "fail"]), st.integers(1, 2600)), max_size=12
)


def test_charge_never_gives_back_more_than_it_took() -> None:
    with running() as twin:
        client = client_of(twin)

        @hypothesis.settings(max_examples=60, deadline=None)
        @hypothesis.given(steps=_STEPS)
        def holds(steps: list[tuple[str, int]]) -> None:
            twin.control.reset()
            twin.control.misbehave(fault="refund_pending", times=100)
            session = client.v1.checkout.sessions.create(params=cart())
            intent = twin.control.pay(session=session.id)["payment_intent"]["id"]
            _take_steps(twin, intent, steps)
            _assert_balanced(twin)

        holds()


def _take_steps(twin: Running, intent: str, steps: list[tuple[str, int]]) -> None:
    made: list[str] = []
    for what, number in steps:
        with suppress(Refused):
            if what == "refund":
                refund = twin.control.refund_from_dashboard(payment_intent=intent, amount=number)
                made.append(refund["id"])
            elif made:
                getattr(twin.control, what)(id=made[number % len(made)])


def _assert_balanced(twin: Running) -> None:
    store = twin.account.store
    charge = store.all("charge")[0]
    kept = sum(r["amount"] for r in store.all("refund") if r["status"] != "failed")
    assert charge["amount_refunded"] == kept <= charge["amount_captured"] == 2500
    assert charge["refunded"] == (kept == 2500)
    assert sum(txn["amount"] for txn in store.all("balance_transaction")) == 2500 - kept


@pytest.mark.parametrize(
    ("card", "first", "last", "event"),
    [
        ("4000000000007726", "pending", "succeeded", "refund.updated"),
        ("4000000000005126", "succeeded", "failed", "refund.failed"),
    ],
)
def test_cards_for_refunds_end_by_themselves(
    receiver: Receiver, settings: Settings, card: str, first: str, last: str, event: str
) -> None:
    with running(replace(settings, settle_after_s=0.05)) as twin:
        client = client_of(twin)
        session = client.v1.checkout.sessions.create(params=cart())
        intent = twin.control.pay(session=session.id, card=card)["payment_intent"]["id"]
        refund = client.v1.refunds.create(params={"payment_intent": intent})
        assert refund.status == first
        changed = twin.account.store.changed
        with changed:
            assert changed.wait_for(
                lambda: (twin.account.store.get("refund", refund.id) or {})["status"] == last, 5
            )
        assert twin.control.wait_idle()["idle"]

    assert event in receiver.types
