"""subscriptions.plans: a new plan comes on sale by a command, on record, or is refused."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Entry
from catalog.offers import CannotOffer
from core.actor import Actor
from subscriptions.models import Plan
from subscriptions.plans import add_plan
from subscriptions.words import Interval

pytestmark = pytest.mark.django_db
ALICE = Actor(id=7, role="admin", origin="web")
REFILL = {"slug": "refill", "name": "Refill", "price_pennies": 1800, "currency": "GBP"}


def _add(now: Any, **changed: Any) -> Plan:
    return add_plan(**{**REFILL, "interval": Interval.MONTH, "by": ALICE, "now": now, **changed})


def test_new_plan_is_on_sale_and_on_record(now: Any) -> None:
    plan = _add(now, description="A tin.", interval=Interval.WEEK, interval_count=2)
    columns = ("slug", "name", "description", "price_pennies", "currency")
    assert Plan.objects.values_list(*columns, "interval", "interval_count", "is_on_sale").get() == (
        ("refill", "Refill", "A tin.", 1800, "GBP", "week", 2, True)
    )
    entry = Entry.objects.get()
    assert (entry.action, entry.result, entry.at) == ("plan-added", "done", now)
    assert (entry.subject, entry.actor_id) == (f"plan:{plan.pk}", 7)
    assert entry.details == {"price_pennies": 1800, "currency": "GBP"}


@pytest.mark.parametrize(
    ("interval", "longest"),
    [(Interval.DAY, 1095), (Interval.WEEK, 156), (Interval.MONTH, 36), (Interval.YEAR, 3)],
)
def test_plan_is_billed_at_least_every_three_years(
    now: Any, interval: Interval, longest: int
) -> None:
    assert _add(now, interval=interval).interval_count == 1
    assert _add(now, slug="long", interval=interval, interval_count=longest).pk
    for count in (0, longest + 1):
        with pytest.raises(CannotOffer) as refused:
            _add(now, slug="other", interval=interval, interval_count=count)
        expected = f"plan other: interval_count: found {count}, expected 1 to {longest}."
        assert str(refused.value) == expected


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"price_pennies": 0}, "plan refill: £0.00 asked, more than nothing expected."),
        (
            {"currency": "KWD"},
            "plan refill: found currency KWD, in which Stripe cannot charge every amount; "
            "choose another such as GBP.",
        ),
    ],
)
def test_plan_that_makes_no_sense_is_refused_audited_and_not_there(
    now: Any, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CannotOffer) as refused:
        _add(now, **changed)
    assert str(refused.value) == sentence
    assert not Plan.objects.exists()
    entry = Entry.objects.get()
    assert (entry.action, entry.subject, entry.reason) == (
        "refused",
        "plan:new",
        f"new plan: {refused.value}",
    )


def test_the_command_adds_a_plan_and_refuses_in_a_sentence() -> None:
    out = StringIO()
    words = ("--name", "Refill", "--price")
    call_command("add_plan", "refill", *words, "18", "--description", "A tin", stdout=out)
    every = ("--interval", "week", "--interval-count", "2", "--currency", "JPY")
    call_command("add_plan", "tea", *words, "900", *every, stdout=out)
    assert out.getvalue() == (
        "plan  refill, £18.00 a month, on sale from now on\n"
        "plan  tea, ¥900 every 2 weeks, on sale from now on\n"
    )
    refill = Plan.objects.get(slug="refill")
    assert (refill.name, refill.description) == ("Refill", "A tin")
    assert {entry.origin for entry in Entry.objects.all()} == {"command:add_plan"}
    for slug, price, sentence in (
        ("coffee", "much", "add_plan: Amount: 'much' is not a number"),
        ("tea", "9", "add_plan: plan tea: slug: Plan with this Slug already exists."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("add_plan", slug, *words, price)
        assert str(refused.value).startswith(sentence)
