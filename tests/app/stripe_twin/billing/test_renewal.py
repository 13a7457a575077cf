"""stripe_twin.billing.renewal: what time does to subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stripe_twin.billing.periods import period_at
from stripe_twin.server import running
from stripe_twin.settings import Settings
from tests.app.stripe_twin.billing.conftest import DAY, Billing
from tests.app.stripe_twin.conftest import client_of


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("interval", "count", "moment", "start", "end"),
    [
        ("month", 1, "2026-02-10", "2026-01-31", "2026-02-28"),
        ("month", 1, "2026-03-01", "2026-02-28", "2026-03-31"),
        ("month", 3, "2026-05-01", "2026-04-30", "2026-07-31"),
        ("year", 1, "2027-01-30", "2026-01-31", "2027-01-31"),
        ("year", 2, "2027-01-31", "2026-01-31", "2028-01-31"),
        ("week", 1, "2026-02-07", "2026-02-07", "2026-02-14"),
        ("day", 10, "2026-02-01", "2026-01-31", "2026-02-10"),
        ("month", 1, "2026-01-10", "2025-12-31", "2026-01-31"),
    ],
)
def test_periods_are_counted_from_the_anchor(
    interval: str, count: int, moment: str, start: str, end: str
) -> None:
    recurring = {"interval": interval, "interval_count": count}
    found = period_at(recurring, anchor=_at("2026-01-31"), moment=_at(moment))
    assert found == (_at(start), _at(end))


def test_each_period_brings_its_invoice_on_its_day(billing: Billing) -> None:
    sub = billing.subscribe()
    first_end = billing.item(sub).current_period_end
    billing.days(95)
    invoices = billing.v1.invoices.list().data[::-1]
    assert [i.billing_reason for i in invoices] == ["subscription_create"] + [
        "subscription_cycle"
    ] * 3
    assert [i.status for i in invoices] == ["paid"] * 4
    assert invoices[1].created == first_end
    assert invoices[1].status_transitions.paid_at == first_end + 3600
    assert billing.item(sub).current_period_start <= billing.twin.account.clock.now()


def test_a_renewal_is_a_draft_for_an_hour(billing: Billing) -> None:
    sub = billing.subscribe()
    until = billing.item(sub).current_period_end - billing.twin.account.clock.now()
    billing.twin.control.clock(advance_s=until + 60)
    assert billing.invoice(sub).status == "draft"
    billing.twin.control.clock(advance_s=3600)
    assert billing.invoice(sub).status == "paid"


def _with_dying_card(billing: Billing, **params: Any) -> Any:
    """Its first payment went through; the card on file fails from now on."""
    sub = billing.subscribe(**params)
    dying = billing.v1.payment_methods.attach(
        "pm_card_chargeCustomerFail", params={"customer": sub.customer}
    )
    billing.v1.subscriptions.update(sub.id, params={"default_payment_method": dying.id})
    return sub


def test_a_refused_renewal_is_past_due_and_tried_again(billing: Billing) -> None:
    sub = _with_dying_card(billing)
    billing.days(32)
    invoice = billing.invoice(sub)
    assert (billing.seen(sub).status, invoice.status) == ("past_due", "open")
    assert invoice.attempt_count == 1
    assert invoice.next_payment_attempt is not None
    good = billing.v1.payment_methods.attach("pm_card_visa", params={"customer": sub.customer})
    billing.v1.subscriptions.update(sub.id, params={"default_payment_method": good.id})
    billing.days(4)
    assert (billing.seen(sub).status, billing.invoice(sub).status) == ("active", "paid")


def test_the_last_refusal_ends_it(billing: Billing) -> None:
    sub = _with_dying_card(billing)
    billing.days(29 + 3 + 5 + 7 + 3)
    ended = billing.seen(sub)
    assert ended.status == "canceled"
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"
    assert billing.told("invoice.payment_failed") == ["invoice.payment_failed"] * 4


def test_an_account_can_leave_it_unpaid_instead(settings: Settings) -> None:
    with running(Settings(after_retries="mark_unpaid")) as twin:
        billing = Billing(twin, client_of(twin))
        sub = _with_dying_card(billing)
        billing.days(29 + 3 + 5 + 7 + 3)
        assert billing.seen(sub).status == "unpaid"
        billing.days(31)
        assert billing.invoice(sub).status == "draft"


def test_a_trial_is_free_then_paid(billing: Billing) -> None:
    sub = billing.subscribe(trial_period_days=14)
    assert (sub.status, billing.invoice(sub).amount_due) == ("trialing", 0)
    assert "customer.subscription.trial_will_end" not in billing.told()
    billing.days(11.5)
    assert billing.told().count("customer.subscription.trial_will_end") == 1
    billing.days(3)
    seen = billing.seen(sub)
    assert (seen.status, billing.invoice(sub).amount_paid) == ("active", 1000)
    assert seen.billing_cycle_anchor == seen.trial_end


@pytest.mark.parametrize(("behavior", "status"), [("pause", "paused"), ("cancel", "canceled")])
def test_a_trial_without_a_card_ends_as_its_settings_say(
    billing: Billing, behavior: str, status: str
) -> None:
    sub = billing.subscribe(
        method="",
        trial_period_days=7,
        trial_settings={"end_behavior": {"missing_payment_method": behavior}},
    )
    billing.days(8)
    assert billing.seen(sub).status == status


def test_a_paused_one_resumes_and_is_billed(billing: Billing) -> None:
    sub = billing.subscribe(
        method="",
        trial_period_days=7,
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )
    billing.days(8)
    good = billing.v1.payment_methods.attach("pm_card_visa", params={"customer": sub.customer})
    billing.v1.subscriptions.update(sub.id, params={"default_payment_method": good.id})
    assert billing.v1.subscriptions.resume(sub.id).status == "active"
    assert billing.told("customer.subscription.")[-1] == "customer.subscription.resumed"


def test_an_active_one_can_be_given_a_trial(billing: Billing) -> None:
    sub = billing.subscribe()
    end = billing.twin.account.clock.now() + 40 * DAY
    assert billing.v1.subscriptions.update(sub.id, params={"trial_end": end}).status == "trialing"
    billing.days(39)
    assert len(billing.v1.invoices.list().data) == 1
    billing.days(2)
    assert billing.seen(sub).status == "active"


def test_intervals_of_their_own_are_billed_when_each_is_due(billing: Billing) -> None:
    sub = billing.subscribe(billing.price(1000), billing.price(12000, interval="year"))
    assert billing.invoice(sub).amount_paid == 13000
    billing.days(32)
    assert billing.invoice(sub).amount_paid == 1000
    billing.days(340)
    assert sum(i.amount_paid for i in billing.v1.invoices.list(params={"limit": 100}).data) == (
        12 * 1000 + 12000 + 13000
    )
    assert billing.seen(sub).status == "active"


def test_the_twins_time_can_begin_in_the_past() -> None:
    with running(Settings(behind_s=200 * DAY)) as twin:
        billing = Billing(twin, client_of(twin))
        sub = billing.subscribe()
        billing.days(200)
        assert len(billing.v1.invoices.list(params={"subscription": sub.id}).data) == 7
        now = datetime.now(UTC).timestamp()
        assert abs(twin.account.clock.now() - now) < 30
