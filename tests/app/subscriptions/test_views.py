"""subscriptions.views: what customers, staff and analysts see and can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from subscriptions import ledger, mrr_page
from subscriptions.models import Plan, Start, Subscription
from subscriptions.services import confirm
from subscriptions.shown import next_step
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import item_fact, seen

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def plan(db: None) -> Plan:
    return Plan.objects.create(
        slug="coffee",
        name="Coffee",
        description="A bag, freshly roasted.",
        price_pennies=1800,
        currency="GBP",
        interval="month",
        stripe_price_id="price_1",
    )


def _as(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _of(person: Any, **values: Any) -> Subscription:
    subscription = confirm(seen=seen(item_fact(1800), **values), now=NOW)
    subscription.customer = person
    subscription.save()
    return subscription


def test_plans_are_there_for_everybody_with_their_price(plan: Plan) -> None:
    Plan.objects.create(
        slug="honey",
        name="Honey",
        price_pennies=2400,
        currency="GBP",
        interval="month",
        interval_count=3,
    )
    Plan.objects.create(
        slug="old",
        name="Old",
        price_pennies=1,
        currency="GBP",
        interval="year",
        is_on_sale=False,
    )
    page = Client().get(reverse("subscriptions:plans")).text
    assert "£18.00 a month" in page
    assert "£24.00 every 3 months" in page
    assert "Old" not in page
    assert page.count('aria-label="Subscribe to') == 2


def test_staff_look_at_plans_and_do_not_subscribe(plan: Plan, olly_ops: Any) -> None:
    page = _as(olly_ops).get(reverse("subscriptions:plans")).text
    assert "Coffee" in page
    assert "Subscribe to" not in page


def test_a_customer_sees_only_their_own_subscriptions(
    plan: Plan, cara_customer: Any, now: datetime
) -> None:
    _of(cara_customer)
    confirm(seen=seen(item_fact(id="si_9"), id="sub_9"), now=now)
    page = _as(cara_customer).get(reverse("subscriptions:mine")).text
    assert page.count("<tr>") == 2
    assert "Coffee" in page
    assert "Renews on 1 Apr 2026." in page
    assert 'aria-label="Cancel Coffee"' in page


def test_without_a_subscription_the_page_leads_to_the_plans(cara_customer: Any) -> None:
    page = _as(cara_customer).get(reverse("subscriptions:mine")).text
    assert "You have no subscription yet." in page
    assert reverse("subscriptions:plans") in page


def test_a_page_at_stripe_that_waits_is_shown(
    plan: Plan, cara_customer: Any, now: datetime
) -> None:
    Start.objects.create(plan=plan, customer=cara_customer, idempotency_key="k", created_at=now)
    page = _as(cara_customer).get(reverse("subscriptions:mine")).text
    assert "Go on to pay for Coffee" in page


def test_a_plan_off_sale_is_refused_with_a_sentence(plan: Plan, cara_customer: Any) -> None:
    Plan.objects.update(is_on_sale=False)
    answer = _as(cara_customer).post(reverse("subscriptions:start", args=[plan.pk]))
    assert answer.status_code == 409
    assert "Coffee: no longer for sale; choose another." in answer.text


@pytest.mark.parametrize("page", ["start", "cancel"])
def test_when_stripe_does_not_answer_the_page_says_so(
    plan: Plan, cara_customer: Any, settings: Any, page: str
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    key = plan.pk
    if page == "cancel":
        key = _of(cara_customer).pk
    answer = _as(cara_customer).post(reverse(f"subscriptions:{page}", args=[key]))
    assert answer.status_code == 503
    assert "Stripe" in answer.text
    assert "ry again" in answer.text


def test_what_has_ended_cannot_be_canceled_and_the_refusal_is_recorded(
    cara_customer: Any,
) -> None:
    subscription = _of(cara_customer, status="canceled", ended_at=NOW, ends_at=NOW)
    address = reverse("subscriptions:cancel", args=[subscription.pk])
    answer = _as(cara_customer).post(address)
    assert answer.status_code == 409
    assert f"Subscription {subscription.pk}: canceled, so nothing is left to end." in answer.text
    refused = Entry.objects.get(action="refused")
    assert (refused.subject, refused.result) == (f"subscription:{subscription.pk}", "refused")


def test_what_is_to_end_cannot_be_canceled_again(cara_customer: Any, olly_ops: Any) -> None:
    subscription = _of(cara_customer, ends_at=datetime(2026, 4, 1, tzinfo=UTC))
    address = reverse("subscriptions:staff-cancel", args=[subscription.pk])
    answer = _as(olly_ops).post(address)
    assert answer.status_code == 409
    assert "it ends on 1 Apr 2026 already; nothing more to do." in answer.text
    assert "Cancel Coffee" not in _as(cara_customer).get(reverse("subscriptions:mine")).text


@pytest.mark.slow
def test_staff_find_subscriptions_by_number_customer_and_status(
    plan: Plan, cara_customer: Any, olly_ops: Any, now: datetime
) -> None:
    own = _of(cara_customer)
    other = confirm(seen=seen(item_fact(id="si_9"), id="sub_9", status="past_due"), now=now)
    address = reverse("subscriptions:staff-list")
    for query, found in (
        ("", {own.pk, other.pk}),
        (f"number={own.pk}", {own.pk}),
        ("customer=CARA", {own.pk}),
        ("status=past_due", {other.pk}),
        ("status=paused", set()),
        (f"before={other.pk}", {own.pk}),
    ):
        answer = _as(olly_ops).get(f"{address}?{query}")
        page = answer.text
        assert not any(shown.may_cancel for shown in answer.context["listed"])  # Each on its page.
        links = {
            key
            for key in (own.pk, other.pk)
            if f'"{reverse("subscriptions:staff-detail", args=[key])}"' in page
        }
        assert links == found, query


@pytest.mark.parametrize(
    "query", ["status=lost", "number=0", "number=x", "number=9" * 30, "before=-1", "customer=%00"]
)
def test_a_filter_that_makes_no_sense_is_refused_with_a_sentence(olly_ops: Any, query: str) -> None:
    answer = _as(olly_ops).get(f"{reverse('subscriptions:staff-list')}?{query}")
    assert answer.status_code == 400
    assert 'class="wrong"' in answer.text or 'role="alert"' in answer.text


def test_the_staff_list_is_a_few_queries_however_long(
    plan: Plan, olly_ops: Any, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        confirm(seen=seen(item_fact(id=f"si_{number}"), id=f"sub_{number}"), now=now)
    client = _as(olly_ops)
    with django_assert_max_num_queries(12):
        client.get(reverse("subscriptions:staff-list"))


def test_staff_see_items_and_ledger_and_the_analyst_cannot_cancel(
    plan: Plan, cara_customer: Any, olly_ops: Any, ana_analyst: Any
) -> None:
    subscription = _of(cara_customer)
    address = reverse("subscriptions:staff-detail", args=[subscription.pk])
    for person, may_cancel in ((olly_ops, True), (ana_analyst, False)):
        page = _as(person).get(address).text
        assert "<strong>new</strong>: £0.00 → £18.00" in page
        assert "<code>price_1</code>" in page
        assert ("Cancel at the end of its period" in page) == may_cancel


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Renews on 1 Apr 2026."),
        ({"period_ends_at": None}, "Renews by itself."),
        ({"status": "trialing"}, "Free until 1 Apr 2026, then it renews by itself."),
        (
            {"status": "past_due"},
            "A payment failed; Stripe tries again and writes to the customer.",
        ),
        ({"status": "unpaid"}, "Not paid; Stripe has written to the customer."),
        ({"status": "incomplete"}, "Not paid; Stripe has written to the customer."),
        ({"status": "paused"}, "Paused: nothing is charged."),
        ({"is_paused": True}, "Paused: nothing is charged."),
        ({"ends_at": NOW + DAY}, "Ends on 3 Mar 2026; it will not renew."),
        ({"status": "canceled", "ended_at": NOW, "ends_at": NOW}, "Ended on 2 Mar 2026."),
        ({"status": "canceled", "ended_at": NOW}, "Ended on 2 Mar 2026."),
        ({"status": "canceled", "ends_at": NOW}, "Ended on 2 Mar 2026."),
        ({"status": "incomplete_expired"}, "Ended."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_sentence_says_what_happens_next(
    now: datetime, values: dict[str, Any], sentence: str
) -> None:
    assert next_step(confirm(seen=seen(**values), now=now)) == sentence


def test_the_mrr_page_draws_and_tells_each_currency_for_itself(
    subscribe: Any, ana_analyst: Any
) -> None:
    now = timezone.now()
    pounds = subscribe(1000, now - 70 * DAY)
    subscribe(150_000, now - 40 * DAY, currency="JPY")
    ledger.record(subscription=pounds, after_pennies=0, now=now - DAY)
    page = _as(ana_analyst).get(reverse("subscriptions:mrr")).text
    assert "GBP: £0.00 a month now" in page
    assert "JPY: ¥150,000 a month now" in page
    assert page.count("<svg viewBox") == 2
    assert page.count("<caption>") == 2
    assert "Stripe's own default definition" in page
    assert "style=" not in page
    assert "<script" not in page


def test_before_anything_counted_the_mrr_page_says_so(ana_analyst: Any) -> None:
    assert "No subscription has counted yet." in _as(ana_analyst).get("/staff/mrr/").text


def test_a_year_of_months_ends_now_and_the_newest_stands_first(
    subscribe: Any, now: datetime
) -> None:
    subscription = subscribe(1000, now - 40 * DAY)
    ledger.record(subscription=subscription, after_pennies=400, now=now - DAY)
    [report] = mrr_page.reports(now=now)
    assert (report.currency, report.mrr) == ("GBP", "£4.00")
    assert [row.month for row in report.rows[:3]] == ["Mar 2026", "Feb 2026", "Jan 2026"]
    assert len(report.rows) == 12
    march, february, january = report.rows[:3]
    assert (january.start, january.new, january.end) == ("£0.00", "£10.00", "£10.00")
    assert (february.start, february.end) == ("£10.00", "£10.00")
    assert (march.contraction, march.churn, march.end) == ("-£6.00", "£0.00", "£4.00")


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_year_begins_eleven_months_before_this_one(now: datetime, first: datetime) -> None:
    found = mrr_page.months(now)
    assert (found[0], len(found)) == (first, 12)
    assert found[-1] == now.replace(day=1, hour=0, minute=0)
