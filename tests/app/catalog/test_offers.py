"""catalog.offers: a new product comes on sale by a command, on record, or is refused; so it goes
off sale and comes back."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from catalog.models import Product
from catalog.offers import CannotOffer, add_product, set_on_sale
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


@pytest.mark.parametrize("currency", ["BHD", "ISK", "JOD", "KWD", "OMR", "TND", "UGX"])
def test_product_in_a_currency_that_stripe_charges_in_steps_is_refused(
    now: Any, currency: str
) -> None:
    with pytest.raises(CannotOffer) as refused:
        add_product(**{**MUG, "currency": currency}, now=now)
    assert str(refused.value) == (
        f"product mug: found currency {currency}, in which Stripe cannot charge every amount; "
        "choose another such as GBP."
    )
    assert not Product.objects.exists()


@pytest.mark.parametrize("currency", ["ISK", "KWD"])
def test_what_was_on_sale_in_such_a_currency_never_comes_back(now: Any, currency: str) -> None:
    Product.objects.create(
        slug="mug", name="Mug", price_pennies=1, currency=currency, is_on_sale=False
    )
    with pytest.raises(CannotOffer) as refused:
        set_on_sale(
            among=Product.objects.all(), named="mug", on_sale=True, by=ALICE, why="x", now=now
        )
    assert str(refused.value) == (
        f"product mug: found currency {currency}, in which Stripe cannot charge every amount; "
        "choose another such as GBP."
    )
    assert not Product.objects.get().is_on_sale
    assert Entry.objects.get().reason == f"sale: {refused.value}"


# Stripe pays out HUF and TWD in steps, and charges every amount of them.
@pytest.mark.parametrize("currency", ["EUR", "HUF", "JPY", "TWD"])
def test_product_in_any_other_currency_comes_on_sale(now: Any, currency: str) -> None:
    add_product(**{**MUG, "currency": currency}, now=now)
    assert [product.currency for product in Product.objects.all()] == [currency]


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


def _jug(*, is_on_sale: bool = True) -> Product:
    return Product.objects.create(
        slug="jug", name="Jug", price_pennies=900, currency="GBP", is_on_sale=is_on_sale
    )


def _set(now: Any, **changed: Any) -> None:
    given = {"among": Product.objects.all(), "named": "jug", "on_sale": False, "by": ALICE}
    set_on_sale(**{**given, "why": "sold out", "now": now, **changed})


@pytest.mark.parametrize(
    ("on_sale", "action"), [(False, "taken-off-sale"), (True, "put-back-on-sale")]
)
def test_off_sale_and_back_is_on_record_with_who_and_why(
    now: Any, on_sale: bool, action: str
) -> None:
    jug = _jug(is_on_sale=not on_sale)
    add_product(**MUG, now=now)
    _set(now, on_sale=on_sale, why=" sold out ")
    sold = dict(Product.objects.values_list("slug", "is_on_sale"))
    assert sold == {"jug": on_sale, "mug": True}
    entries = Entry.objects.exclude(action="product-added")
    assert [entry.action for entry in entries] == [action]
    [entry] = entries
    assert (entry.subject, entry.result, entry.at) == (f"product:{jug.pk}", "done", now)
    assert (entry.actor_id, entry.actor_role, entry.reason) == (7, "admin", "sold out")
    assert ("Jug" in Client().get(reverse("catalog:shop-front")).text) is on_sale


@pytest.mark.parametrize(
    ("changed", "subject", "sentence"),
    [
        ({"on_sale": True}, "jug", "product jug: on sale already; nothing to change."),
        ({"named": "fan"}, "fan", "product fan: off sale already; nothing to change."),
        ({"named": "jgu"}, "unknown", "product jgu: not found; did you mean jug?"),
        ({"named": "vase"}, "unknown", "product vase: not found; there are: fan, jug."),
        (
            {"among": Product.objects.none()},
            "unknown",
            "product jug: not found; there is none yet.",
        ),
        (
            {"why": "  "},
            "jug",
            "product jug: a reason of 0 characters, 1 to 300 expected; say why.",
        ),
        (
            {"why": "x" * 301},
            "jug",
            "product jug: a reason of 301 characters, 1 to 300 expected; say why.",
        ),
        (
            {"by": Actor(id=8, role="ops", origin="web")},
            "jug",
            "product jug: ops cannot take it off sale; ask an administrator.",
        ),
        (
            {"by": Actor(id=8, role="customer", origin="web"), "on_sale": True, "named": "vase"},
            "unknown",
            "product vase: customer cannot put it back on sale; ask an administrator.",
        ),
    ],
)
def test_off_sale_that_makes_no_sense_is_refused_audited_and_changes_nothing(
    now: Any, changed: dict[str, Any], subject: str, sentence: str
) -> None:
    fan = Product.objects.create(
        slug="fan", name="Z fan", price_pennies=1, currency="GBP", is_on_sale=False
    )
    keys = {"jug": _jug().pk, "fan": fan.pk, "unknown": "unknown"}
    with pytest.raises(CannotOffer) as refused:
        _set(now, **changed)
    assert str(refused.value) == sentence
    sold = dict(Product.objects.values_list("slug", "is_on_sale"))
    assert sold == {"fan": False, "jug": True}
    [entry] = Entry.objects.all()
    assert (entry.action, entry.result, entry.at) == ("refused", "refused", now)
    assert (entry.subject, entry.reason) == (f"product:{keys[subject]}", f"sale: {sentence}")


@pytest.mark.parametrize("why", ["x", "x" * 300])
def test_shortest_and_longest_reason_for_off_sale_are_fine(now: Any, why: str) -> None:
    _jug()
    _set(now, why=why)
    assert [entry.reason for entry in Entry.objects.all()] == [why]


def test_product_is_held_before_it_is_looked_whether_it_is_on_sale(now: Any) -> None:
    _jug()
    with CaptureQueriesContext(connection) as sent:
        _set(now)
    looked = [query["sql"] for query in sent if "is_on_sale" in query["sql"]]
    assert [sql.split()[0] for sql in looked] == ["SELECT", "UPDATE"]
    assert "FOR UPDATE" in looked[0]
