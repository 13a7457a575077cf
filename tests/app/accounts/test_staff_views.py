"""Administrators help people who cannot sign in, from the person's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(alice_admin: Any) -> Client:
    client = Client()
    client.force_login(alice_admin)
    return client


def page_of(client: Client, person: Any) -> str:
    return client.get(reverse("privacy:person", args=[person.pk])).text


def lock(username: str) -> None:
    for _ in range(5):
        form = {"username": username, "password": "guessed"}
        Client().post(reverse("accounts:sign-in"), form)


def test_a_locked_person_is_shown_so_and_unlocked_by_a_button(
    alice: Client, alice_admin: Any, cara_customer: Any
) -> None:
    address = reverse("accounts:unlock", args=[cara_customer.pk])
    assert address not in page_of(alice, cara_customer)
    lock("cara_customer")
    page = page_of(alice, cara_customer)
    assert "locked after wrong passwords" in page
    assert address in page
    answer = alice.post(address, follow=True)
    assert "Unlocked: they can sign in at once." in answer.text
    assert address not in answer.text
    form = {"username": "cara_customer", "password": "correct horse battery"}
    assert Client().post(reverse("accounts:sign-in"), form).status_code == 302
    entry = Entry.objects.get(action="unlocked")
    assert (entry.actor_id, entry.subject) == (alice_admin.pk, f"user:{cara_customer.pk}")


def test_a_second_factor_is_reset_with_a_reason_and_audited(
    alice: Client, alice_admin: Any, olly_ops: Any
) -> None:
    address = reverse("accounts:reset-factor", args=[olly_ops.pk])
    assert address not in page_of(alice, olly_ops)
    TOTPDevice.objects.create(user=olly_ops, confirmed=True)
    assert address in page_of(alice, olly_ops)
    refused = alice.post(address, {"why": " "})
    assert refused.status_code == 400
    assert "Why: nothing written; say why, such as: phone lost." in refused.text
    assert second_factor.has_factor(olly_ops)
    answer = alice.post(address, {"why": "phone lost, called back"}, follow=True)
    assert "Second factor reset." in answer.text
    assert not second_factor.has_factor(olly_ops)
    entry = Entry.objects.get(action="second-factor-reset")
    assert (entry.actor_id, entry.reason) == (alice_admin.pk, "phone lost, called back")


def test_resetting_a_factor_that_is_none_says_so(alice: Client, olly_ops: Any) -> None:
    address = reverse("accounts:reset-factor", args=[olly_ops.pk])
    asked = alice.get(address)
    assert asked.status_code == 200
    assert "no second factor set up now" in asked.text
    answer = alice.post(address, {"why": "phone lost"}, follow=True)
    assert "There was no second factor to reset." in answer.text


def test_staff_who_may_look_but_not_manage_see_no_button(
    olly_ops: Any, ana_analyst: Any, cara_customer: Any
) -> None:
    TOTPDevice.objects.create(user=ana_analyst, confirmed=True)
    lock("cara_customer")
    client = Client()
    client.force_login(olly_ops)
    assert "Reset second factor" not in page_of(client, ana_analyst)
    assert "Unlock sign-in" not in page_of(client, cara_customer)
    looked = Entry.objects.filter(action="person-viewed", actor_id=olly_ops.pk).order_by("id")
    assert [entry.subject for entry in looked] == [
        f"user:{ana_analyst.pk}",
        f"user:{cara_customer.pk}",
    ]


@pytest.mark.parametrize("name", ["unlock", "reset-factor"])
def test_a_person_who_is_not_there_is_not_found(alice: Client, name: str) -> None:
    assert alice.post(reverse(f"accounts:{name}", args=[10**12])).status_code == 404
