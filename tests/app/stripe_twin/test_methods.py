from __future__ import annotations

from typing import Any

import pytest
import stripe

from stripe_twin.server import Running

from .conftest import Receiver


def test_methods_are_made_kept_and_let_go(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    customer = client.v1.customers.create(params={"name": "Cara"})
    made = client.v1.payment_methods.create(
        params={
            "type": "card",
            "card": {"token": "tok_visa"},
            "billing_details": {"email": "cara@example.com", "address": {"city": "London"}},
        }
    )
    assert made.card is not None
    assert (made.card.brand, made.card.last4, made.customer) == ("visa", "4242", None)

    kept = client.v1.payment_methods.attach(made.id, params={"customer": customer.id})
    assert kept.customer == customer.id
    renamed = client.v1.payment_methods.update(
        made.id, params={"metadata": {"a": "1"}, "billing_details": {"name": "Cara"}}
    )
    assert renamed.billing_details.name == "Cara"
    assert renamed.billing_details.email == "cara@example.com"
    listed = client.v1.payment_methods.list(params={"customer": customer.id, "type": "card"})
    assert [method.id for method in listed.data] == [made.id]

    assert client.v1.payment_methods.detach(made.id).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(made.id, params={"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="detachment is impossible"):
        client.v1.payment_methods.detach(made.id)
    twin.control.wait_idle()
    assert receiver.types[1:] == [
        "payment_method.attached",
        "payment_method.updated",
        "payment_method.detached",
    ]


def test_another_customers_method_is_refused(client: stripe.StripeClient) -> None:
    cara, dora = (client.v1.customers.create(params={"name": name}) for name in ("Cara", "Dora"))
    kept = client.v1.payment_methods.attach("pm_card_visa", params={"customer": cara.id})

    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(kept.id, params={"customer": dora.id})
    with pytest.raises(stripe.InvalidRequestError, match="belongs to another customer"):
        client.v1.payment_intents.create(
            params={
                "amount": 100,
                "currency": "gbp",
                "customer": dora.id,
                "payment_method": kept.id,
            }
        )


def test_declined_card_cannot_be_kept_but_a_later_decliner_can(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"name": "Cara"})

    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach(
            "pm_card_visa_chargeDeclined", params={"customer": customer.id}
        )

    kept = client.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", params={"customer": customer.id}
    )
    assert kept.customer == customer.id


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "Missing required param: type."),
        ({"type": "card"}, "Missing required param: card."),
        ({"type": "card", "card": {"token": "tok_none"}}, "No such token: 'tok_none'"),
        ({"type": "card", "card": {"number": "4242424242424241"}}, "number is invalid"),
        ({"type": "sepa_debit"}, "Missing required param: sepa_debit[iban]."),
        ({"type": "cash"}, "must be one of card"),
    ],
)
def test_bad_method_is_refused(client: stripe.StripeClient, params: Any, says: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_methods.create(params=params)

    assert says in str(refusal.value)


def test_charge_from_a_token(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    charge = client.v1.charges.create(
        params={"amount": 700, "currency": "gbp", "source": "tok_visa", "description": "Soap"}
    )
    assert (charge.status, charge.captured, charge.payment_intent) == ("succeeded", True, None)
    noted = client.v1.charges.update(charge.id, params={"metadata": {"order": "7"}})
    assert noted.metadata.to_dict() == {"order": "7"}
    assert client.v1.refunds.create(params={"charge": charge.id}).amount == 700
    twin.control.wait_idle()
    assert receiver.types[:3] == ["charge.succeeded", "charge.updated", "charge.updated"]


def test_held_charge_is_captured_once(client: stripe.StripeClient) -> None:
    held = client.v1.charges.create(
        params={"amount": 700, "currency": "gbp", "source": "tok_visa", "capture": False}
    )
    assert (held.captured, held.amount_captured) == (False, 0)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the amount of the charge"):
        client.v1.charges.capture(held.id, params={"amount": 701})

    assert client.v1.charges.capture(held.id, params={"amount": 300}).amount_captured == 300
    with pytest.raises(stripe.InvalidRequestError, match="already been captured"):
        client.v1.charges.capture(held.id)


def test_declined_token_leaves_a_failed_charge(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.charges.create(
            params={"amount": 700, "currency": "gbp", "source": "tok_chargeDeclined"}
        )

    error = refusal.value.error
    assert error is not None
    assert client.v1.charges.retrieve(str(error.charge)).status == "failed"
    with pytest.raises(stripe.InvalidRequestError, match="No such token: 'tok_x'"):
        client.v1.charges.create(params={"amount": 700, "currency": "gbp", "source": "tok_x"})


def test_page_of_a_session_can_be_paid_by_stripes_own_call(
    client: stripe.StripeClient, session: stripe.checkout.Session, twin: Running
) -> None:
    method = client.v1.payment_methods.create(
        params={"type": "card", "card": {"token": "tok_visa"}}
    )
    page = f"/v1/payment_pages/{session.id}/confirm"
    with pytest.raises(stripe.InvalidRequestError, match="expected amount"):
        client.raw_request("post", page, payment_method=method.id, expected_amount=1)
    with pytest.raises(stripe.CardError):
        client.raw_request("post", page, payment_method="pm_card_chargeDeclined")

    client.raw_request("post", page, payment_method=method.id, expected_amount=2500)

    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="been made already"):
        client.raw_request("post", page, payment_method=method.id)
