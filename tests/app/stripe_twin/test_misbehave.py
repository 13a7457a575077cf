from __future__ import annotations

import time

import pytest
import stripe

from stripe_twin.server import Running

from .conftest import Raw, Receiver, client_of


@pytest.mark.parametrize(
    ("fault", "refunds_made", "retry"),
    [("error_before", 0, 200), ("error_after", 1, 500), ("answer_lost", 1, 200)],
)
def test_500_before_or_after_the_work(
    twin: Running,
    client: stripe.StripeClient,
    raw: Raw,
    paid: stripe.PaymentIntent,
    fault: str,
    refunds_made: int,
    retry: int,
) -> None:
    twin.control.misbehave(fault=fault, method="POST", path="/v1/refunds")
    body = f"payment_intent={paid.id}&amount=100"

    broken = raw("POST", "/v1/refunds", body, Idempotency_Key="k1")

    assert (broken.status, broken.error["type"]) == (500, "api_error")
    assert len(client.v1.refunds.list().data) == refunds_made
    again = raw("POST", "/v1/refunds", body, Idempotency_Key="k1")
    assert again.status == retry
    assert len(client.v1.refunds.list().data) == 1


def test_library_retries_through_a_500_and_refunds_once(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="answer_lost", path="/v1/refunds")

    refund = client_of(twin, max_network_retries=2).v1.refunds.create(
        params={"payment_intent": paid.id, "amount": 100}
    )

    assert [found.id for found in client.v1.refunds.list().data] == [refund.id]


def test_library_gives_up_on_a_kept_500(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="error_after", path="/v1/refunds")

    with pytest.raises(stripe.APIError):
        client_of(twin, max_network_retries=2).v1.refunds.create(
            params={"payment_intent": paid.id, "amount": 100}
        )

    assert len(client.v1.refunds.list().data) == 1


def test_timeout_after_the_work_is_done(
    twin: Running, client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="timeout_after", method="POST", path="/v1/refunds", seconds=30)
    hasty = client_of(twin, http_client=stripe.RequestsClient(timeout=0.3))
    params: stripe.params.RefundCreateParams = {"payment_intent": paid.id, "amount": 100}
    options: stripe.RequestOptions = {"idempotency_key": "k1"}

    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.refunds.create(params=params, options=options)
    store = twin.account.store
    with store.changed:  # on a busy machine the client may give up before the work begins
        assert store.changed.wait_for(lambda: store.all("refund"), 5)

    made = client.v1.refunds.list().data
    assert len(made) == 1
    assert client.v1.refunds.create(params=params, options=options).id == made[0].id


@pytest.mark.parametrize(("fault", "refunds_made"), [("cut_before", 0), ("cut_after", 1)])
def test_connection_is_cut(
    twin: Running,
    client: stripe.StripeClient,
    paid: stripe.PaymentIntent,
    fault: str,
    refunds_made: int,
) -> None:
    twin.control.misbehave(fault=fault, path="/v1/refunds")

    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100})

    assert len(client.v1.refunds.list().data) == refunds_made


def test_rate_limit_is_a_429(twin: Running, client: stripe.StripeClient) -> None:
    twin.control.misbehave(fault="rate_limit", times=1)

    with pytest.raises(stripe.RateLimitError) as refusal:
        client.v1.refunds.list()

    assert refusal.value.http_status == 429
    assert client.v1.refunds.list().data == []


def test_rule_meets_only_what_it_matches_and_only_so_often(
    twin: Running, client: stripe.StripeClient
) -> None:
    twin.control.misbehave(fault="error_before", times=2, method="GET", path="/v1/charges*")

    assert client.v1.refunds.list().data == []
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.charges.list()
    assert client.v1.charges.list().data == []


def test_duplicates_are_the_same_event(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.misbehave(fault="duplicate", type="checkout.session.completed", copies=3)

    twin.control.pay(session=session.id)

    twin.control.wait_idle()
    completed = [e.id for e in receiver.events if e.type == "checkout.session.completed"]
    assert (len(completed), len(set(completed))) == (3, 1)


def test_reordered_events_arrive_backwards(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.misbehave(fault="reorder", times=5)

    twin.control.pay(session=session.id)

    twin.control.wait_idle()
    assert receiver.types == [
        "charge.updated",
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_dropped_event_is_only_in_the_list_of_events(
    twin: Running,
    client: stripe.StripeClient,
    receiver: Receiver,
    session: stripe.checkout.Session,
) -> None:
    twin.control.misbehave(fault="drop", type="checkout.session.*")

    twin.control.pay(session=session.id)

    twin.control.wait_idle()
    assert "checkout.session.completed" not in receiver.types
    listed = client.v1.events.list(params={"type": "checkout.session.completed"}).data
    assert len(listed) == 1


def test_delayed_event_arrives_after_later_ones(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.misbehave(fault="delay", type="payment_intent.created", seconds=60)

    twin.control.pay(session=session.id)

    # By the twin's own time: a busy machine delays the others too.
    until = time.monotonic() + 20
    while len(receiver.types) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    twin.control.clock(advance_s=58)
    assert "payment_intent.created" not in receiver.types
    twin.control.clock(advance_s=2)
    assert twin.control.wait_idle()["idle"]
    assert receiver.types[4:] == ["payment_intent.created"]


def test_held_events_wait_for_delivery_in_either_order(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.misbehave(fault="hold", times=5)
    twin.control.pay(session=session.id)
    assert twin.control.wait_idle()["idle"]
    assert (receiver.types, twin.control.state()["webhooks"]) == ([], {"held": 5})

    assert twin.control.deliver(backwards=True) == {"queued": 5}

    twin.control.wait_idle()
    assert receiver.types[0] == "charge.updated"
    assert receiver.types[-1] == "payment_intent.created"


def test_forged_signature_does_not_verify(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.misbehave(fault="bad_signature", type="payment_intent.succeeded")

    twin.control.pay(session=session.id)

    twin.control.wait_idle()
    assert receiver.forged == 1
    assert "payment_intent.succeeded" not in receiver.types


def test_behave_drops_the_rules(twin: Running, client: stripe.StripeClient) -> None:
    twin.control.misbehave(fault="error_before", times=100)

    twin.control.behave()

    assert client.v1.charges.list().data == []
