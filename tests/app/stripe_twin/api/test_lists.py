from __future__ import annotations

import pytest
import stripe

from stripe_twin.server import Running

from ..conftest import cart


@pytest.fixture
def names(client: stripe.StripeClient) -> list[str]:
    """Ids of 25 customers, newest first."""
    made = [client.v1.customers.create(params={"name": f"c{n}"}).id for n in range(25)]
    return made[::-1]


def test_ten_newest_come_first(client: stripe.StripeClient, names: list[str]) -> None:
    page = client.v1.customers.list()

    assert ([c.id for c in page.data], page.has_more) == (names[:10], True)


def test_library_pages_through_all(client: stripe.StripeClient, names: list[str]) -> None:
    listed = client.v1.customers.list(params={"limit": 4}).auto_paging_iter()

    assert [customer.id for customer in listed] == names


def test_ending_before_pages_back(client: stripe.StripeClient, names: list[str]) -> None:
    page = client.v1.customers.list(params={"limit": 5, "ending_before": names[8]})
    assert ([c.id for c in page.data], page.has_more) == (names[3:8], True)

    first = client.v1.customers.list(params={"limit": 5, "ending_before": names[3]})
    assert ([c.id for c in first.data], first.has_more) == (names[:3], False)


def test_last_page_says_so(client: stripe.StripeClient, names: list[str]) -> None:
    page = client.v1.customers.list(params={"limit": 100, "starting_after": names[19]})

    assert ([c.id for c in page.data], page.has_more) == (names[20:], False)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": 0}, "greater than or equal to 1"),
        ({"limit": 101}, "less than or equal to 100"),
        ({"starting_after": "cus_x"}, "No such customer: 'cus_x'"),
        ({"starting_after": "a", "ending_before": "b"}, "only specify one"),
        ({"created": {"since": 5}}, "unknown parameter: created"),
        ({"created": "today"}, "Invalid integer: today"),
    ],
)
def test_bad_paging_is_refused(
    client: stripe.StripeClient, params: dict[str, object], message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.customers.list(params=params)  # type: ignore[arg-type]

    assert message in str(refusal.value)


def test_created_bounds_a_window(twin: Running, client: stripe.StripeClient) -> None:
    old = client.v1.customers.create(params={"name": "old"})
    twin.control.clock(advance_s=1000)
    new = client.v1.customers.create(params={"name": "new"})

    def between(**window: int) -> list[str]:
        return [c.id for c in client.v1.customers.list(params={"created": window}).data]  # type: ignore[typeddict-item]

    assert between(gte=old.created) == [new.id, old.id]
    assert between(gt=old.created) == [new.id]
    assert between(lt=new.created) == [old.id]
    assert between(lte=new.created, gt=old.created) == [new.id]
    assert between(gt=new.created) == []


def test_lists_filter(twin: Running, client: stripe.StripeClient) -> None:
    first = client.v1.checkout.sessions.create(params=cart())
    second = client.v1.checkout.sessions.create(params=cart())
    intent = twin.control.pay(session=first.id)["payment_intent"]["id"]

    sessions = client.v1.checkout.sessions
    assert [s.id for s in sessions.list(params={"payment_intent": intent}).data] == [first.id]
    assert [s.id for s in sessions.list(params={"status": "open"}).data] == [second.id]
    charges = client.v1.charges.list(params={"payment_intent": intent}).data
    refund = client.v1.refunds.create(params={"charge": charges[0].id})
    assert [r.id for r in client.v1.refunds.list(params={"charge": charges[0].id}).data] == [
        refund.id
    ]
    wanted = ["charge.refunded", "refund.created"]
    events = client.v1.events.list(params={"types": wanted}).data
    assert sorted(event.type for event in events) == wanted


def test_expanding_a_list(twin: Running, client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(params=cart())
    twin.control.pay(session=session.id)

    listed = client.v1.charges.list(
        params={"expand": ["data.payment_intent", "data.refunds", "data.balance_transaction"]}
    )

    charge = listed.data[0]
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.refunds is not None
    assert charge.refunds.data == []
