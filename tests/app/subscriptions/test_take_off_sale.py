"""take_off_sale: a plan or a product by one command; what was begun before goes on."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from catalog.models import Product
from payments import gateway
from subscriptions.models import Plan, Start
from subscriptions.services import confirm
from subscriptions.starting import CannotStart, start
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import item_fact, seen

pytestmark = pytest.mark.django_db
PLANS = reverse("subscriptions:plans")


@pytest.fixture
def plan(db: None) -> Plan:
    return Plan.objects.create(
        slug="refill",
        name="Refill",
        price_pennies=1800,
        currency="GBP",
        interval="month",
        stripe_price_id="price_1",
    )


def _command(*words: str) -> str:
    out = StringIO()
    call_command("take_off_sale", *words, stdout=out)
    return out.getvalue()


def test_the_command_takes_off_sale_and_puts_back(plan: Plan) -> None:
    # A product of the same short name is another thing.
    Product.objects.create(slug="refill", name="Tin", price_pennies=900, currency="GBP")
    words = ("refill", "--why", "sold out")
    told = _command(*words, "--plan")
    assert told == "plan  refill, off sale from now on\n"
    assert (Plan.objects.get().is_on_sale, Product.objects.get().is_on_sale) == (False, True)
    assert _command(*words, "--plan", "--back") == "plan  refill, on sale from now on\n"
    assert _command(*words) == "product  refill, off sale from now on\n"
    assert (Plan.objects.get().is_on_sale, Product.objects.get().is_on_sale) == (True, False)
    assert _command(*words, "--back") == "product  refill, on sale from now on\n"
    assert {(entry.origin, entry.reason) for entry in Entry.objects.all()} == {
        ("command:take_off_sale", "sold out")
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("refil", "--plan"), "plan refil: not found; did you mean refill?"),
        (
            ("refill",),
            "product refill: not found; there is none yet. refill is a plan: say --plan.",
        ),
        (("mug",), "product mug: not found; there is none yet."),
        (("refill", "--plan", "--back"), "plan refill: on sale already; nothing to change."),
    ],
)
def test_the_command_refuses_in_a_sentence(
    plan: Plan, words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        _command(*words, "--why", "sold out")
    assert str(refused.value) == f"take_off_sale: {sentence}"
    assert Plan.objects.get().is_on_sale


def test_plan_off_sale_is_on_no_page_and_nobody_can_begin_it(
    plan: Plan, cara_customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = SimpleNamespace(id="cs_1", url="https://stripe.test/1", status=gateway.PageStatus.OPEN)
    monkeypatch.setattr(gateway, "create_subscription_session", lambda wanted: page)
    # Not even whoever was about to.
    Start.objects.create(plan=plan, customer=cara_customer, idempotency_key="k", created_at=NOW)
    assert "Refill" in Client().get(PLANS).text
    _command("refill", "--plan", "--why", "sold out")
    assert "Refill" not in Client().get(PLANS).text
    with pytest.raises(CannotStart) as refused:
        start(plan=plan, customer=cara_customer, now=NOW)
    assert str(refused.value) == "Refill: no longer for sale; choose another."


def test_subscription_of_a_plan_off_sale_goes_on_and_renews(plan: Plan, cara_customer: Any) -> None:
    subscription = confirm(seen=seen(item_fact(1800)), now=NOW)
    subscription.customer = cara_customer
    subscription.save()
    _command("refill", "--plan", "--why", "sold out")
    later, next_end = NOW + timedelta(days=31), NOW + timedelta(days=60)
    again = seen(item_fact(1800), at=31 * 86_400, period_ends_at=next_end)
    renewed = confirm(seen=again, now=later)
    assert renewed.pk == subscription.pk
    assert (renewed.status, renewed.mrr_pennies) == ("active", 1800)
    client = Client()
    client.force_login(cara_customer)
    page = client.get(reverse("subscriptions:mine")).text
    assert "Refill" in page
    assert f"Renews on {next_end:%-d %b %Y}." in page
