"""accounts.deactivation: whoever leaves is out at once and everywhere, on record, and can come back
unless they were erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts import deactivation
from accounts.models import User
from audit.models import Entry
from core.actor import Actor, system
from privacy import erasure

pytestmark = pytest.mark.django_db
BY = system("test")
HERE = "orders:staff-list"


@pytest.fixture
def alice(alice_admin: Any) -> Client:
    return in_session(alice_admin)


@pytest.fixture
def gone_ops(olly_ops: Any) -> User:
    """Somebody of operations who left."""
    User.objects.filter(pk=olly_ops.pk).update(is_active=False)
    return User.objects.get(pk=olly_ops.pk)


def in_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def signs_in(username: str) -> bool:
    """By the page, as people do."""
    form = {"username": username, "password": "correct horse battery"}
    return Client().post(reverse("accounts:sign-in"), form).status_code == 302


def page_of(client: Client, user: User) -> str:
    return client.get(reverse("privacy:person", args=[user.pk])).text


def addresses(user: User) -> tuple[str, str, str]:
    names = ("role", "deactivate", "reactivate")
    role, away, back = (reverse(f"accounts:{name}", args=[user.pk]) for name in names)
    return role, away, back


def test_an_administrator_deactivates_on_the_page(
    alice: Client, alice_admin: Any, olly_ops: Any
) -> None:
    role, away, back = addresses(olly_ops)
    page = page_of(alice, olly_ops)
    assert [address in page for address in (role, away, back)] == [True, True, False]
    asked = alice.get(away)
    assert asked.status_code == 200
    assert "is signed out everywhere at once and cannot sign in any more." in asked.text
    assert 'class="wrong"' not in asked.text
    done = alice.post(away, {"why": " left the team "}, follow=True)
    assert done.redirect_chain == [(reverse("privacy:person", args=[olly_ops.pk]), 302)]
    assert "Deactivated: they cannot sign in any more." in done.text
    assert "<dt>Sign-in</dt><dd>deactivated</dd>" in done.text
    assert [address in done.text for address in (role, away, back)] == [False, False, True]
    assert not User.objects.get(pk=olly_ops.pk).is_active
    entry = Entry.objects.get(action="person-deactivated")
    assert (entry.actor_id, entry.actor_role, entry.origin) == (alice_admin.pk, "admin", "web")
    assert (entry.subject, entry.result) == (f"user:{olly_ops.pk}", "done")
    assert entry.reason == "left the team"


def test_an_administrator_brings_back_on_the_page(
    alice: Client, alice_admin: Any, gone_ops: User
) -> None:
    _, _, back = addresses(gone_ops)
    asked = alice.get(back)
    assert asked.status_code == 200
    assert "can sign in again, with the password, the role and the second" in asked.text
    done = alice.post(back, {"why": " came back "}, follow=True)
    assert done.redirect_chain == [(reverse("privacy:person", args=[gone_ops.pk]), 302)]
    assert "Reactivated: they can sign in again." in done.text
    assert "<dt>Sign-in</dt><dd>open</dd>" in done.text
    entry = Entry.objects.get(action="person-reactivated")
    assert (entry.actor_id, entry.actor_role, entry.origin) == (alice_admin.pk, "admin", "web")
    assert (entry.subject, entry.result) == (f"user:{gone_ops.pk}", "done")
    assert entry.reason == "came back"


def test_whoever_is_deactivated_is_signed_out_everywhere_and_cannot_sign_in(
    olly_ops: Any, ana_analyst: Any, now: datetime
) -> None:
    here, elsewhere, ana = in_session(olly_ops), in_session(olly_ops), in_session(ana_analyst)
    assert signs_in("olly_ops")
    assert Session.objects.count() == 4
    deactivation.deactivate(user=olly_ops, why="left the team", by=BY, now=now)
    assert [client.get(reverse(HERE)).status_code for client in (here, elsewhere)] == [302, 302]
    assert (ana.get(reverse(HERE)).status_code, Session.objects.count()) == (200, 1)
    assert not signs_in("olly_ops")
    assert User.objects.get(pk=olly_ops.pk).role == "ops"
    assert Entry.objects.get(action="person-deactivated").at == now


def test_whoever_comes_back_has_their_role_and_signs_in_anew(gone_ops: User, now: datetime) -> None:
    left_over = in_session(gone_ops)
    deactivation.reactivate(user=gone_ops, why="came back", by=BY, now=now)
    assert left_over.get(reverse(HERE)).status_code == 302
    assert signs_in("olly_ops")
    assert in_session(User.objects.get(pk=gone_ops.pk)).get(reverse(HERE)).status_code == 200
    assert Entry.objects.get(action="person-reactivated").at == now


def test_whoever_was_erased_never_comes_back(
    alice: Client, cara_customer: Any, now: datetime
) -> None:
    erasure.erase(user=cara_customer, why="asked to", by=BY, now=now)
    _, _, back = addresses(cara_customer)
    assert back not in page_of(alice, cara_customer)
    refused = alice.post(back, {"why": "came back"})
    assert refused.status_code == 409
    sentence = "has no password, as whoever was erased; add_person makes somebody known anew."
    assert f"User {cara_customer.pk}: {sentence}" in refused.text
    assert not User.objects.get(pk=cara_customer.pk).is_active
    assert Entry.objects.latest("id").action == "refused"


def test_what_makes_no_sense_is_refused_and_audited(
    alice_admin: Any, olly_ops: Any, cara_customer: Any, now: datetime
) -> None:
    User.objects.filter(pk=cara_customer.pk).update(is_active=False)
    by = Actor(id=alice_admin.pk, role="admin", origin="web")
    away, back = deactivation.deactivate, deactivation.reactivate
    for change, user, why, what, sentence in (
        (away, alice_admin, "x", "deactivation", "is you; ask another administrator."),
        (away, olly_ops, " ", "deactivation", "no reason given; say why, without names."),
        (
            away,
            cara_customer,
            "x",
            "deactivation",
            "is deactivated already; there is nothing to do.",
        ),
        (back, cara_customer, " ", "reactivation", "no reason given; say why, without names."),
        (back, olly_ops, "x", "reactivation", "is active already; there is nothing to do."),
    ):
        was = User.objects.get(pk=user.pk).is_active
        with pytest.raises(deactivation.CannotChangeAccount) as refused:
            change(user=user, why=why, by=by, now=now)
        assert str(refused.value) == f"User {user.pk}: {sentence}"
        entry = Entry.objects.latest("id")
        assert (entry.action, entry.result) == ("refused", "refused")
        assert (entry.subject, entry.actor_id, entry.at) == (f"user:{user.pk}", by.id, now)
        assert entry.reason == f"{what}: {refused.value}"
        assert User.objects.get(pk=user.pk).is_active == was


def test_nobody_shuts_themselves_out_on_the_page(alice: Client, alice_admin: Any) -> None:
    address = reverse("accounts:deactivate", args=[alice_admin.pk])
    refused = alice.post(address, {"why": "tired"})
    assert refused.status_code == 409
    assert "is you; ask another administrator." in refused.text
    assert User.objects.get(pk=alice_admin.pk).is_active
    silent = alice.post(address, {"why": " "})
    assert silent.status_code == 400
    assert "Why: nothing written; say why, such as: left the team, or came back." in silent.text


@pytest.mark.parametrize("change", [deactivation.deactivate, deactivation.reactivate])
def test_the_person_is_held_before_it_is_looked_whether_they_can_sign_in(
    cara_customer: Any, held_first: Any, now: datetime, change: Callable[..., None]
) -> None:
    User.objects.update(is_active=change is deactivation.deactivate)
    with held_first("accounts_user"):
        change(user=cara_customer, why="x", by=BY, now=now)


@pytest.mark.parametrize("change", [deactivation.deactivate, deactivation.reactivate])
def test_nobody_leaves_or_comes_back_without_an_entry(
    olly_ops: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    def broken(**told: object) -> None:
        raise OperationalError("the disk is full")

    was = change is deactivation.deactivate
    User.objects.update(is_active=was)
    in_session(olly_ops)
    monkeypatch.setattr("accounts.deactivation.audit.record", broken)
    with pytest.raises(OperationalError):
        change(user=olly_ops, why="x", by=BY, now=now)
    assert (User.objects.get().is_active, Session.objects.count()) == (was, 1)


def test_staff_who_may_look_but_not_manage_see_no_way_to_deactivate(
    olly_ops: Any, cara_customer: Any
) -> None:
    olly = in_session(olly_ops)
    _, away, back = addresses(cara_customer)
    assert away not in page_of(olly, cara_customer)
    User.objects.filter(pk=cara_customer.pk).update(is_active=False)
    assert back not in page_of(olly, cara_customer)


@pytest.mark.parametrize("name", ["deactivate", "reactivate"])
def test_a_person_who_is_not_there_is_not_found(alice: Client, name: str) -> None:
    assert alice.post(reverse(f"accounts:{name}", args=[10**12])).status_code == 404


def test_the_command_deactivates_and_brings_back(olly_ops: Any) -> None:
    def run(*words: str) -> str:
        out = StringIO()
        call_command("deactivate_person", *words, stdout=out)
        return out.getvalue()

    number = olly_ops.pk
    assert run("olly_ops", "--why", "left") == f"person  user {number} cannot sign in any more\n"
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.reason) == ("person-deactivated", "left")
    assert (entry.actor_role, entry.origin) == ("system", "command:deactivate_person")
    with pytest.raises(CommandError) as refused:
        run(f"user:{number}", "--why", "again")
    assert str(refused.value) == (
        f"deactivate_person: User {number}: is deactivated already; there is nothing to do."
    )
    assert run("olly_ops", "--back", "--why", "is back") == (
        f"person  user {number} can sign in again\n"
    )
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.reason) == ("person-reactivated", "is back")
    assert (entry.actor_role, entry.origin) == ("system", "command:deactivate_person")
    with pytest.raises(CommandError, match="'olly' is nobody's name here"):
        run("olly", "--why", "left")
    with pytest.raises(CommandError, match="the following arguments are required: --why"):
        run("olly_ops")
