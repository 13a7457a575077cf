from __future__ import annotations

import pytest

from payments.gateway import CheckoutSession, Intent
from payments.mirror import Mirror, may_follow, mirror
from payments.models import PaymentStatus


def intent(status: str, received: int = 0, failure: str = "") -> Intent:
    return Intent("pi_1", status, 1000, received, "GBP", "k", failure)


def session(status: str, payment_status: str) -> CheckoutSession:
    return CheckoutSession("cs_1", status, payment_status, "", "pi_1", "k")


@pytest.mark.parametrize(
    ("status", "mirrored"),
    [
        ("requires_payment_method", "created"),
        ("requires_confirmation", "created"),
        ("requires_action", "requires_action"),
        ("processing", "processing"),
        ("requires_capture", "processing"),
        ("canceled", "canceled"),
    ],
)
def test_an_intent_that_has_not_succeeded_holds_no_money(status: str, mirrored: str) -> None:
    seen = mirror(intent=intent(status, received=1000, failure="card_declined"))
    assert seen == Mirror(PaymentStatus(mirrored), 0, "card_declined")


def test_a_succeeded_intent_holds_what_was_received() -> None:
    assert mirror(intent=intent("succeeded", 1000)) == Mirror(PaymentStatus.SUCCEEDED, 1000, "")


def test_a_session_that_says_paid_confirms_it() -> None:
    seen = mirror(intent=intent("succeeded", 1000), session=session("complete", "paid"))
    assert seen == Mirror(PaymentStatus.SUCCEEDED, 1000, "")


@pytest.mark.parametrize("payment_status", ["unpaid", "no_payment_required", ""])
def test_a_complete_session_alone_proves_no_payment(payment_status: str) -> None:
    seen = mirror(intent=intent("succeeded", 1000), session=session("complete", payment_status))
    assert seen == Mirror(PaymentStatus.PROCESSING, 0, "")


@pytest.mark.parametrize(
    ("status", "mirrored"), [("open", "created"), ("complete", "created"), ("expired", "canceled")]
)
def test_a_session_without_an_intent(status: str, mirrored: str) -> None:
    seen = mirror(intent=None, session=session(status, "unpaid"))
    assert seen == Mirror(PaymentStatus(mirrored), 0, "")


def test_a_status_of_stripes_that_nobody_knows_is_a_bug_not_a_guess() -> None:
    with pytest.raises(KeyError):
        mirror(intent=intent("resting"))


def test_facts_that_were_overtaken_do_not_follow() -> None:
    assert not may_follow(PaymentStatus.SUCCEEDED, PaymentStatus.PROCESSING)
    assert may_follow(PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED)
    assert may_follow(PaymentStatus.PROCESSING, PaymentStatus.CREATED)
