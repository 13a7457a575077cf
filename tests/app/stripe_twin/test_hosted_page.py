from __future__ import annotations

from urllib.parse import urlencode

import pytest
import stripe

from stripe_twin.server import Running

from .conftest import Raw, cart


def test_page_shows_banner_amount_lines_and_a_way_back(
    raw: Raw, session: stripe.checkout.Session
) -> None:
    page = raw("GET", f"/c/pay/{session.id}", key="")

    assert page.status == 200
    for text in (
        "no real money",
        "£25.00",
        "Lavender soap",
        "4242 4242 4242 4242",
        'href="http://127.0.0.1:9/basket"',
        "Bacs Direct Debit",
    ):
        assert text in page.body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_page_shows_yen_without_decimals(client: stripe.StripeClient, raw: Raw) -> None:
    params = cart()
    params["line_items"][0]["price_data"] |= {"currency": "jpy", "unit_amount": 1200}
    session = client.v1.checkout.sessions.create(params=params)

    page = raw("GET", f"/c/pay/{session.id}", key="").body

    assert "¥2,400" in page
    assert "24.00" not in page


def test_good_card_sends_the_buyer_back(
    client: stripe.StripeClient, raw: Raw, session: stripe.checkout.Session
) -> None:
    answer = raw(
        "POST",
        f"/c/pay/{session.id}",
        "method=card&number=4242+4242+4242+4242&email=cara%40example.com",
        key="",
    )

    assert answer.status == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:9/thanks?session={session.id}"
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert done.payment_status == "paid"
    assert done.customer_details is not None
    assert done.customer_details.email == "cara@example.com"


def test_webhooks_were_tried_before_the_buyer_is_back(
    twin: Running, raw: Raw, session: stripe.checkout.Session
) -> None:
    raw("POST", f"/c/pay/{session.id}", "number=4242424242424242", key="")

    assert twin.control.state()["webhooks"] == {"delivered": 5}


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("4000000000000002", "Your card was declined."),
        ("4000000000009995", "insufficient funds"),
        ("4242424242424241", "Your card number is invalid."),
        ("", "Your card number is invalid."),
        ("४२४२४२४२४२४२४२४२", "Your card number is invalid."),
        ("5105105105105100", "Only test cards work here"),
    ],
)
def test_refused_card_is_explained_and_another_may_be_tried(
    raw: Raw, session: stripe.checkout.Session, number: str, says: str
) -> None:
    body = urlencode({"method": "card", "number": number})

    answer = raw("POST", f"/c/pay/{session.id}", body, key="")

    assert answer.status == 402
    assert says in answer.body.replace("&#39;", "'")
    assert "Pay £25.00" in answer.body


@pytest.mark.parametrize(("choice", "status"), [("complete", 303), ("fail", 402)])
def test_3ds_step(
    client: stripe.StripeClient,
    raw: Raw,
    session: stripe.checkout.Session,
    choice: str,
    status: int,
) -> None:
    asked = raw("POST", f"/c/pay/{session.id}", "number=4000002500003155", key="")
    step = f"/c/pay/{session.id}/authenticate"
    assert (asked.status, asked.headers["Location"]) == (303, step)
    assert "Complete authentication" in raw("GET", step, key="").body

    answer = raw("POST", step, f"answer={choice}", key="")

    assert answer.status == status
    paid = client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert paid == (choice == "complete")


def test_3ds_step_without_a_card_waiting_shows_the_page(
    raw: Raw, session: stripe.checkout.Session
) -> None:
    step = f"/c/pay/{session.id}/authenticate"

    assert "Pay £25.00" in raw("GET", step, key="").body
    assert raw("POST", step, "answer=complete", key="").status == 409


def test_bank_account_sends_the_buyer_back_unpaid(
    client: stripe.StripeClient, raw: Raw, session: stripe.checkout.Session
) -> None:
    answer = raw("POST", f"/c/pay/{session.id}", "method=bank_succeeds", key="")

    assert answer.status == 303
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")


def test_closed_pages_say_so(
    twin: Running, client: stripe.StripeClient, raw: Raw, session: stripe.checkout.Session
) -> None:
    other = client.v1.checkout.sessions.create(params=cart())
    client.v1.checkout.sessions.expire(other.id)
    twin.control.pay(session=session.id)

    expired = raw("GET", f"/c/pay/{other.id}", key="")
    done = raw("GET", f"/c/pay/{session.id}", key="")
    twice = raw("POST", f"/c/pay/{session.id}", "number=4242424242424242", key="")
    unknown = raw("GET", "/c/pay/cs_test_nothing", key="")

    assert (expired.status, "has expired" in expired.body) == (410, True)
    assert (done.status, "has been made already" in done.body) == (200, True)
    assert (twice.status, "has been made already" in twice.body) == (409, True)
    assert (unknown.status, "no such payment page" in unknown.body) == (404, True)
    assert raw("POST", "/c/pay/cs_test_nothing", "number=1", key="").status == 404


def test_names_are_text_not_markup(client: stripe.StripeClient, raw: Raw) -> None:
    params = cart()
    params["line_items"][0]["price_data"]["product_data"]["name"] = "<script>alert(1)</script>"
    session = client.v1.checkout.sessions.create(params=params)

    page = raw("GET", f"/c/pay/{session.id}", key="").body

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
