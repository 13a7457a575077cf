from __future__ import annotations

import socket

import pytest
import requests
import stripe

from stripe_twin.server import CannotListen, Running, Twin, running
from stripe_twin.settings import Settings

from .conftest import Raw, cart


def test_listens_on_loopback_only(twin: Running) -> None:
    assert twin.address.startswith("http://127.0.0.1:")


def test_taken_port_is_refused_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = pytest.raises(CannotListen, match=f"port {port}: Address already in use")
        with refused, running(port=port):
            pytest.fail("it started on a taken port")


def test_every_answer_has_a_request_id_and_a_version(raw: Raw) -> None:
    answer = raw("GET", "/v1/charges", Stripe_Version="2025-03-31.basil")

    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2025-03-31.basil"
    assert answer.json == {"object": "list", "data": [], "has_more": False, "url": "/v1/charges"}


def test_unknown_version_is_refused(raw: Raw) -> None:
    answer = raw("GET", "/v1/charges", Stripe_Version="tomorrow")

    assert answer.status == 400
    assert "Invalid Stripe API version: tomorrow" in answer.error["message"]


@pytest.mark.parametrize("key", ["", "sk_test_wrong", "sk_live_" + "x" * 30])
def test_wrong_key_is_a_401(raw: Raw, key: str) -> None:
    answer = raw("GET", "/v1/charges", key=key)

    assert (answer.status, answer.error["type"]) == (401, "invalid_request_error")
    assert "sk_live" not in answer.body


def test_key_may_come_as_basic_user(raw: Raw) -> None:
    answer = raw("GET", "/v1/charges", key="", Authorization="Basic c2tfdGVzdF90d2luOg==")
    broken = raw("GET", "/v1/charges", key="", Authorization="Basic ~~~")

    assert (answer.status, broken.status) == (200, 401)


def test_library_sees_a_wrong_key_as_its_own_error(twin: Running) -> None:
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": twin.address})

    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.charges.list()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/charges"), ("GET", "/")]
)
def test_unknown_address_is_stripes_404(raw: Raw, method: str, path: str) -> None:
    answer = raw(method, path)

    assert answer.status == 404
    assert answer.error["message"].startswith(f"Unrecognized request URL ({method}: {path})")


def test_serves_again_at_another_address_with_what_it_knew() -> None:
    twin = Twin(Settings(secret_key="sk_test_again"))
    addresses = []
    for _ in range(2):
        with twin.serving() as served:
            client = stripe.StripeClient("sk_test_again", base_addresses={"api": served.address})
            client.v1.customers.create(params={"email": "cara@shop.example"})
            addresses.append(served.account.settings.public_url)
            assert served.address == addresses[-1]
            assert len(client.v1.customers.list().data) == len(addresses)
    twin.close()


def test_two_that_run_side_by_side_know_nothing_of_each_other() -> None:
    keys = ("sk_test_one", "sk_test_other")
    with running(Settings(secret_key=keys[0])) as one, running(Settings(secret_key=keys[1])) as two:
        assert {
            (twin, key): requests.get(
                f"{twin.address}/v1/customers", auth=(key, ""), timeout=5
            ).status_code
            for twin in (one, two)
            for key in keys
        } == {(one, keys[0]): 200, (one, keys[1]): 401, (two, keys[0]): 401, (two, keys[1]): 200}

        client = stripe.StripeClient(keys[0], base_addresses={"api": one.address})
        client.v1.customers.create(params={"email": "cara@shop.example"})
        session = client.v1.checkout.sessions.create(params=cart())
        for twin, kept, page in ((one, 1, 200), (two, 0, 404)):
            state = requests.get(f"{twin.address}/_twin/state", timeout=5).json()
            assert state["objects"].get("customer", 0) == kept
            shown = requests.get(f"{twin.address}/c/pay/{session.id}", timeout=5)
            assert shown.status_code == page
