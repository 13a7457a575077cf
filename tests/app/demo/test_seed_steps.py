"""demo.seed and demo.subscribers: what is asked of whom and when, without a Stripe to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from catalog.models import Product
from demo import seed as seeding
from demo import subscribers
from demo.management.commands import seed_demo
from demo.people import PASSWORD, PEOPLE
from demo.seed import Added, seed
from demo.stock import STOCK
from demo.stories import STORIES, Act, Step, Story
from demo.subscribing import HISTORY, SOLD, Turn
from demo.subscribing import Step as SoldStep
from demo.twin import NoTwin
from orders import services as orders

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Note = Callable[..., Any]


@pytest.fixture
def done() -> list[Any]:
    return []


@pytest.fixture
def note(done: list[Any]) -> Note:
    """Makes what stands in for a service: it takes down its name and what it was given."""

    def standing_in(name: str, gives: Any = None) -> Callable[..., Any]:
        def service(*given: Any, **named: Any) -> Any:
            done.append((name, *given, *named.values()))
            return gives

        return service

    return standing_in


def days(count: float) -> timedelta:
    return timedelta(days=count)


@pytest.mark.django_db
def test_what_is_missing_is_added_once_and_the_past_happens_to_a_new_customer_only(
    monkeypatch: pytest.MonkeyPatch, done: list[Any], note: Note
) -> None:
    def past(customer: User, ops: User) -> Any:
        return SimpleNamespace(happen=note(f"{customer.username} and {ops.username}"))

    monkeypatch.setattr(seeding, "_Past", past)
    monkeypatch.setattr(seeding.subscribers, "add_plan", note("plan"))
    monkeypatch.setattr(seeding.snapshots, "rebuild", note("rebuilt"))

    assert seed(now=NOW) == Added(4, len(STOCK), len(STORIES), len(SOLD))
    assert done == [
        *(("plan", sold) for sold in SOLD),
        ("cara_customer and olly_ops", NOW),
        ("rebuilt", (NOW - HISTORY).date(), date(2026, 3, 1), NOW),
    ]
    for person in PEOPLE:
        user = User.objects.get(username=person.username)
        assert (user.role, user.date_joined) == (person.role, NOW - HISTORY)
        assert user.check_password(PASSWORD)

    cara = User.objects.get(username="cara_customer")
    orders.place(customer=cara, basket={Product.objects.all()[0]: 1}, now=NOW)
    del done[:]
    assert seed(now=NOW) == Added(0, 0, 0, 0)
    assert {kind for kind, *_ in done} == {"plan"}


PAST = (
    Story(
        days(10),
        {"sea-salt": 2},
        (
            Step(Act.BEGIN_TO_PAY, days(0.1)),
            Step(Act.PAY, days(0.2)),
            Step(Act.SHIP, days(1)),
            Step(Act.REFUND, days(2), 100, "late"),
        ),
    ),
    Story(days(9.5), {"olive-oil": 1}, (Step(Act.CANCEL, days(0.1), reason="ordered twice"),)),
)


@pytest.mark.django_db
def test_every_step_happens_at_its_time_in_its_order_and_by_whom_it_is_done(
    monkeypatch: pytest.MonkeyPatch, done: list[Any], note: Note
) -> None:
    def place(*, customer: User, basket: dict[Product, int], now: datetime) -> str:
        bought = {product.slug: count for product, count in basket.items()}
        done.append(("placed", customer.username, bought, now))
        return "+".join(bought)

    def act(name: str) -> Callable[..., None]:
        def service(*given: Any, by: Any, **named: Any) -> None:
            assert by.origin == "command:seed_demo"
            done.append((name, by.role.value, *given, *named.values()))

        return service

    for person in PEOPLE:
        seeding._add_person(person, NOW - HISTORY)
    for item in STOCK:
        seeding._add_product(item)
    told = [(NOW - days(9.7), note("subscribed"))]
    monkeypatch.setattr(seeding, "STORIES", PAST)
    monkeypatch.setattr(seeding.twin, "move_to", note("time"))
    monkeypatch.setattr(seeding.subscribers, "moments", lambda **given: iter(told))
    monkeypatch.setattr(seeding.orders, "place", place)
    monkeypatch.setattr(seeding.payments, "start_checkout", act("began"))
    monkeypatch.setattr(seeding, "_pay", act("paid"))
    monkeypatch.setattr(seeding.payments, "fulfil", act("shipped"))
    monkeypatch.setattr(seeding, "_refund", act("refunded"))
    monkeypatch.setattr(seeding.payments, "cancel", act("canceled"))

    cara, olly = (User.objects.get(username=name) for name in ("cara_customer", "olly_ops"))
    seeding._Past(cara, olly).happen(NOW)

    first, second = NOW - days(10), NOW - days(9.5)
    later, refund = second + days(0.1), PAST[0].steps[3]
    happened = [
        (first, "placed", "cara_customer", {"sea-salt": 2}, first),
        (first + days(0.1), "began", "customer", "sea-salt", first + days(0.1)),
        (first + days(0.2), "paid", "customer", "sea-salt", first + days(0.2)),
        (NOW - days(9.7), "subscribed", NOW - days(9.7)),
        (second, "placed", "cara_customer", {"olive-oil": 1}, second),
        (later, "canceled", "customer", "olive-oil", "ordered twice", later),
        (first + days(1), "shipped", "ops", "sea-salt", "packed and sent", first + days(1)),
        (first + days(2), "refunded", "ops", "sea-salt", refund, first + days(2)),
    ]
    assert done[:-1] == [each for at, *what in happened for each in (("time", at), tuple(what))]
    assert done[-1] == ("time", NOW)


def sold(number: int, *steps: SoldStep) -> Any:
    return SimpleNamespace(slug=f"plan-{number}", ago=days(100 - number), steps=steps)


MORE, FREE = SoldStep(Turn.MORE, days(50), 2), SoldStep(Turn.FREE_WEEKS, days(40), 14)


def test_each_subscription_has_its_moments_in_order(
    monkeypatch: pytest.MonkeyPatch, done: list[Any]
) -> None:
    class Story:
        def __init__(self, sold: Any, customer: str, by: str) -> None:
            self.subscribe, self._of = f"{customer} {sold.slug} {by}", sold.slug

        def turn(self, step: SoldStep) -> str:
            return f"{self._of} {step.turn}"

    monkeypatch.setattr(subscribers, "_Story", Story)
    monkeypatch.setattr(subscribers, "SOLD", (sold(1), sold(2, MORE, FREE)))
    cara: Any = "cara"
    assert list(subscribers.moments(customer=cara, by=cara, now=NOW)) == [
        (NOW - days(99), "cara plan-1 cara"),
        (NOW - days(98), "cara plan-2 cara"),
        (NOW - days(50), "plan-2 more"),
        (NOW - days(40), "plan-2 free weeks"),
    ]


@pytest.mark.parametrize(("steps", "is_told"), [((), True), ((MORE,), True), ((MORE, FREE), False)])
def test_subscription_is_paid_for_and_told_unless_it_begins_with_a_trial(
    monkeypatch: pytest.MonkeyPatch,
    done: list[Any],
    note: Note,
    steps: tuple[SoldStep, ...],
    is_told: bool,
) -> None:
    plans = SimpleNamespace(get=lambda *, slug: f"plan {slug}")
    wish = SimpleNamespace(stripe_session_id="cs_1")
    monkeypatch.setattr(subscribers, "Plan", SimpleNamespace(objects=plans))
    monkeypatch.setattr(subscribers.starting, "start", note("wished", wish))
    monkeypatch.setattr(subscribers.twin, "pay", note("paid"))
    monkeypatch.setattr(subscribers.twin, "subscription_of", note("asked", "sub_1"))
    who: Any = "cara"
    story = subscribers._Story(sold(1, *steps), who, who)
    monkeypatch.setattr(story, "_news", lambda at: done.append(("told", story._id, at)))

    story.subscribe(NOW)

    assert done == [
        ("wished", "plan plan-1", "cara", NOW),
        ("paid", "cs_1"),
        ("asked", "cs_1"),
        *([("told", "sub_1", NOW)] if is_told else []),
    ]


def test_turn_is_taken_when_its_time_has_come(
    monkeypatch: pytest.MonkeyPatch, done: list[Any], note: Note
) -> None:
    who: Any = "cara"
    story = subscribers._Story(sold(1, MORE), who, who)
    monkeypatch.setattr(story, "_take", note("taken"))
    act = story.turn(MORE)
    assert done == []
    act(NOW)
    assert done == [("taken", MORE, NOW)]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, done: list[Any]) -> Callable[..., str]:
    """Runs the command; what it adds and says of it is given."""

    @contextmanager
    def pointed_at_twin(address: str, *, since: datetime) -> Iterator[None]:
        done.append(("twin", address, since))
        yield
        done.append("twin ended")

    def run(adds: Callable[..., Added]) -> str:
        out = StringIO()
        monkeypatch.setattr(seed_demo, "pointed_at_twin", pointed_at_twin)
        monkeypatch.setattr(seed_demo, "seed", adds)
        call_command("seed_demo", now=NOW.isoformat(), twin="http://127.0.0.1:9", stdout=out)
        return out.getvalue()

    return run


def test_command_seeds_at_a_twin_and_says_what_it_added_and_who_can_sign_in(
    command: Callable[..., str], done: list[Any], note: Note
) -> None:
    lines = command(note("seeded", Added(4, 8, 12, 5))).splitlines()
    assert done == [("twin", "http://127.0.0.1:9", NOW - HISTORY), ("seeded", NOW), "twin ended"]
    assert lines[0] == "Added 4 people, 8 products, 12 orders, 5 subscriptions."
    assert [line.split() for line in lines[1:]] == [
        [person.username, person.role.value, PASSWORD] for person in PEOPLE
    ]


def test_command_without_a_twin_says_why(command: Callable[..., str]) -> None:
    def lost(*, now: datetime) -> Added:
        raise NoTwin("no good answer")

    with pytest.raises(CommandError, match=r"^seed_demo: no good answer$"):
        command(lost)


def test_command_touches_nothing_in_production(
    command: Callable[..., str], settings: Any, done: list[Any], note: Note
) -> None:
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="seed_demo: these are production settings"):
        command(note("seeded"))
    assert done == []
