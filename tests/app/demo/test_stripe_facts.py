"""demo.stripe_facts: what is to be set up at Stripe is what the code asks of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.facts import facts
from demo.stripe_facts import PERMISSIONS, event_types, key_permissions
from webhooks.facts import HANDLED


def test_every_type_of_event_that_the_shop_acts_on_is_named_once() -> None:
    told = facts()["webhooks.event_types"]
    assert told == event_types()
    named = [name for row in event_types() for name in row["types"]]
    assert sorted(named) == sorted(HANDLED)
    assert [row["object"] for row in event_types()] == [
        *("checkout.session", "payment_intent", "refund", "dispute", "subscription")
    ]
    assert event_types()[2]["types"] == [
        *("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
    ]


def test_the_keys_permissions_are_what_the_gateway_calls() -> None:
    assert facts()["stripe.key_permissions"] == key_permissions()
    assert {row["permission"]: row["access"] for row in key_permissions()} == {
        "Charges and Refunds": "write",
        "Checkout Sessions": "write",
        "Coupons": "read",
        "Disputes": "read",
        "Events": "read",
        "Invoices": "read",
        "PaymentIntents": "read",
        "Prices": "write",
        "Products": "write",
        "Subscriptions": "write",
        "Webhook Endpoints": "read",
    }
    assert [row["permission"] for row in key_permissions()] == sorted(
        {name for names in PERMISSIONS.values() for name in names}
    )


def test_one_call_that_writes_asks_for_writing_whatever_else_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "def f():\n"
        "    client().v1.refunds.list()\n"
        "    other().v1.events.list()\n"
        "    return g(client().v1.refunds.create(params={}).id)\n"
    )
    (tmp_path / "b.py").write_text("client().v1.disputes.retrieve('dp_1')\n")
    (tmp_path / "c.txt").write_text("client().v1.events.list()\n")
    assert key_permissions(tmp_path) == [
        {"permission": "Charges and Refunds", "access": "write"},
        {"permission": "Disputes", "access": "read"},
    ]


@pytest.mark.parametrize(("verb", "access"), [("list", "read"), ("update", "write")])
def test_what_a_subscription_shows_is_only_read(tmp_path: Path, verb: str, access: str) -> None:
    (tmp_path / "a.py").write_text(f"client().v1.subscriptions.{verb}()\n")
    assert key_permissions(tmp_path) == [
        {"permission": "Coupons", "access": "read"},
        {"permission": "Subscriptions", "access": access},
    ]


def test_a_call_whose_permission_nobody_named_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("client().v1.payouts.create()\n")
    with pytest.raises(KeyError, match="payouts"):
        key_permissions(tmp_path)
