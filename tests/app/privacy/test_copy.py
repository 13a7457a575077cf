"""privacy.copy: a person gets all that is held about them, and nothing about anybody else."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.services import give_role
from audit.models import Entry
from privacy import copy
from tests.app.conftest import person

OWN = reverse("privacy:own")


def _views() -> list[tuple[int | None, str, str, str]]:
    return list(
        Entry.objects.filter(action="person-viewed").values_list(
            "actor_id", "origin", "subject", "result"
        )
    )


def test_a_copy_holds_account_orders_money_history_and_subscriptions(known: Any) -> None:
    order = known.buy()
    known.subscribe()
    for role in (Role.OPS, Role.CUSTOMER):
        give_role(user=known.person, role=role)
    found = json.loads(json.dumps(copy.of(known.person)))
    assert found["account"]["email"] == "cara@example.org"
    assert (found["account"]["first_name"], found["account"]["role"]) == ("Caroline", "customer")
    [one] = found["orders"]
    assert (one["id"], one["total_pennies"], one["status"]) == (order.pk, 10_000, "fulfilled")
    assert [line["quantity"] for line in one["lines"]] == [2]
    assert [payment["captured_pennies"] for payment in one["payments"]] == [10_000]
    assert one["payments"][0]["refunds"] == one["payments"][0]["disputes"] == []
    assert [step["target"] for step in one["history"]] == ["pending", "paid", "fulfilled"]
    [subscription] = found["subscriptions"]
    assert subscription["stripe_customer_id"] == "cus_77"
    assert (subscription["items"], subscription["mrr"]) == ([], [])
    assert [start["status"] for start in found["subscription_pages"]] == ["completed"]
    assert {entry["action"] for entry in found["audit"]} >= {"role-changed"}


def test_a_copy_holds_no_word_about_anybody_else_and_nothing_that_opens_the_account(
    known: Any, cara_customer: Any
) -> None:
    known.buy()
    carl = person("carl_customer", "customer")
    carl.email = "carl@example.net"
    carl.save()
    found = str(copy.of(carl))
    assert [word for word in (*known.words, "cus_") if word in found] == []
    assert copy.of(carl)["orders"] == []
    hers = str(copy.of(known.person))
    assert cara_customer.password not in hers
    assert "checkout" not in hers


@pytest.mark.django_db
def test_somebody_without_a_role_has_none_in_the_copy() -> None:
    nobody = User.objects.create_user("nora_nobody")
    assert copy.of(nobody)["account"]["role"] is None


def test_a_copy_is_written_for_people_too() -> None:
    written = copy.as_json({"account": {"first_name": "Zoë"}, "orders": []})
    assert (
        written
        == """{
  "account": {
    "first_name": "Zoë"
  },
  "orders": []
}"""
    )


def test_one_downloads_ones_own_and_that_is_audited(known: Any) -> None:
    client = Client()
    client.force_login(known.person)
    response = client.get(OWN)
    assert json.loads(response.content)["account"]["username"] == "cara_customer"
    assert response["Content-Disposition"].startswith(
        f'attachment; filename="purelaka-{known.person.pk}-'
    )
    assert response["Cache-Control"] == "no-store"
    assert _views() == [(known.person.pk, "web", f"user:{known.person.pk}", "done")]


def test_asking_for_the_headers_alone_looks_at_nothing(known: Any) -> None:
    client = Client()
    client.force_login(known.person)
    assert client.head(OWN).content == b""
    assert _views() == []


def test_the_command_prints_the_same_and_is_audited(known: Any) -> None:
    out = StringIO()
    call_command("person_data", "cara_customer", stdout=out)
    assert json.loads(out.getvalue())["account"]["last_name"] == "Quill"
    assert _views() == [(None, "command:person_data", f"user:{known.person.pk}", "done")]
    with pytest.raises(CommandError, match="'x' is nobody's name here"):
        call_command("person_data", "x")
