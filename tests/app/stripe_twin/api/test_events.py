from __future__ import annotations

import pytest
import stripe

from stripe_twin.api.events import KEPT_S
from stripe_twin.server import Running

from ..conftest import Receiver


def test_window_type_and_pages_lead_to_the_wanted_events(
    client: stripe.StripeClient, twin: Running
) -> None:
    for name in ("Cara", "Dora", "Eve"):
        client.v1.customers.create(params={"name": name})
        twin.control.clock(advance_s=100)
    first = client.v1.events.list(params={"limit": 1}).data[0].created
    client.v1.charges.create(params={"amount": 700, "currency": "gbp", "source": "tok_visa"})

    pages = client.v1.events.list(params={"type": "customer.*", "limit": 2})
    named = [event.data.object["name"] for event in pages.auto_paging_iter()]
    window = client.v1.events.list(params={"created": {"gt": first}})
    chosen = client.v1.events.list(params={"types": ["charge.succeeded", "charge.failed"]})

    assert (len(pages.data), pages.has_more) == (2, True)
    assert named == ["Eve", "Dora", "Cara"]
    assert [event.type for event in window.data] == ["charge.updated", "charge.succeeded"]
    assert [event.type for event in chosen.data] == ["charge.succeeded"]


def test_events_are_given_out_for_thirty_days(client: stripe.StripeClient, twin: Running) -> None:
    client.v1.customers.create(params={"name": "Cara"})
    (old,) = client.v1.events.list().data
    twin.control.clock(advance_s=KEPT_S - 60)
    assert client.v1.events.retrieve(old.id).id == old.id

    twin.control.clock(advance_s=120)

    assert client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        client.v1.events.retrieve(old.id)


def test_events_that_never_arrived_can_be_asked_for(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    twin.control.misbehave(fault="drop")
    client.v1.customers.create(params={"name": "lost"})
    client.v1.customers.create(params={"name": "found"})
    twin.control.wait_idle()

    lost = client.v1.events.list(params={"delivery_success": False}).data
    found = client.v1.events.list(params={"delivery_success": True}).data

    assert [event.data.object["name"] for event in lost] == ["lost"]
    assert [event.data.object["name"] for event in found] == ["found"]
