"""stripe_twin.billing, without a server: how subscriptions begin, are paid, move on and end."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin import methods
from stripe_twin.billing import collecting, renewal, standing, subscriptions
from stripe_twin.errors import StripeError
from tests.app.stripe_twin.billing.bills import DAY_S, NOW, Bills

SECURE = "pm_card_authenticationRequired"
FAILS = "pm_card_chargeCustomerFail"


@pytest.mark.parametrize(
    ("method", "params", "status", "invoice"),
    [
        ("pm_card_visa", {}, "active", "paid"),
        (FAILS, {}, "incomplete", "open"),
        ("pm_card_visa", {"payment_behavior": "default_incomplete"}, "incomplete", "open"),
        ("", {"payment_behavior": "default_incomplete"}, "incomplete", "open"),
        ("", {"collection_method": "send_invoice", "days_until_due": 7}, "active", "open"),
        ("", {"trial_period_days": 7}, "trialing", "paid"),
        ("pm_card_visa", {"trial_period_days": 7}, "trialing", "paid"),
        (
            "pm_card_visa",
            {"collection_method": "send_invoice", "trial_period_days": 7},
            "trialing",
            "paid",
        ),
    ],
)
def test_it_begins_as_its_payment_behavior_says(
    bills: Bills, method: str, params: dict[str, Any], status: str, invoice: str
) -> None:
    sub = bills.subscribe(method, **params)
    assert (sub["status"], bills.invoice(sub)["status"]) == (status, invoice)
    tried = bool(bills.account.store.all("charge"))
    assert tried is (method in ("pm_card_visa", FAILS) and not params)
    assert "customer.subscription.created" in bills.desk.heard()


@pytest.mark.parametrize("params", [{}, {"payment_behavior": "error_if_incomplete"}])
def test_nobody_who_cannot_pay_begins(bills: Bills, params: dict[str, str]) -> None:
    with pytest.raises(StripeError, match="no attached payment source or default"):
        bills.subscribe("", **params)
    assert bills.account.store.all("subscription") == []


@pytest.mark.parametrize(("off_session", "asked"), [({}, True), ({"off_session": True}, False)])
def test_buyer_is_asked_while_there_and_refused_while_away(
    bills: Bills, off_session: dict[str, bool], asked: bool
) -> None:
    sub = bills.subscribe(SECURE, **off_session)
    assert sub["status"] == "incomplete"
    expected = "requires_action" if asked else "requires_payment_method"
    assert bills.intent(sub)["status"] == expected
    told = bills.desk.heard()
    assert ("payment_intent.requires_action" in told) is asked
    assert ("charge.failed" in told) is not asked


def test_money_is_taken_and_booked(bills: Bills) -> None:
    sub = bills.subscribe()
    [charge] = bills.account.store.all("charge")
    assert (charge["amount_captured"], charge["captured"]) == (1000, True)
    assert charge["billing_details"]["email"] == "cara@example.com"
    assert charge["payment_method_details"]["card"]["three_d_secure"] is None
    [booked] = bills.account.store.all("balance_transaction")
    assert charge["balance_transaction"] == booked["id"]
    assert bills.intent(sub)["payment_method"]


def test_money_that_is_not_taken_is_not_booked(bills: Bills) -> None:
    bills.subscribe(FAILS)
    assert bills.account.store.all("balance_transaction") == []


def test_invoice_that_nothing_can_pay_counts_an_attempt(bills: Bills) -> None:
    sub = bills.subscribe("", payment_behavior="default_incomplete")
    bills.desk.heard()
    bills.desk.does(collecting.collect, bills.invoice(sub))
    assert bills.invoice(sub)["attempt_count"] == 1
    assert bills.account.store.all("charge") == []
    assert bills.desk.heard() == ["invoice.payment_failed"]


@pytest.mark.parametrize(("number", "ending"), [("00012345", "succeeds"), ("00222227", "fails")])
def test_debit_is_decided_later(bills: Bills, number: str, ending: str) -> None:
    object.__setattr__(bills.account.settings, "settle_after_s", 60.0)
    sub = bills.subscribe("", payment_behavior="default_incomplete")
    account = number if ending == "succeeds" else min(methods.FAILING_ACCOUNTS)
    bank = bills.desk.does(methods.create, methods.Wanted(type="bacs_debit", account=account))
    bills.desk.does(collecting.collect, bills.invoice(sub), method_id=bank["id"])
    assert bills.intent(sub)["status"] == "processing"
    [job] = (j for j in bills.account.store.all("later") if j["object"] == bills.intent(sub)["id"])
    assert job["ending"] == f"payment_{ending}"
    assert len(bills.account.store.all("charge")) == 1


@pytest.mark.parametrize(
    ("params", "amounts", "billed"),
    [
        ({}, [], False),
        ({"prorate": True}, [-500], False),
        ({"prorate": True, "invoice_now": True}, [-500], True),
        ({"invoice_now": True}, [], True),
    ],
)
def test_end_gives_back_and_bills_only_when_that_is_asked(
    bills: Bills, params: dict[str, bool], amounts: list[int], billed: bool
) -> None:
    sub = bills.subscribe()
    first = sub["latest_invoice"]
    [item] = sub["items"]["data"]
    bills.now += (item["current_period_end"] - NOW) // 2
    bills.desk.heard()
    details = {"comment": "Too much coffee", "feedback": ""}

    ended = bills.desk.does(
        subscriptions.cancel, sub["id"], {"cancellation_details": details, **params}
    )

    assert (ended["status"], ended["ended_at"]) == ("canceled", bills.now)
    assert ended["cancellation_details"] == {
        "comment": "Too much coffee",
        "feedback": None,
        "reason": "cancellation_requested",
    }
    assert [one["amount"] for one in bills.account.store.all("invoiceitem")] == amounts
    assert (sub["latest_invoice"] != first) is billed
    assert bills.invoice(sub)["status"] == "paid"
    assert bills.desk.heard()[-1] == "customer.subscription.deleted"
    with pytest.raises(StripeError, match="No such subscription"):
        bills.desk.does(subscriptions.cancel, sub["id"], {})


def test_change_is_kept_told_with_what_was_before_and_planned(bills: Bills) -> None:
    sub = bills.subscribe()
    sub.pop("_planned")
    bills.desk.does(lambda account: account.store.clear())
    bills.desk.heard()

    bills.desk.does(standing.change, sub, description="Strong", status="active")
    assert bills.desk.heard() == ["customer.subscription.updated"]
    assert bills.previous() == {"description": None}
    [item] = sub["items"]["data"]
    assert bills.planned(sub) == [item["current_period_end"] - NOW]

    # Nothing new is nothing to tell; what is no mere change is told all the same.
    bills.desk.does(standing.change, sub, description="Strong")
    assert bills.desk.heard() == []
    bills.desk.does(standing.change, sub, "resumed", status="past_due")
    assert bills.desk.heard() == ["customer.subscription.resumed"]
    assert bills.previous() is None


def test_nothing_is_told_of_it_before_it_is_introduced(bills: Bills) -> None:
    sub = bills.subscribe()
    sub["_announced"] = False
    bills.desk.does(lambda account: account.store.put("subscription", sub))
    bills.desk.heard()
    bills.desk.does(standing.change, sub, "resumed", description="Strong")
    assert bills.desk.heard() == []
    assert sub["description"] == "Strong"


def test_what_somebody_changes_is_told_with_what_was_there_before(bills: Bills) -> None:
    sub = bills.subscribe()
    bills.desk.heard()
    changed = bills.desk.does(
        subscriptions.update, sub["id"], {"description": "Strong", "metadata": {"a": "1"}}
    )
    assert (changed["description"], changed["metadata"]) == ("Strong", {"a": "1"})
    assert bills.desk.heard() == ["customer.subscription.updated"]
    assert bills.previous() == {"description": None, "metadata": {}}
    bills.desk.does(subscriptions.update, sub["id"], {"description": "Strong"})
    assert bills.desk.heard() == []
    bills.desk.does(subscriptions.update, sub["id"], {"cancel_at": NOW + 5 * DAY_S})
    assert bills.planned(sub)[-1] == 5 * DAY_S


def test_time_moves_it_on_and_plans_its_next_date(bills: Bills) -> None:
    sub = bills.subscribe()
    [item] = sub["items"]["data"]
    end = item["current_period_end"]
    bills.now = end
    bills.desk.does(renewal.move, sub["id"])
    assert item["current_period_start"] == end
    assert item["current_period_end"] > end
    assert bills.planned(sub)[-1] == item["current_period_end"] - end

    # It is looked at again where it was before: the plan that brought it here is used up.
    many = len(bills.planned(sub))
    bills.desk.does(renewal.move, sub["id"])
    assert len(bills.planned(sub)) == many + 1


def test_time_moves_nothing_that_has_ended_or_is_gone(bills: Bills) -> None:
    sub = bills.subscribe()
    bills.desk.does(subscriptions.cancel, sub["id"], {})
    planned = sub["_planned"] = 5
    bills.desk.does(lambda account: account.store.put("subscription", sub))
    bills.now += 40 * DAY_S
    bills.desk.heard()
    bills.desk.does(renewal.move, sub["id"])
    bills.desk.does(renewal.move, "sub_none")
    assert (bills.desk.heard(), sub["_planned"]) == ([], planned)


@pytest.mark.parametrize(
    ("method", "missing", "status", "told"),
    [
        ("pm_card_visa", "cancel", "active", "updated"),
        ("pm_card_visa", "pause", "active", "updated"),
        ("", "create_invoice", "active", "updated"),
        ("", "cancel", "canceled", "deleted"),
        ("", "pause", "paused", "paused"),
    ],
)
def test_trial_ends_as_its_settings_say_of_who_cannot_pay(
    bills: Bills, method: str, missing: str, status: str, told: str
) -> None:
    settings = {"end_behavior": {"missing_payment_method": missing}}
    sub = bills.subscribe(method, trial_period_days=7, trial_settings=settings)
    bills.now += 7 * DAY_S + 60
    first = sub["latest_invoice"]
    bills.desk.heard()

    bills.desk.does(renewal.end_trial, sub)

    assert sub["status"] == status
    assert f"customer.subscription.{told}" in bills.desk.heard()
    assert (sub["latest_invoice"] != first) is (status == "active")
    if status == "active":
        assert sub["billing_cycle_anchor"] == bills.now
        assert bills.invoice(sub)["status"] == "draft"
    if status == "canceled":
        assert sub["cancellation_details"]["reason"] is None


def test_method_of_the_subscription_itself_pays_after_its_trial(bills: Bills) -> None:
    customer = bills.customer("")
    own = bills.desk.does(methods.attach, "pm_card_visa", customer=customer["id"])["id"]
    settings = {"end_behavior": {"missing_payment_method": "cancel"}}
    sub = bills.subscribe(
        customer=customer["id"],
        default_payment_method=own,
        trial_period_days=7,
        trial_settings=settings,
    )
    bills.desk.does(renewal.end_trial, sub)
    assert sub["status"] == "active"


def test_each_period_brings_its_invoice_and_its_payment(bills: Bills) -> None:
    sub = bills.subscribe()
    bills.days(64)
    assert bills.invoices() == [("paid", 0), ("paid", 31), ("paid", 59)]
    assert [one["amount_captured"] for one in bills.account.store.all("charge")] == [1000] * 3
    assert sub["status"] == "active"


def test_refused_renewal_is_tried_again_and_ends_it_at_last(bills: Bills) -> None:
    sub = bills.subscribe()
    fails = bills.desk.does(methods.attach, FAILS, customer=sub["customer"])
    bills.desk.does(subscriptions.update, sub["id"], {"default_payment_method": fails["id"]})
    tried = []
    for days in (32, 3, 5, 7):
        bills.days(days)
        tried.append((sub["status"], bills.invoice(sub)["attempt_count"]))
    assert tried == [("past_due", 1), ("past_due", 2), ("past_due", 3), ("canceled", 4)]
    assert sub["cancellation_details"]["reason"] == "payment_failed"
    assert bills.invoices() == [("paid", 0), ("open", 31)]


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection_takes_no_money_until_it_goes_on(
    bills: Bills, behavior: str, status: str
) -> None:
    sub = bills.subscribe()
    pause = {"behavior": behavior, "resumes_at": NOW + 40 * DAY_S}
    bills.desk.does(subscriptions.update, sub["id"], {"pause_collection": pause})
    bills.days(64)
    assert bills.invoices() == [("paid", 0), (status, 31), ("paid", 59)]
    assert sub["pause_collection"] is None
