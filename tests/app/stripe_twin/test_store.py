from __future__ import annotations

from pathlib import Path

import pytest
import stripe

from stripe_twin.server import running
from stripe_twin.settings import Settings
from stripe_twin.store import Store, Unreadable

from .conftest import SECRET, Receiver, cart, client_of


def test_state_file_outlives_a_restart(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "deep" / "twin.sqlite3")
    with running(settings) as twin:
        client = client_of(twin)
        session = client.v1.checkout.sessions.create(params=cart())
        intent = twin.control.pay(session=session.id)["payment_intent"]["id"]
        refund = client.v1.refunds.create(
            params={"payment_intent": intent, "amount": 100}, options={"idempotency_key": "k1"}
        )
        events = [event.id for event in client.v1.events.list().data]

    with running(settings) as twin:
        client = client_of(twin)
        again = client.v1.refunds.create(
            params={"payment_intent": intent, "amount": 100}, options={"idempotency_key": "k1"}
        )
        assert again.id == refund.id
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert [event.id for event in client.v1.events.list().data] == events


def test_unsent_webhooks_outlive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "twin.sqlite3"
    deaf = Settings(
        state=state, webhook_url="http://127.0.0.1:9/", retry_delays_s=(60,), webhook_timeout_s=1
    )
    with running(deaf) as twin:
        session = client_of(twin).v1.checkout.sessions.create(params=cart())
        twin.control.pay(session=session.id)
        # Each was tried once; what was never tried would come before what was.
        twin.account.outbox.wait_first_tries(timeout_s=20)

    hearing = Settings(state=state, webhook_url=receiver.url, webhook_secrets=(SECRET,))
    with running(hearing) as twin:
        twin.control.clock(advance_s=61)
        assert twin.control.wait_idle()["idle"]

    assert receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_reset_empties_the_file_too(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "twin.sqlite3")
    with running(settings) as twin:
        client_of(twin).v1.customers.create(params={"name": "Cara"})
        twin.control.reset()

    with running(settings) as twin:
        assert twin.control.state()["objects"] == {}


def test_foreign_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at as one" * 20)

    with pytest.raises(Unreadable, match="expected a file this twin wrote or none"):
        Store(path)


def test_a_failed_request_leaves_the_lock_free() -> None:
    with running() as twin:
        client = client_of(twin)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create(params={"charge": "ch_nothing"})
        assert client.v1.refunds.list().data == []
