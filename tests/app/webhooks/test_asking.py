"""webhooks.asking: what is asked of Stripe, and what becomes of no answer; Stripe is not asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments import gateway
from payments.models import Payment
from tests.app.conftest import NOW
from webhooks import asking, facts, said
from webhooks.models import Kind
from webhooks.said import Said

DAY = timedelta(days=1)


def refund(number: int) -> Said:
    return Said(Kind.REFUND, f"re_{number}", "succeeded")


def test_what_no_list_shows_is_looked_up_and_a_kind_without_an_answer_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(since: Any) -> Any:
        raise gateway.Unknown("no answer")

    def listed(since: Any) -> Any:
        assert since == NOW
        return iter([refund(1), refund(2)])

    monkeypatch.setattr(asking, "_LISTS", {Kind.INTENT: fails, Kind.REFUND: listed})
    monkeypatch.setattr(asking, "_expected", lambda kind, since: iter(["re_2", "re_3"]))
    monkeypatch.setattr(asking, "_look", lambda kind, stripe_id: [Said(kind, stripe_id, "late")])
    answers = asking.ask(since=NOW)
    assert answers.said == [refund(1), refund(2), Said(Kind.REFUND, "re_3", "late")]
    assert answers.unread == {Kind.INTENT: "Unknown: no answer"}
    assert [answers.count(kind) for kind in (Kind.REFUND, Kind.INTENT)] == [3, 0]


def test_of_what_is_heard_only_what_was_asked_for_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    page = gateway.CheckoutSession("cs_1", "complete", "paid", "", "pi_1", "key-1")
    intent = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
    heard = facts.Fetched(session=page, intent=intent)
    monkeypatch.setattr(facts, "look", lambda kind, stripe_id: heard)
    assert asking._look(Kind.SESSION, "cs_1") == [said.session(page)]


def test_what_stripe_does_not_know_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(kind: Kind, stripe_id: str) -> Any:
        raise gateway.Missing("No such refund")

    monkeypatch.setattr(facts, "look", look)
    assert asking._look(Kind.REFUND, "re_1") == [said.missing(Kind.REFUND, "re_1")]


def test_what_is_open_is_expected_however_old_and_what_is_new_however_it_ended(
    begun: Payment,
) -> None:
    def expected(kind: Kind, since: Any) -> list[str]:
        return list(asking._expected(kind, since))

    assert expected(Kind.INTENT, NOW + DAY) == []
    Payment.objects.update(stripe_session_id="cs_1")
    assert expected(Kind.SESSION, NOW + DAY) == ["cs_1"]
    Payment.objects.update(stripe_intent_id="pi_1")
    assert (expected(Kind.INTENT, NOW + DAY), expected(Kind.SESSION, NOW)) == (["pi_1"], [])
    Payment.objects.update(status="succeeded", captured_pennies=500, succeeded_at=NOW)
    assert (expected(Kind.INTENT, NOW + DAY), expected(Kind.INTENT, NOW)) == ([], ["pi_1"])
    assert expected(Kind.ENDPOINT, NOW) == []
