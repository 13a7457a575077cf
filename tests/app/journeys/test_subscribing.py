"""From the page that sells a plan to the MRR that it is worth, through the shop's own pages,
Stripe's hosted page and its webhooks, over real HTTP; the twin's time moves by months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from subscriptions import ledger
from subscriptions.models import Plan, Start, Subscription
from webhooks.models import StripeEvent
from webhooks.worker import process_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def _own_twin() -> Iterator[Any]:
    from stripe_twin.server import running
    from stripe_twin.settings import Settings

    with running(Settings(secret_key="sk_test_twin_of_this_machine")) as twin:
        yield twin


@pytest.fixture
def twin(_own_twin: Any, settings: Any) -> Iterator[Any]:
    """A twin of this module alone: its time is moved by months."""
    _own_twin.control.reset()
    settings.STRIPE_API_BASE = _own_twin.address
    yield _own_twin
    _own_twin.control.webhook(url="")


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    return Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1000, currency="GBP", interval="month"
    )


class Story:
    """cara_customer and her subscription, and the months that pass."""

    def __init__(self, twin: Any, cara: Any) -> None:
        self.twin, self.cara = twin, cara

    def page(self, plan: Plan) -> str:
        """Press the plan's button; the address of Stripe's page."""
        self.cara.see("/subscriptions/plans/")
        answer = self.cara.send(f"/subscriptions/plans/{plan.pk}/start/", follow=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def pay(self, page: str, card: str = "4242424242424242") -> int:
        form = {"method": "card", "number": card, "email": "cara@example.com"}
        answer = requests.post(page, data=form, allow_redirects=False, timeout=10)
        return answer.status_code

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.twin.account.clock.now(), UTC)

    def events_arrive(self) -> None:
        assert self.twin.control.wait_idle(timeout_s=10)["idle"]
        process_all(clock=lambda: self.now + timedelta(days=1))

    def days(self, days: float) -> None:
        self.twin.control.clock(advance_s=days * 86_400)
        self.events_arrive()

    def until(self, moment: datetime) -> None:
        self.days((moment - self.now).total_seconds() / 86_400)

    def change_card(self, method: str) -> None:
        """In Stripe's own portal, which this shop leaves that to."""
        import stripe

        client = stripe.StripeClient(
            "sk_test_twin_of_this_machine", base_addresses={"api": self.twin.address}
        )
        sub = Subscription.objects.get()
        kept = client.v1.payment_methods.attach(method, params={"customer": sub.stripe_customer_id})
        client.v1.subscriptions.update(
            sub.stripe_subscription_id, params={"default_payment_method": kept.id}
        )

    def seen(self) -> tuple[str, int]:
        """Its status and MRR; the ledger must say the same."""
        sub = Subscription.objects.get()
        total = ledger.totals(at=self.now + timedelta(days=400)).get("GBP", 0)
        assert total == sub.mrr_pennies
        return sub.status, sub.mrr_pennies


@pytest.fixture
def story(visit: Callable[[str], Any], twin: Any) -> Story:
    return Story(twin, visit("cara_customer"))


@pytest.mark.slow
def test_a_subscription_from_its_first_payment_to_its_last_day(story: Story, plan: Plan) -> None:
    assert story.pay(story.page(plan)) == 303
    story.events_arrive()
    assert story.seen() == ("active", 1000)
    assert Start.objects.get().status == "completed"
    first_end = Subscription.objects.get().period_ends_at
    assert first_end is not None

    story.days(32)
    renewed = Subscription.objects.get()
    assert story.seen() == ("active", 1000)
    assert renewed.period_ends_at is not None
    assert renewed.period_ends_at > first_end

    story.change_card("pm_card_chargeCustomerFail")
    # So soon after its end that nothing was tried again yet, whatever the month.
    story.until(renewed.period_ends_at + timedelta(days=1))
    assert story.seen() == ("past_due", 1000)
    assert "A payment failed" in story.cara.see("/subscriptions/mine/")
    story.change_card("pm_card_visa")
    story.days(4)
    assert story.seen() == ("active", 1000)

    story.cara.see("/subscriptions/mine/")
    story.cara.send(f"/subscriptions/{renewed.pk}/cancel/")
    story.days(20)
    assert story.seen() == ("active", 1000)
    story.days(12)
    assert story.seen() == ("canceled", 0)
    assert "Ended on" in story.cara.see("/subscriptions/mine/")
    assert set(StripeEvent.objects.values_list("status", flat=True)) == {"processed", "ignored"}


def test_a_refused_card_leaves_the_page_open_for_the_next(story: Story, plan: Plan) -> None:
    page = story.page(plan)
    assert story.pay(page, card="4000000000000002") == 402
    story.events_arrive()
    assert story.seen() == ("incomplete", 0)
    assert story.page(plan) == page
    assert story.pay(page) == 303
    story.events_arrive()
    assert story.seen() == ("active", 1000)

    story.change_card("pm_card_chargeCustomerFail")
    story.days(50)
    assert story.seen() == ("canceled", 0), "a renewal refused for good ends it"


def test_a_page_left_alone_leaves_nothing(story: Story, plan: Plan) -> None:
    page = story.page(plan)
    story.pay(page, card="4000000000000002")
    story.days(1.1)
    assert story.seen() == ("incomplete_expired", 0)
    assert Start.objects.get().status == "expired"
    assert story.page(plan) != page
