"""privacy.erasure: who somebody was goes from every table, what they bought and paid stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import lockout
from accounts.access import actor_for
from audit.models import Entry
from audit.services import verify_chain
from core.actor import system
from orders.models import Order
from payments.models import Payment
from privacy import erasure, open_money
from refunds.services import issue
from subscriptions.models import Start, Subscription
from tests.app.conftest import person
from tests.app.privacy.conftest import tables_that_name
from webhooks.forgetting import empty_about
from webhooks.models import StripeEvent

BY = system("test")


def _erase(known: Any, **changed: Any) -> erasure.Erased:
    given = {"user": known.person, "why": "asked to", "by": BY, "now": known.now, **changed}
    return erasure.erase(**given)


def test_nothing_in_the_database_names_the_person_any_more(known: Any) -> None:
    order = known.buy()
    known.subscribe()
    payment = Payment.objects.get(order=order)
    known.heard(payment.stripe_intent_id)
    known.heard("ch_1", payment_intent=payment.stripe_intent_id)
    known.heard("cus_77")
    known.heard("in_1", customer="cus_77")
    client = Client()
    client.login(username="cara_customer", password="correct horse battery")
    client.post(reverse("accounts:sign-in"), {"username": "cara_customer", "password": "wrong"})
    client.get(reverse("orders:mine"))
    assert tables_that_name(known.words) >= {
        ("accounts.User", "Caroline"),
        ("webhooks.StripeEvent", "Lime Street"),
    }
    _erase(known)
    assert tables_that_name(known.words) == set()


def test_orders_and_money_stay_as_they_were(known: Any) -> None:
    order = known.buy()
    known.subscribe()
    kept = {
        Order: ("pk", "customer_id", "status", "total_pennies", "captured_pennies"),
        Payment: ("pk", "order_id", "status", "captured_pennies", "stripe_intent_id"),
        Subscription: ("pk", "customer_id", "stripe_customer_id", "mrr_pennies"),
    }
    before = {model: list(model.objects.values_list(*columns)) for model, columns in kept.items()}
    _erase(known)
    after = {model: list(model.objects.values_list(*columns)) for model, columns in kept.items()}
    assert after == before
    assert before[Order][0][0] == order.pk
    assert not Start.objects.exclude(checkout_url="").exists()
    assert verify_chain() is None


def test_the_person_is_signed_out_everywhere_and_cannot_sign_in(known: Any) -> None:
    client, other = Client(), Client()
    client.force_login(known.person)
    other.force_login(person("carl_customer", "customer"))
    TOTPDevice.objects.create(user=known.person, name="phone")
    StaticDevice.objects.create(user=known.person, name="recovery codes")
    AccessAttempt.objects.all().delete()
    Client().post(reverse("accounts:sign-in"), {"username": "cara_customer", "password": "wrong"})
    assert AccessAttempt.objects.count() == 1
    _erase(known)
    assert client.get(reverse("orders:mine")).status_code == 302
    assert other.get(reverse("orders:mine")).status_code == 200
    assert Session.objects.count() == 1
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert not AccessAttempt.objects.exists()
    assert lockout.forget_person(known.person) == 0
    for name in ("cara_customer", erasure.name_of(known.person.pk)):
        assert not Client().login(username=name, password="correct horse battery")


@pytest.mark.slow
def test_whoever_is_erased_is_held_from_before_it_is_looked_whether_they_can_be(
    is_held: Any, cara_customer: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or they could buy something between the look and the end of their name."""
    held = []
    monkeypatch.setattr(erasure, "_check", lambda user, **asked: held.append(is_held(user)))
    erasure.erase(user=cara_customer, why="asked to", by=BY, now=now)
    assert [*held, is_held(cara_customer)] == [True, False]


def test_of_the_person_nothing_is_left_to_sign_in_or_pay_with(
    shop: Any, cara_customer: Any, now: datetime
) -> None:
    payment = shop.checkout(shop.order())
    Client().login(username="cara_customer", password="correct horse battery")
    cara_customer.refresh_from_db()
    assert cara_customer.last_login is not None
    assert payment.checkout_url
    erasure._anonymise(cara_customer)
    cara_customer.refresh_from_db()
    payment.refresh_from_db()
    assert (cara_customer.last_login, payment.checkout_url) == (None, "")
    assert not cara_customer.has_usable_password()


def test_everything_of_theirs_at_stripe_is_known_by_its_id(known: Any) -> None:
    order = known.buy()
    ops = actor_for(person("otto_ops", "ops"), origin="web")
    refund = issue(order=order, asked_pennies=100, reason="late", by=ops, now=known.now)
    payment = refund.payment
    ids = {payment.stripe_session_id, payment.stripe_intent_id, refund.stripe_refund_id}
    assert set(erasure._objects(known.person)) == ids


def test_how_many_bodies_were_emptied_is_told(known: Any) -> None:
    known.heard("cus_77")
    known.heard("in_1", customer="cus_77")
    known.heard("cus_somebody_else")
    assert empty_about({"cus_77"}) == 2


def test_bodies_about_others_stay(known: Any) -> None:
    known.subscribe()
    known.heard("cus_somebody_else")
    known.heard("in_2", customer="cus_somebody_else")
    _erase(known)
    assert not StripeEvent.objects.filter(payload={}).exists()


def test_it_says_whom_to_delete_at_stripe_and_is_audited(known: Any, alice_admin: Any) -> None:
    known.subscribe()
    alice = actor_for(alice_admin, origin="web")
    assert _erase(known, by=alice) == erasure.Erased(known.person.pk, ["cus_77"])
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.result) == ("person-erased", "done")
    assert (entry.actor_id, entry.subject) == (alice_admin.pk, f"user:{known.person.pk}")
    assert (entry.reason, entry.details["customers_at_stripe"]) == ("asked to", 1)


def _pending(known: Any) -> None:
    known.shop.order()


def _paid(known: Any) -> None:
    known.shop.paid_order()


@contextmanager
def _past_the_triggers() -> Iterator[Callable[..., None]]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor.execute
        cursor.execute("SET session_replication_role = origin")


def _unguarded(sql: str) -> Callable[[Any], None]:
    """Everything settled, and one row then changed past the triggers."""

    def plant(known: Any) -> None:
        known.subscribe() if "subscriptions_" in sql else known.buy()
        with _past_the_triggers() as execute:
            execute(sql, {"now": known.now})

    return plant


# Refunded, disputed, and whether anything of £100.00 is left.
LEFT = [
    (0, 10000, False),
    (4000, 6000, False),
    (4000, 10000, False),
    (4000, 5999, True),
    (3999, 6000, True),
]


OPEN: dict[str, Callable[[Any], None]] = {
    "an order waits for its payment": _pending,
    "an order is paid and not sent": _paid,
    "a payment is under way": _unguarded(
        "UPDATE payments_payment SET status = 'processing', captured_pennies = 0"
    ),
    "a refund is on its way": _unguarded(
        "INSERT INTO refunds_refund (payment_id, status, currency, amount_pennies, reason,"
        " idempotency_key, failure, requested_at)"
        " SELECT id, 'pending', 'GBP', 1, 'x', 'k', '', %(now)s FROM payments_payment"
    ),
    "a dispute is open": _unguarded(
        "INSERT INTO payments_dispute (payment_id, stripe_dispute_id, status, currency,"
        " amount_pennies, reason, opened_at)"
        " SELECT id, 'dp_1', 'needs_response', 'GBP', 1, 'x', %(now)s FROM payments_payment"
    ),
    "money came for a canceled order and was not given back": _unguarded(
        "UPDATE orders_order SET status = 'canceled'"
    ),
    "a subscription goes on": _unguarded(
        "UPDATE subscriptions_subscription SET status = 'past_due'"
    ),
    "a page at Stripe still sells a subscription": _unguarded(
        "UPDATE subscriptions_start SET status = 'open'"
    ),
}


# By the reasons that there are: one that nobody planted above fails here.
@pytest.mark.parametrize("words", [words for words, _ in open_money.REASONS])
def test_money_that_is_open_stands_in_the_way(known: Any, words: str) -> None:
    OPEN[words](known)
    with pytest.raises(erasure.CannotErase) as refused:
        _erase(known)
    assert str(refused.value) == f"User {known.person.pk}: {words}; settle that first."
    known.person.refresh_from_db()
    assert (known.person.first_name, known.person.is_active) == ("Caroline", True)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.result) == ("person-erased", "refused")
    assert entry.reason == str(refused.value)


@pytest.mark.parametrize("outcome", ["lost", "won"])
def test_money_that_a_bank_took_back_is_owed_to_nobody(known: Any, outcome: str) -> None:
    """Such an order stays paid and unsent for good, so it must not keep anybody for good."""
    order = known.shop.paid_order()
    intent = Payment.objects.get().stripe_intent_id
    dispute = known.shop.twin.control.open_dispute(intent=intent)["id"]
    known.shop.deliver()
    assert open_money.of(known.person) == ["a dispute is open"]
    known.shop.twin.control.close_dispute(id=dispute, outcome=outcome)
    known.shop.deliver()
    order.refresh_from_db()
    assert order.status == "paid"
    if outcome == "won":
        assert open_money.of(known.person) == ["an order is paid and not sent"]
        return
    assert open_money.of(known.person) == []
    assert _erase(known) == erasure.Erased(known.person.pk, [])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("paid", "an order is paid and not sent"),
        ("canceled", "money came for a canceled order and was not given back"),
    ],
)
@pytest.mark.parametrize(("refunded", "disputed", "is_held"), LEFT)
def test_what_refunds_and_disputes_left_is_still_owed(
    known: Any, status: str, words: str, refunded: int, disputed: int, is_held: bool
) -> None:
    """Of £100.00, however much of one of its payments went back twice."""
    known.shop.paid_order()
    with _past_the_triggers() as execute:
        execute("UPDATE payments_payment SET refunded_pennies = %s", [refunded])
        execute("UPDATE payments_payment SET disputed_pennies = %s", [disputed])
        execute("UPDATE orders_order SET refunded_pennies = %s, status = %s", [refunded, status])
    assert open_money.of(known.person) == ([words] if is_held else [])


def test_an_order_that_no_payment_bears_is_owed(known: Any) -> None:
    known.shop.paid_order()
    with _past_the_triggers() as execute:
        execute("DELETE FROM payments_payment")
    assert open_money.of(known.person) == ["an order is paid and not sent"]


def test_what_is_disputed_of_one_payment_is_not_taken_from_another(known: Any) -> None:
    known.shop.paid_order()
    with _past_the_triggers() as execute:
        execute(
            "INSERT INTO payments_payment (order_id, status, currency, amount_pennies,"
            " captured_pennies, refunded_pennies, pending_refund_pennies, disputed_pennies,"
            " idempotency_key, checkout_url, last_failure, created_at)"
            " SELECT order_id, status, currency, 100, 100, 100, 0, 10000, 'k', '', '', created_at"
            " FROM payments_payment"
        )
        execute("UPDATE orders_order SET captured_pennies = 10100, refunded_pennies = 100")
    assert open_money.of(known.person) == ["an order is paid and not sent"]


def test_nobody_is_erased_twice_without_a_reason_or_by_themselves(known: Any) -> None:
    key = known.person.pk
    for changed, sentence in (
        ({"why": " "}, f"User {key}: no reason given; say why, without names."),
        (
            {"by": actor_for(known.person, origin="web")},
            f"User {key}: is you; ask another administrator.",
        ),
    ):
        with pytest.raises(erasure.CannotErase) as refused:
            _erase(known, **changed)
        assert str(refused.value) == sentence
        entry = Entry.objects.latest("id")
        assert (entry.action, entry.result, entry.reason) == ("person-erased", "refused", sentence)
    _erase(known)
    with pytest.raises(erasure.CannotErase, match="erased already; there is nothing to do"):
        _erase(known)


def test_the_command_erases_and_says_what_is_left_to_do(known: Any) -> None:
    known.subscribe()
    out = StringIO()
    call_command("erase_person", "cara_customer", "--why", "asked to", stdout=out)
    assert out.getvalue() == (
        f"erased  user {known.person.pk}\n  now delete customer cus_77 at Stripe: see the runbook\n"
    )
    assert Entry.objects.latest("id").origin == "command:erase_person"
    with pytest.raises(CommandError, match="'cara_customer' is nobody's name here"):
        call_command("erase_person", "cara_customer", "--why", "again")


def test_the_command_refuses_in_a_sentence(known: Any) -> None:
    known.shop.order()
    with pytest.raises(CommandError, match="an order waits for its payment; settle that first"):
        call_command("erase_person", "cara_customer", "--why", "asked to")


def test_an_administrator_looks_and_erases_on_the_page(known: Any, alice_admin: Any) -> None:
    known.subscribe()
    client = Client()
    client.force_login(alice_admin)
    address = reverse("privacy:person", args=[known.person.pk])
    page = client.get(address).text
    assert "Caroline Quill" in page
    assert "cara@example.org" in page
    assert Entry.objects.latest("id").action == "person-viewed"
    erase = reverse("privacy:erase", args=[known.person.pk])
    assert erase in page
    done = client.post(erase, {"why": "asked to"}, follow=True)
    assert "Person erased. Now delete at Stripe: cus_77." in done.text
    assert "Caroline" not in done.text
    assert erase not in done.text


def test_the_page_says_what_stands_in_the_way(known: Any, alice_admin: Any) -> None:
    known.shop.order()
    client = Client()
    client.force_login(alice_admin)
    erase = reverse("privacy:erase", args=[known.person.pk])
    page = client.get(erase)
    assert page.status_code == 200
    assert "an order waits for its payment" in page.text
    assert "Erase for good" not in page.text
    refused = client.post(erase, {"why": "asked to"})
    assert refused.status_code == 409
    assert "settle that first" in refused.text
    assert client.post(erase, {"why": ""}).status_code == 400


def test_operations_look_and_do_not_erase(known: Any, olly_ops: Any) -> None:
    client = Client()
    client.force_login(olly_ops)
    page = client.get(reverse("privacy:person", args=[known.person.pk])).text
    assert reverse("privacy:erase", args=[known.person.pk]) not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"email": "CARA@example.org"}, True),
        ({"email": "cara@"}, False),
        ({"name": "cara_"}, True),
        ({"number": "999999"}, False),
    ],
)
def test_people_are_found_by_name_number_and_whole_address(
    known: Any, olly_ops: Any, asked: dict[str, str], found: bool
) -> None:
    client = Client()
    client.force_login(olly_ops)
    page = client.get(reverse("privacy:people"), asked).text
    assert (reverse("privacy:person", args=[known.person.pk]) in page) is found
    assert "Caroline" not in page


@pytest.mark.parametrize("asked", [{"number": "0"}, {"number": "x"}, {"name": "\x00"}])
def test_a_search_that_makes_no_sense_gets_a_sentence(olly_ops: Any, asked: dict[str, str]) -> None:
    client = Client()
    client.force_login(olly_ops)
    assert client.get(reverse("privacy:people"), asked).status_code == 400
