"""stripe_twin.billing.invoices, without a server: drafts, numbers, due dates and ends, on file."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin.api import customers
from stripe_twin.billing import catalogue, coupons, invoices, taxes
from stripe_twin.billing.invoice_objects import Charged
from stripe_twin.errors import StripeError
from tests.app.stripe_twin.conftest import Desk

DAY_S = 86_400
NOW = 1_800_000_000


@pytest.fixture
def cara(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Time stands still for her."""
    monkeypatch.setattr(desk.account.clock, "now", lambda: NOW)
    made = desk.does(customers._create, {"email": "cara@example.com", "name": "Cara"})
    desk.heard()
    return made


def drafted(desk: Desk, cara: Any, *amounts: int, **options: Any) -> Any:
    charged = [Charged(amount, "Visit", NOW, NOW) for amount in amounts]
    return desk.does(
        invoices.draft, customer=cara, currency="gbp", reason="manual", charged=charged, **options
    )


def test_draft_asks_for_all_of_it_and_is_told(desk: Desk, cara: Any) -> None:
    draft = drafted(desk, cara, 1500, 500, description="Two visits")
    assert (draft["status"], draft["subtotal"], draft["amount_due"]) == ("draft", 2000, 2000)
    assert (draft["description"], draft["parent"], draft["discounts"]) == ("Two visits", None, [])
    assert [line["amount"] for line in draft["lines"]["data"]] == [1500, 500]
    assert desk.heard() == ["invoice.created"]


def test_draft_of_a_subscription_names_it_and_is_its_latest(desk: Desk, cara: Any) -> None:
    sub = {"id": "sub_1", "metadata": {"a": "1"}, "collection_method": "send_invoice"}
    draft = drafted(desk, cara, 1000, sub=sub)
    assert draft["parent"]["subscription_details"] == {
        "metadata": {"a": "1"},
        "subscription": "sub_1",
    }
    assert draft["collection_method"] == "send_invoice"
    assert sub["latest_invoice"] == draft["id"]


def test_discounts_take_from_the_whole_and_never_more_than_there_is(desk: Desk, cara: Any) -> None:
    coupon = {"id": "MUCH", "amount_off": 1700, "percent_off": None}
    discount = {"id": "di_1", "source": {"coupon": "MUCH"}}
    desk.does(lambda account: account.store.put("coupon", coupon))
    desk.does(lambda account: account.store.put("discount", discount))
    draft = drafted(desk, cara, 1500, 500, discounts=["di_1"])
    assert (draft["discounts"], draft["total"]) == (["di_1"], 300)
    taken = [line["discount_amounts"][0]["amount"] for line in draft["lines"]["data"]]
    assert taken == [1500, 200]


def test_open_invoice_has_the_customers_next_number(desk: Desk, cara: Any) -> None:
    prefix = cara["invoice_prefix"]
    numbers = []
    for _ in range(2):
        draft = drafted(desk, cara, 2000)
        desk.heard()
        opened = desk.does(invoices.finalize, draft)
        numbers.append(opened["number"])
        assert (opened["status"], opened["ending_balance"], opened["due_date"]) == ("open", 0, None)
        assert opened["status_transitions"]["finalized_at"] == opened["effective_at"] == NOW
        assert opened["hosted_invoice_url"] == f"http://127.0.0.1:9/c/invoice/{draft['id']}"
        assert desk.heard() == ["invoice.finalized"]
    assert numbers == [f"{prefix}-0001", f"{prefix}-0002"]
    assert desk.account.store.all("later") == []
    with pytest.raises(StripeError, match="cannot be finalized: it is open, expected draft"):
        desk.does(invoices.finalize, draft)


@pytest.mark.parametrize(("days", "due"), [(14, NOW + 14 * DAY_S), (None, NOW)])
def test_invoice_that_is_sent_is_due_after_so_many_days(
    desk: Desk, cara: Any, days: int | None, due: int
) -> None:
    draft = drafted(desk, cara, 2000, collection_method="send_invoice", _days_until_due=days)
    assert desk.does(invoices.finalize, draft)["due_date"] == due
    [job] = desk.account.store.all("later")
    assert (job["object"], job["due"], job["ending"]) == (draft["id"], due, "invoice_moves")


def test_invoice_that_asks_for_nothing_is_paid_at_once(desk: Desk, cara: Any) -> None:
    draft = drafted(desk, cara)
    desk.heard()
    opened = desk.does(invoices.finalize, draft)
    assert (opened["status"], opened["amount_paid"], opened["attempted"]) == ("paid", 0, True)
    assert opened["status_transitions"]["paid_at"] == NOW
    told = ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"]
    assert desk.heard() == told


def test_open_invoice_is_voided_and_a_paid_one_is_not(desk: Desk, cara: Any) -> None:
    draft = desk.does(invoices.finalize, drafted(desk, cara, 2000))
    desk.heard()
    voided = desk.does(invoices.void, draft)
    assert (voided["status"], voided["status_transitions"]["voided_at"]) == ("void", NOW)
    assert desk.heard() == ["invoice.voided"]
    paid = desk.does(invoices.finalize, drafted(desk, cara))
    with pytest.raises(StripeError, match="cannot be voided: it is paid, expected open or uncoll"):
        desk.does(invoices.void, paid)


@pytest.mark.parametrize(
    ("coupon", "amount", "off"),
    [
        ({"amount_off": 300}, 1000, 300),
        ({"amount_off": 300}, 200, 200),
        ({"percent_off": "33.33"}, 1000, 333),
        ({"percent_off": 50}, 1, 1),
        ({"percent_off": 12.5}, 100, 13),
    ],
)
def test_coupon_takes_whole_minor_units(coupon: Any, amount: int, off: int) -> None:
    assert coupons.off({"amount_off": None, **coupon}, amount) == off


SOME, MANY = {"product": "prod_1"}, {"product": "prod_2"}
FOR_SOME = {"_applies_to": {"products": ["prod_1", "prod_3"]}}


@pytest.mark.parametrize(
    ("coupon", "price", "lowers"),
    [
        ({}, SOME, True),
        ({}, None, True),
        (FOR_SOME, SOME, True),
        (FOR_SOME, MANY, False),
        (FOR_SOME, None, False),
    ],
)
def test_coupon_for_some_products_lowers_these_alone(coupon: Any, price: Any, lowers: bool) -> None:
    assert coupons.lowers(coupon, price) is lowers


@pytest.mark.parametrize(("left", "off"), [(3000, 500), (700, 350)])
def test_coupon_takes_from_the_prices_of_its_products(left: int, off: int) -> None:
    half = {"amount_off": None, "percent_off": 50, **FOR_SOME}
    assert coupons.off_all(half, [(SOME, 1000), (MANY, 2000)], left=left) == off


def test_lines_that_a_coupon_does_not_lower_keep_their_price(desk: Desk, cara: Any) -> None:
    coupon = {"id": "SOME", "amount_off": 1200, "percent_off": None, **FOR_SOME}
    discount = {"id": "di_1", "source": {"coupon": "SOME"}}
    desk.does(lambda account: account.store.put("coupon", coupon))
    desk.does(lambda account: account.store.put("discount", discount))
    priced = {"id": "price_1", "unit_amount_decimal": "1000"}
    charged = [Charged(1000, "Visit", NOW, NOW, price=priced | of) for of in (MANY, SOME, SOME)]
    draft = desk.does(
        invoices.draft,
        customer=cara,
        currency="gbp",
        reason="manual",
        charged=charged,
        discounts=["di_1"],
    )
    taken = [[off["amount"] for off in line["discount_amounts"]] for line in draft["lines"]["data"]]
    assert (taken, draft["total"]) == ([[], [1000], [200]], 1800)


@pytest.mark.parametrize(
    ("each", "quantity", "total"), [("0.5", 1000, 500), ("0.5", 1, 1), ("1500", 2, 3000)]
)
def test_cost_is_whole_minor_units(each: str, quantity: int, total: int) -> None:
    assert catalogue.cost({"unit_amount_decimal": each}, quantity) == total


def test_tax_is_in_the_price_or_on_top_of_it() -> None:
    inside = {"id": "txr_1", "percentage": 20.0, "inclusive": True}
    second = {"id": "txr_2", "percentage": 5.0, "inclusive": True}
    beyond = {"id": "txr_3", "percentage": 10.0, "inclusive": False}

    def owed(amount: int, *rates: Any) -> list[tuple[int, str, int]]:
        return [
            (tax["amount"], tax["tax_behavior"], tax["taxable_amount"])
            for tax in taxes.taxes_on(amount, [*rates])
        ]

    assert owed(1200, inside) == [(200, "inclusive", 1000)]
    assert owed(1000, beyond) == [(100, "exclusive", 1000)]
    assert owed(1250, inside, second, beyond) == [
        (200, "inclusive", 1000),
        (50, "inclusive", 1000),
        (100, "exclusive", 1000),
    ]
    assert taxes.taxes_on(1200, [inside])[0]["tax_rate_details"] == {"tax_rate": "txr_1"}
