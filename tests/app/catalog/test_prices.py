"""catalog.prices: a price changes with a reason and on record, and orders keep theirs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.access import actor_for
from audit.models import Entry
from catalog import prices
from catalog.models import Product
from core.actor import Actor, system
from orders.models import OrderLine
from orders.services import place

pytestmark = pytest.mark.django_db
ALICE = Actor(id=7, role="admin", origin="web")


@pytest.fixture
def mug(db: None) -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=1250, currency="GBP")


def _change(mug: Product, now: Any, **changed: Any) -> Product:
    given = {"asked_pennies": 1300, "by": ALICE, "why": "clay costs more", "now": now}
    return prices.change(product=mug, **given | changed)


def test_a_new_price_is_audited_with_the_old_one_who_and_why(mug: Product, now: Any) -> None:
    assert _change(mug, now, why=" clay costs more ").price_pennies == 1300
    assert Product.objects.get().price_pennies == 1300
    assert [entry.action for entry in Entry.objects.all()] == ["price-changed"]
    entry = Entry.objects.get()
    assert (entry.subject, entry.result, entry.at) == (f"product:{mug.pk}", "done", now)
    assert (entry.actor_id, entry.actor_role, entry.reason) == (7, "admin", "clay costs more")
    assert entry.details == {"from_pennies": 1250, "to_pennies": 1300, "currency": "GBP"}


@pytest.mark.parametrize(
    "changed", [{"asked_pennies": 1}, {"why": "x"}, {"why": "x" * 300}, {"seen_pennies": 1250}]
)
def test_the_least_price_and_the_shortest_and_longest_reason_are_fine(
    mug: Product, now: Any, changed: dict[str, Any]
) -> None:
    price = _change(mug, now, **changed).price_pennies
    assert price == changed.get("asked_pennies", 1300)
    assert Entry.objects.get().reason == changed.get("why", "clay costs more")


def test_orders_keep_the_price_they_were_placed_at(
    mug: Product, cara_customer: Any, now: Any
) -> None:
    before = place(customer=cara_customer, basket={mug: 2}, now=now)
    _change(mug, now)
    after = place(customer=cara_customer, basket={mug: 2}, now=now)
    before.refresh_from_db()
    assert (before.total_pennies, after.total_pennies) == (2500, 2600)
    assert list(OrderLine.objects.values_list("unit_pennies", flat=True)) == [1250, 1300]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"asked_pennies": 1250}, "Mug: costs £12.50 already; nothing to change."),
        ({"asked_pennies": 0}, "Mug: £0.00 asked, more than nothing expected."),
        ({"asked_pennies": -1}, "Mug: -£0.01 asked, more than nothing expected."),
        ({"why": "  "}, "Mug: a reason of 0 characters, 1 to 300 expected; say why."),
        ({"why": "x" * 301}, "Mug: a reason of 301 characters, 1 to 300 expected; say why."),
        (
            {"seen_pennies": 1249},
            "Mug: costs £12.50 now, somebody changed it meanwhile; look again.",
        ),
        *(
            (
                {"by": Actor(id=8, role=role, origin="web")},
                f"Mug: {role} cannot change its price; ask an administrator.",
            )
            for role in ("ops", "analyst", "customer", "none", "nobody")
        ),
    ],
)
def test_what_makes_no_sense_is_refused_audited_and_changes_nothing(
    mug: Product, now: Any, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(prices.CannotChangePrice) as refused:
        _change(mug, now, **changed)
    assert str(refused.value) == sentence
    assert Product.objects.get().price_pennies == 1250
    [entry] = Entry.objects.all()
    assert (entry.action, entry.result, entry.reason) == (
        "refused",
        "refused",
        f"price: {sentence}",
    )


def test_a_product_is_held_before_its_price_is_looked_at(
    mug: Product, now: Any, held_first: Any
) -> None:
    with held_first("catalog_product"):
        _change(mug, now)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_it_at_once_the_second_is_told(mug: Product, now: Any) -> None:
    def ask(pennies: int) -> str:
        try:
            _change(mug, now, asked_pennies=pennies, seen_pennies=1250)
        except prices.CannotChangePrice as no:
            return str(no)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, [1300, 1400, 1500, 1600]))
    assert answers.count("done") == 1
    assert sum("somebody changed it meanwhile" in answer for answer in answers) == 3
    [entry] = Entry.objects.filter(action="price-changed")
    assert entry.details["to_pennies"] == Product.objects.get().price_pennies


@pytest.fixture
def alice(alice_admin: Any) -> Client:
    client = Client()
    client.force_login(alice_admin)
    return client


def test_an_administrator_changes_a_price_on_the_page(
    alice: Client, alice_admin: Any, mug: Product
) -> None:
    Product.objects.create(
        name="Lamp", slug="lamp", price_pennies=900, currency="JPY", is_on_sale=False
    )
    prices_page = reverse("catalog:price-list")
    assert prices_page in alice.get(reverse("catalog:shop-front")).text
    shown = alice.get(prices_page).text
    assert "£12.50" in shown
    assert "¥900" in shown
    address = reverse("catalog:price", args=[mug.pk])
    assert address in shown
    form = alice.get(address)
    assert form.status_code == 200
    assert 'name="seen" value="1250"' in form.text
    done = alice.post(address, {"price": "£13", "why": "clay", "seen": "1250"}, follow=True)
    assert "Mug: new price." in done.text
    assert "£13.00" in done.text
    entry = Entry.objects.get(action="price-changed")
    assert (entry.actor_id, entry.origin) == (alice_admin.pk, "web")


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"price": "13"}, 400, "Why: nothing written; say why, such as: costs went up."),
        ({"why": "clay"}, 400, "Price: nothing written; say how much."),
        ({"price": "13,5", "why": "clay"}, 400, "is not a number; write it like 12.50."),
        ({"price": "13.555", "why": "clay"}, 400, "is finer than GBP can be paid"),
        ({"price": "9" * 20, "why": "clay"}, 400, "is out of range; write it like 12.50."),
        ({"price": "13", "why": "clay", "seen": "x"}, 400, "The form was damaged on its way"),
        ({"price": "0", "why": "clay"}, 409, "£0.00 asked, more than nothing expected."),
        ({"price": "12.50", "why": "clay"}, 409, "costs £12.50 already; nothing to change."),
        ({"price": "13", "why": "clay", "seen": "1"}, 409, "somebody changed it meanwhile"),
    ],
)
def test_a_form_that_makes_no_sense_gets_a_sentence(
    alice: Client, mug: Product, form: dict[str, str], status: int, sentence: str
) -> None:
    answer = alice.post(reverse("catalog:price", args=[mug.pk]), {"seen": "1250", **form})
    assert answer.status_code == status
    assert sentence in answer.text
    assert Product.objects.get().price_pennies == 1250


def test_a_product_that_is_not_there_is_not_found(alice: Client) -> None:
    assert alice.get(reverse("catalog:price", args=[10**12])).status_code == 404


def test_the_command_changes_a_price_and_refuses_in_a_sentence(mug: Product) -> None:
    out = StringIO()
    call_command("change_price", "mug", "13", "--why", "clay", stdout=out)
    assert out.getvalue() == "price  mug, £13.00 from now on\n"
    assert Entry.objects.get(action="price-changed").origin == "command:change_price"
    for arguments, sentence in (
        (
            ("jug", "13"),
            "Product: found 'jug', expected a product's short name; see the prices page.",
        ),
        (("mug", "thirteen"), "change_price: Amount: 'thirteen' is not a number"),
        (("mug", "13"), "change_price: Mug: costs £13.00 already; nothing to change."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("change_price", *arguments, "--why", "clay")
        assert str(refused.value).startswith(sentence)


def test_the_products_page_leads_only_those_to_the_prices_who_may_change_them(
    olly_ops: Any, cara_customer: Any, mug: Product
) -> None:
    for user in (None, olly_ops, cara_customer):
        client = Client()
        if user:
            client.force_login(user)
        page = client.get(reverse("catalog:shop-front")).text
        assert reverse("catalog:price-list") not in page


def test_whoever_holds_the_permission_may_and_nobody_else(alice_admin: Any, olly_ops: Any) -> None:
    assert prices.may_change(actor_for(alice_admin, origin="web"))
    assert prices.may_change(system("command:change_price"))
    assert not prices.may_change(actor_for(olly_ops, origin="web"))
