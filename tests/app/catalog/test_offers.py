"""catalog.offers: a new product comes on sale by a command, on record, or is refused."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from catalog.models import Product
from catalog.offers import CannotOffer, add_product
from core.actor import Actor

pytestmark = pytest.mark.django_db
ALICE = Actor(id=7, role="admin", origin="web")
MUG = {"slug": "mug", "name": "Mug", "price_pennies": 1, "currency": "GBP", "by": ALICE}


def test_new_product_is_on_sale_and_on_record(now: Any) -> None:
    product = add_product(**MUG, description="Thrown by hand.", now=now)
    assert Product.objects.get() == product
    stored = Product.objects.values(
        "slug", "name", "description", "price_pennies", "currency"
    ).get()
    assert stored == {
        "slug": "mug",
        "name": "Mug",
        "description": "Thrown by hand.",
        "price_pennies": 1,
        "currency": "GBP",
    }
    page = Client().get(reverse("catalog:shop-front")).text
    assert "Thrown by hand." in page
    assert Entry.objects.count() == 1
    entry = Entry.objects.get()
    assert (entry.action, entry.result, entry.at) == ("product-added", "done", now)
    assert (entry.subject, entry.actor_id) == (f"product:{product.pk}", 7)
    assert entry.details == {"price_pennies": 1, "currency": "GBP"}


def test_product_needs_no_description(now: Any) -> None:
    assert add_product(**MUG, now=now).description == ""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"price_pennies": 0}, "product mug: £0.00 asked, more than nothing expected."),
        ({"price_pennies": -1}, "product mug: -£0.01 asked, more than nothing expected."),
        (
            {"currency": "gbp"},
            "product mug: found currency 'gbp', expected three capitals such as GBP.",
        ),
        (
            {"currency": "POUND"},
            "product mug: found currency 'POUND', expected three capitals such as GBP.",
        ),
        ({"name": ""}, "product mug: name: This field cannot be blank."),
        (
            {"slug": "a mug", "name": ""},
            "product a mug: name: This field cannot be blank. slug: Enter a valid “slug” "
            "consisting of letters, numbers, underscores or hyphens.",
        ),
        ({"slug": "jug"}, "product jug: slug: Product with this Slug already exists."),
        (
            {"by": Actor(id=8, role="ops", origin="web")},
            "product mug: ops cannot add it; ask an administrator.",
        ),
    ],
)
def test_product_that_makes_no_sense_is_refused_audited_and_not_there(
    now: Any, changed: dict[str, Any], sentence: str
) -> None:
    Product.objects.create(slug="jug", name="Jug", price_pennies=900, currency="GBP")
    with pytest.raises(CannotOffer) as refused:
        add_product(**{**MUG, **changed}, now=now)
    assert str(refused.value) == sentence
    assert [product.slug for product in Product.objects.all()] == ["jug"]
    entry = Entry.objects.get()
    assert (entry.action, entry.subject) == ("refused", "product:new")
    assert entry.reason == f"new product: {sentence}"


def test_of_two_who_add_it_at_once_the_second_is_told(
    now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_product(**MUG, now=now)
    # Both looked before either had saved.
    monkeypatch.setattr(Product, "full_clean", lambda self, exclude: None)
    with pytest.raises(CannotOffer) as refused:
        add_product(**MUG, now=now)
    assert str(refused.value) == "product mug: somebody added it this moment."
    assert Product.objects.count() == 1


def test_the_command_adds_a_product_and_refuses_in_a_sentence() -> None:
    out = StringIO()
    words = ("--name", "Stoneware mug", "--price")
    call_command("add_product", "mug", *words, "£22", "--description", "350 ml", stdout=out)
    call_command("add_product", "lamp", *words, "900", "--currency", "JPY", stdout=out)
    assert out.getvalue() == (
        "product  mug, £22.00, on sale from now on\nproduct  lamp, ¥900, on sale from now on\n"
    )
    mug = Product.objects.get(slug="mug")
    assert (mug.name, mug.description, mug.is_on_sale) == ("Stoneware mug", "350 ml", True)
    assert {entry.origin for entry in Entry.objects.all()} == {"command:add_product"}
    for slug, price, sentence in (
        ("jug", "much", "add_product: Amount: 'much' is not a number"),
        ("mug", "22", "add_product: product mug: slug: Product with this Slug already exists."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("add_product", slug, *words, price)
        assert str(refused.value).startswith(sentence)
