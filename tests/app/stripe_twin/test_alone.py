"""What the twin does with its account, its file and its outbox, with no server around them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stripe_twin import disputes, idempotency, intents, payments, refunds, sessions, webhooks
from stripe_twin.account import Account
from stripe_twin.api import checkout_sessions, lists
from stripe_twin.api.params import Hash, Text
from stripe_twin.errors import StripeError
from stripe_twin.idempotency import KEPT_S, Answer
from stripe_twin.misbehave import Fault, Rule, Rules
from stripe_twin.settings import NotLoopback
from stripe_twin.store import Json, Store

from .conftest import Desk, cart

SLOW_S = 60.0
Heard = Callable[[], list[str]]


@pytest.fixture
def account(desk: Desk) -> Account:
    """Its slow things end by themselves after a minute."""
    desk.account.settings = replace(desk.account.settings, settle_after_s=SLOW_S)
    return desk.account


@pytest.fixture
def does(desk: Desk) -> Callable[..., Any]:
    return desk.does


@pytest.fixture
def heard(desk: Desk) -> Heard:
    return desk.heard


@pytest.fixture
def charge(desk: Desk, account: Account) -> Json:
    """Of £25.00, that succeeded."""
    made: Json = desk.charge(payment_method_types=["card"])
    return made


@pytest.fixture
def session(account: Account, does: Callable[..., Any], heard: Heard) -> Json:
    """A page that asks for £25.00, by a bank account too."""
    asked = cart(payment_method_types=["card", "bacs_debit"], customer_email="cara@shop.test")
    made: Json = does(checkout_sessions._create, asked)
    heard()
    return made


def _planned(account: Account) -> list[tuple[str, str, float]]:
    """How things end by themselves, which, and after how long."""
    now = account.clock.exact()
    jobs = account.store.all("later")
    return [(job["ending"], job["object"], round(job["due"] - now)) for job in jobs]


# Rules


def test_a_rule_waits_for_whoever_looks_at_the_rules() -> None:
    rules, rule = Rules(), Rule(Fault.DROP)
    adding = threading.Thread(target=rules.add, args=(rule,))
    with rules._lock:
        adding.start()
        adding.join(timeout=0.05)
        assert rules._rules == []
    adding.join(timeout=20)
    assert rules.all() == [rule]


# Keys


def _begin(account: Account, *, key: str = "k1", path: str = "/v1/refunds") -> Answer | None:
    return idempotency.begin(account, key=key, path=path, params="{}")


def test_a_key_is_in_use_until_its_answer_is_kept_and_free_after_a_day(
    account: Account, does: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, now = Answer(402, "{}", "req_1"), account.clock.now()
    monkeypatch.setattr(account.clock, "now", lambda: now)
    assert does(_begin) is None
    with pytest.raises(StripeError) as busy:
        does(_begin)
    assert (busy.value.status, busy.value.code) == (409, "idempotency_key_in_use")
    does(idempotency.keep, key="k1", answer=answer)
    now += KEPT_S - 1
    assert does(_begin) == answer
    with pytest.raises(StripeError, match="same endpoint"):
        does(_begin, path="/v1/charges")
    now += 1
    assert does(_begin) is None
    assert (account.store.get("idempotency", "k1") or {})["until"] == now + KEPT_S


def test_a_key_and_its_answer_are_on_file_at_once(desk: Desk, account: Account) -> None:
    """Without anybody who holds the store around them."""
    for act in (
        lambda: _begin(account),
        lambda: idempotency.keep(account, key="k1", answer=Answer(200, "{}", "req_1")),
    ):
        act()
        kept = Store(desk.file)
        assert kept.get("idempotency", "k1") == account.store.get("idempotency", "k1")
        kept.close()


def test_an_answer_to_a_key_that_nobody_uses_is_not_kept(
    account: Account, does: Callable[..., Any]
) -> None:
    does(idempotency.keep, key="k9", answer=Answer(200, "{}", "req_1"))
    assert account.store.all("idempotency") == []


def test_the_longest_key_is_taken_and_no_longer_one(does: Callable[..., Any]) -> None:
    assert does(_begin, key="k" * 255) is None
    with pytest.raises(StripeError, match="at most 255 characters, yours has 256"):
        does(_begin, key="k" * 256)


# Lists and parameters


def test_a_list_holds_what_fits_and_was_not_deleted_newest_first(
    account: Account, does: Callable[..., Any]
) -> None:
    rows: list[Json] = [
        {"id": "a", "created": 1, "customer": "cus_1"},
        {"id": "b", "created": 2, "customer": "cus_2"},
        {"id": "c", "created": 3, "customer": "cus_1", "deleted": True},
        {"id": "d", "date": 4, "customer": "cus_1"},
    ]
    for row in rows:
        does(lambda account, row=row: account.store.put("thing", row))

    def ids(**params: Any) -> list[str]:
        found = does(lists.page, kind="thing", url="/v1/things", params=params)
        assert (found["url"], found["has_more"]) == ("/v1/things", params.get("limit") == 1)
        return [row["id"] for row in found["data"]]

    assert ids() == ["d", "b", "a"]
    assert ids(limit=1) == ["d"]
    assert ids(limit=3, expand=["data.customer"]) == ["d", "b", "a"]
    assert ids(customer="cus_1") == ["d", "a"]
    assert ids(customer="cus_9") == []
    assert ids(created={"gte": 2}) == ["d", "b"]
    assert ids(created={"lt": 4, "gte": 2}, customer="cus_2") == ["b"]


def test_parameters_are_known_whole_and_named_where_they_stand() -> None:
    spec = Hash({"name": Text(), "note": Text()}, required=("name",))
    assert spec.read({"name": "Cara"}) == {"name": "Cara"}
    for given, message, code, param in (
        ({"name": "x", "a": "1"}, "Received unknown parameter: p[a]", "parameter_unknown", "p[a]"),
        (
            {"a": "1", "b": "2"},
            "Received unknown parameters: p[a], p[b]",
            "parameter_unknown",
            "p[a]",
        ),
        ({"note": "x"}, "Missing required param: p[name].", "parameter_missing", "p[name]"),
    ):
        with pytest.raises(StripeError) as refusal:
            spec.read(given, "p")
        assert refusal.value.message == message
        assert (refusal.value.code, refusal.value.param) == (code, param)
    long = "a" * 300
    with pytest.raises(StripeError) as refusal:
        spec.read({long: "1", "name": "x"})
    assert refusal.value.message == f"Received unknown parameter: {long[:200]}"
    assert refusal.value.param == long[:200]


# Refunds


def test_a_refund_is_within_what_the_charge_holds_and_told(
    account: Account, does: Callable[..., Any], heard: Heard, charge: Json
) -> None:
    made = does(refunds.create, refunds.Wanted(charge=charge["id"], amount=1000))
    assert (made["amount"], made["status"], made["reason"]) == (1000, "succeeded", None)
    assert (charge["amount_refunded"], charge["refunded"]) == (1000, False)
    assert made["destination_details"]["card"]["reference_status"] == "available"
    booked = account.store.get("balance_transaction", made["balance_transaction"])
    assert booked
    assert (booked["amount"], booked["type"]) == (-1000, "refund")
    told = ["refund.created", "charge.refunded", "refund.updated", "charge.refund.updated"]
    assert (heard(), _planned(account)) == (told, [])
    with pytest.raises(StripeError, match=r"\(£15\.01\) is greater than"):
        does(refunds.create, refunds.Wanted(charge=charge["id"], amount=1501))
    assert len(account.store.all("refund")) == 1
    assert does(refunds.create, refunds.Wanted(charge=charge["id"]))["amount"] == 1500
    assert charge["refunded"] is True


@pytest.mark.parametrize(
    ("fault", "status", "ending", "told"),
    [
        (Fault.REFUND_PENDING, "pending", "refund_succeeds", 2),
        (Fault.REFUND_FAILS, "succeeded", "refund_fails", 4),
    ],
)
def test_a_slow_refund_and_one_that_fails_end_by_themselves(
    account: Account,
    does: Callable[..., Any],
    heard: Heard,
    charge: Json,
    fault: Fault,
    status: str,
    ending: str,
    told: int,
) -> None:
    account.rules.add(Rule(fault, seconds=5.0))
    made = does(refunds.create, refunds.Wanted(charge=charge["id"]))
    assert (made["status"], len(heard())) == (status, told)
    assert _planned(account) == [(ending, made["id"], 5)]


def test_a_charge_that_was_charged_back_gives_nothing_back(
    account: Account, does: Callable[..., Any], charge: Json
) -> None:
    does(disputes.open_dispute, charge)
    with pytest.raises(StripeError, match="has been charged back"):
        does(refunds.create, refunds.Wanted(charge=charge["id"]))
    assert account.store.all("refund") == []


def test_a_refund_that_fails_gives_the_charge_its_money_back_once(
    account: Account, does: Callable[..., Any], heard: Heard, charge: Json
) -> None:
    made = does(refunds.create, refunds.Wanted(charge=charge["id"], amount=1000))
    heard()
    for told in (["refund.updated", "charge.refund.updated", "refund.failed"], []):
        does(refunds.fail, made["id"], reason="declined")
        assert (made["status"], made["failure_reason"]) == ("failed", "declined")
        assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
        assert heard() == told
    booked = account.store.get("balance_transaction", made["failure_balance_transaction"])
    assert booked
    assert (booked["amount"], booked["type"]) == (1000, "refund_failure")
    does(refunds.fail, "re_none")


def test_a_refund_whose_charge_is_gone_fails_all_the_same(
    account: Account, does: Callable[..., Any], charge: Json
) -> None:
    made = does(refunds.create, refunds.Wanted(charge=charge["id"], amount=1000))
    does(lambda account: account.store.remove("charge", charge["id"]))
    does(refunds.fail, made["id"])
    assert made["status"] == "failed"


# Pages


@pytest.mark.parametrize(
    ("succeeds", "ending"), [(True, "payment_succeeds"), (False, "payment_fails")]
)
def test_a_page_paid_by_a_bank_is_complete_and_unpaid_until_the_bank_decides(
    account: Account,
    does: Callable[..., Any],
    heard: Heard,
    session: Json,
    succeeds: bool,
    ending: str,
) -> None:
    result = does(payments.pay_later, session_id=session["id"], succeeds=succeeds)
    assert result == payments.Result(payments.Attempt.PROCESSING)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    (intent,) = account.store.all("payment_intent")
    assert intent["status"] == "processing"
    assert (ending, intent["id"], SLOW_S) in _planned(account)
    (charge,) = account.store.all("charge")
    assert charge["billing_details"]["email"] == "cara@shop.test"
    assert "checkout.session.completed" in heard()


def test_who_pays_by_bank_may_say_another_address(
    account: Account, does: Callable[..., Any], session: Json
) -> None:
    does(payments.pay_later, session_id=session["id"], email="dora@shop.test")
    (charge,) = account.store.all("charge")
    assert charge["billing_details"]["email"] == "dora@shop.test"


def test_a_page_that_takes_no_bank_or_asks_for_nothing_is_not_paid_by_one(
    account: Account, does: Callable[..., Any], session: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    card_only = session | {"payment_method_types": ["card"]}
    does(lambda account: account.store.put("checkout.session", card_only))
    with pytest.raises(sessions.NotPayable, match=r"No delayed method takes GBP here\."):
        does(payments.pay_later, session_id=session["id"])
    does(lambda account: account.store.put("checkout.session", session))
    monkeypatch.setattr(payments, "_intent", lambda *_, **__: None)
    with pytest.raises(sessions.NotPayable, match="nothing to pay now"):
        does(payments.pay_later, session_id=session["id"])


def test_a_page_expires_once_and_takes_its_intent_along(
    account: Account, does: Callable[..., Any], heard: Heard, session: Json
) -> None:
    params = {"payment_method_types": ["card"]}
    intent = does(intents.create, amount=2500, currency="gbp", params=params)
    session["payment_intent"] = intent["id"]
    does(lambda account: account.store.put("checkout.session", session))
    heard()
    assert does(sessions.expire, session["id"]) is session
    assert (session["status"], session["url"]) == ("expired", None)
    assert intent["status"] == "canceled"
    assert heard() == ["payment_intent.canceled", "checkout.session.expired"]
    with pytest.raises(StripeError, match="has a status of `expired`"):
        does(sessions.expire, session["id"])


def test_a_page_without_an_intent_expires_too(
    account: Account, does: Callable[..., Any], heard: Heard, session: Json
) -> None:
    assert session["payment_intent"] is None
    assert does(sessions.expire, session["id"])["status"] == "expired"
    assert heard() == ["checkout.session.expired"]


# Webhooks


class Link:
    """In place of a connection: what was sent over it, and the status that comes back."""

    status: int | OSError = 200
    opened: list[tuple[Any, ...]]
    sent: list[tuple[str, str, bytes]]
    closed = 0

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        self.opened.append((host, port, timeout))

    def request(self, method: str, path: str, *, body: bytes, headers: Json) -> None:
        assert headers["Stripe-Signature"].count("v1=") == 1
        self.sent.append((method, path, body))

    def getresponse(self) -> Link:
        if isinstance(self.status, OSError):
            raise self.status
        return self

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> type[Link]:
    class Fresh(Link):
        opened: list[tuple[Any, ...]] = []  # noqa: RUF012 - of this test alone
        sent: list[tuple[str, str, bytes]] = []  # noqa: RUF012 - of this test alone

    monkeypatch.setattr(webhooks.http.client, "HTTPConnection", Fresh)
    return Fresh


@pytest.mark.parametrize(
    ("url", "to", "path"),
    [
        ("http://localhost/hook", ("127.0.0.1", 80), "/hook"),
        ("http://127.0.0.2:8000/hook?shop=1", ("127.0.0.2", 8000), "/hook?shop=1"),
        ("http://127.0.0.1:8000", ("127.0.0.1", 8000), "/"),
    ],
)
def test_a_webhook_goes_where_its_address_says(
    account: Account, link: type[Link], url: str, to: tuple[str, int], path: str
) -> None:
    assert account.outbox._send(b"{}", url=url, secrets=("whsec_1",)) is True
    assert link.opened == [(*to, account.settings.webhook_timeout_s)]
    assert (link.sent, link.closed) == ([("POST", path, b"{}")], 1)


def test_only_an_answer_of_success_takes_a_webhook(
    account: Account, link: type[Link], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for status, taken in ((199, False), (200, True), (299, True), (300, False)):
        link.status = status
        url = "http://127.0.0.1:9/hook"
        assert account.outbox._send(b"{}", url=url, secrets=("whsec_1",)) is taken
    link.status = OSError("nobody listens")
    assert account.outbox._send(b"{}", url=url, secrets=("whsec_1",)) is False
    assert [record.message for record in caplog.records] == [
        *("webhook answered 199", "webhook answered 300"),
        "webhook not delivered: nobody listens",
    ]
    assert link.closed == 5


def test_a_webhook_never_leaves_the_machine(account: Account, link: type[Link]) -> None:
    with pytest.raises(NotLoopback):
        account.outbox._send(b"{}", url="http://shop.example/hook", secrets=("whsec_1",))
    assert link.opened == []


def test_an_event_that_nobody_wants_uses_no_rule_up_and_one_that_somebody_does_waits(
    account: Account, does: Callable[..., Any]
) -> None:
    rule = account.rules.add(Rule(Fault.HOLD))
    does(lambda account: account.announce("customer.created", {"id": "cus_1"}))
    assert (rule.times, account.store.all("delivery")) == (1, [])
    account.point_webhooks(url="http://127.0.0.1:9/hook")
    does(lambda account: account.announce("customer.created", {"id": "cus_1"}))
    assert [one["state"] for one in account.store.all("delivery")] == ["held"]
