"""privacy.retention: what was kept long enough goes, what was not stays, and overdue is seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import deactivation
from accounts.models import User
from audit.models import Entry
from core import schedule
from core.actor import system
from core.models import Tally
from monitoring.models import Issue
from monitoring.services import run_checks
from orders.services import place
from privacy import periods, retention
from tests.app.conftest import NOW, person
from webhooks.models import StripeEvent

pytestmark = pytest.mark.django_db
BY = system("test")
SECOND = timedelta(seconds=1)


def _attempt(at: datetime) -> None:
    AccessAttempt.objects.create(
        username=f"hash {AccessAttempt.objects.count()}",
        ip_address="203.0.113.7",
        failures_since_start=1,
    )
    AccessAttempt.objects.filter(pk=AccessAttempt.objects.latest("pk").pk).update(attempt_time=at)


def _count(at: datetime) -> None:
    Tally.objects.create(key=f"sign-in:{Tally.objects.count()}", began_at=at, times=1)


def _session(at: datetime) -> None:
    Session.objects.create(
        session_key=f"key{Session.objects.count()}", session_data="x", expire_date=at
    )


def _event(at: datetime, status: str = "processed") -> None:
    StripeEvent.objects.create(
        stripe_id=f"evt_{StripeEvent.objects.count()}",
        type="x",
        livemode=False,
        object_type="x",
        object_id="x",
        payload={"email": "cara@example.org"},
        status=status,
        next_attempt_at=at,
        created_at=at,
        received_at=at,
    )


def _customer(at: datetime, role: str = "customer") -> User:
    user: User = person(f"idle_{role}_{User.objects.count()}", role)
    User.objects.filter(pk=user.pk).update(date_joined=at)
    return user


PLANT: dict[str, Callable[[datetime], object]] = {
    "sign-in-attempts": _attempt,
    "limit-counts": _count,
    "ended-sessions": _session,
    "event-bodies": _event,
    "idle-customers": _customer,
}


def _rows(counts: list[retention.Count]) -> dict[str, int]:
    return {one.rule.name: one.rows for one in counts if one.rows}


@pytest.mark.parametrize("rule", retention.RULES, ids=lambda rule: rule.name)
def test_what_is_older_goes_and_what_is_not_stays(rule: retention.Rule) -> None:
    assert rule.kept > timedelta()
    plant = PLANT[rule.name]
    plant(NOW - rule.kept - SECOND)
    plant(NOW - rule.kept + SECOND)
    assert _rows(retention.overdue(now=NOW)) == {rule.name: 1}
    assert _rows(retention.apply(now=NOW, by=BY)) == {rule.name: 1}
    assert _rows(retention.overdue(now=NOW)) == {}
    assert _rows(retention.overdue(now=NOW + 2 * SECOND)) == {rule.name: 1}
    assert _rows(retention.apply(now=NOW, by=BY)) == {}


@pytest.mark.parametrize("rule", retention.RULES, ids=lambda rule: rule.name)
def test_what_is_overdue_opens_an_issue_which_resolves_and_reopens(rule: retention.Rule) -> None:
    for times in (1, 2):
        PLANT[rule.name](NOW - rule.kept - periods.GRACE - SECOND)
        run_checks(now=NOW, only=["retention-overdue"])
        [issue] = Issue.objects.exclude(status="resolved")
        assert (issue.subject, issue.times_opened) == (f"retention:{rule.name}", times)
        assert issue.expected == f"nothing kept for more than {rule.kept.days} days"
        assert issue.actual == "1 kept longer"
        retention.apply(now=NOW, by=BY)
        run_checks(now=NOW, only=["retention-overdue"])
        assert not Issue.objects.exclude(status="resolved").exists()


def test_the_night_has_its_time() -> None:
    _count(NOW - periods.COUNTS - periods.GRACE + SECOND)
    run_checks(now=NOW, only=["retention-overdue"])
    assert not Issue.objects.exists()


def test_it_is_audited_with_how_much_of_what_went() -> None:
    before = Entry.objects.count()
    retention.apply(now=NOW, by=BY)
    assert Entry.objects.count() == before
    _count(NOW - periods.COUNTS - SECOND)
    retention.apply(now=NOW, by=BY)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject, entry.origin) == ("retention-applied", "retention", "test")
    assert entry.details == {
        rule.name: int(rule.name == "limit-counts") for rule in retention.RULES
    }


def test_an_event_that_waits_keeps_its_body() -> None:
    _event(NOW - periods.EVENT_BODIES - SECOND, status="failed")
    assert _rows(retention.overdue(now=NOW)) == {}
    assert _rows(retention.apply(now=NOW, by=BY)) == {}
    assert StripeEvent.objects.get().payload == {"email": "cara@example.org"}


def test_whoever_was_deactivated_is_erased_in_their_time_and_once() -> None:
    gone = _customer(NOW - periods.IDLE_CUSTOMERS - SECOND)
    deactivation.deactivate(user=gone, why="abuse", by=BY, now=NOW)
    assert _rows(retention.overdue(now=NOW)) == {"idle-customers": 1}
    assert _rows(retention.apply(now=NOW, by=BY)) == {"idle-customers": 1}
    assert User.objects.get(pk=gone.pk).username == f"erased-{gone.pk}"
    assert _rows(retention.overdue(now=NOW)) == {}


def test_the_idle_are_erased_and_that_is_audited_for_each() -> None:
    gone = _customer(NOW - periods.IDLE_CUSTOMERS - SECOND)
    retention.apply(now=NOW, by=BY)
    gone.refresh_from_db()
    assert (gone.username, gone.is_active) == (f"erased-{gone.pk}", False)
    entry = Entry.objects.get(action="person-erased")
    assert (entry.subject, entry.origin) == (f"user:{gone.pk}", "retention")
    assert entry.reason == "not seen for 1095 days"


def _signed_in(user: User) -> None:
    User.objects.filter(pk=user.pk).update(last_login=NOW - timedelta(days=1))


def _ordered(user: User, at: datetime) -> None:
    from catalog.models import Product

    mug = Product.objects.create(name="Mug", slug="mug", price_pennies=500, currency="GBP")
    place(customer=user, basket={mug: 1}, now=at)


@pytest.mark.parametrize(
    "keep",
    [
        pytest.param(_signed_in, id="signed in lately"),
        pytest.param(lambda user: _ordered(user, NOW - timedelta(days=9)), id="ordered lately"),
        pytest.param(
            lambda user: _ordered(user, NOW - periods.IDLE_CUSTOMERS - SECOND), id="money is open"
        ),
    ],
)
def test_whoever_is_not_idle_or_has_money_open_stays(keep: Callable[[User], None]) -> None:
    user = _customer(NOW - periods.IDLE_CUSTOMERS - SECOND)
    keep(user)
    assert _rows(retention.overdue(now=NOW)) == {}
    assert _rows(retention.apply(now=NOW, by=BY)) == {}
    user.refresh_from_db()
    assert user.is_active


def test_staff_are_never_taken_for_idle_customers() -> None:
    for role in ("admin", "ops", "analyst"):
        _customer(NOW - 2 * periods.IDLE_CUSTOMERS, role)
    assert _rows(retention.overdue(now=NOW)) == {}


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("apply_retention", *arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_how_much_and_takes_nothing() -> None:
    _count(timezone.now() - periods.COUNTS - SECOND)
    told = _run("--dry-run")
    assert "  limit-counts       kept 1 days, 1 would go\n" in told
    assert told.endswith("retention  1 would go\n")
    assert Tally.objects.count() == 1
    assert _run().endswith("retention  1 gone\n")
    assert Tally.objects.count() == 0
    assert Entry.objects.latest("id").origin == "command:apply_retention"


def test_a_date_is_the_end_of_that_day() -> None:
    _count(NOW)
    day = (NOW + periods.COUNTS).date()
    assert _run("--date", str(day - timedelta(days=1))).endswith("retention  0 gone\n")
    assert _run("--date", str(day)).endswith("retention  1 gone\n")


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2026-03-02", NOW),
        ("2026-03-01", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("2000-01-01", datetime(2000, 1, 1, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_day_ends_with_its_last_second_and_today_now(day: str, end: datetime) -> None:
    assert retention.as_of(day, now=NOW) == end


@pytest.mark.parametrize("day", ["2026-03-03", "1999-12-31"])
def test_a_day_that_is_not_here_yet_or_before_all_is_none(day: str) -> None:
    with pytest.raises(retention.NoSuchDate):
        retention.as_of(day, now=NOW)


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("yesterday", "Date: found 'yesterday', expected a day like 2026-03-31."),
        ("2999-01-01", "Date: 2999-01-01 is not here yet; what may still be kept would go."),
        ("0001-01-01", "Date: 0001-01-01 is out of range; choose a day from 2000-01-01 on."),
    ],
)
def test_a_date_that_makes_no_sense_gets_a_sentence(date: str, sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        _run("--date", date)
    assert str(refused.value) == f"apply_retention: {sentence}"


def test_it_is_on_the_schedule_and_says_what_went() -> None:
    _count(timezone.now() - periods.COUNTS - SECOND)
    said = schedule.run_now(name="apply_retention")
    assert said.startswith("retention  0 sign-in-attempts, 1 limit-counts, ")


def test_an_administrator_looks_and_takes_away_on_the_page(alice_admin: User) -> None:
    client, address = Client(), reverse("privacy:retention")
    client.force_login(alice_admin)
    assert address in client.get(reverse("privacy:people")).text
    old = timezone.now() - periods.COUNTS - SECOND
    for _ in range(3):
        _count(old)
    page = client.get(address).text
    assert "How often somebody did what is limited" in page
    assert '<td class="number" data-label="Older than that now">3</td>' in page
    assert Tally.objects.count() == 3
    done = client.post(address, follow=True).text
    assert "Retention: 3 rows gone." in done
    assert "Nothing is due." in done
    assert Tally.objects.count() == 0
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.actor_id, entry.origin) == (
        "retention-applied",
        alice_admin.pk,
        "web",
    )
    assert entry.details["limit-counts"] == 3
    assert "Retention: nothing was due." in client.post(address, follow=True).text
    assert Entry.objects.latest("id") == entry


def test_operations_see_no_way_to_take_away(olly_ops: User) -> None:
    client = Client()
    client.force_login(olly_ops)
    assert reverse("privacy:retention") not in client.get(reverse("privacy:people")).text


def test_what_cannot_be_audited_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**told: object) -> None:
        raise OperationalError("the disk is full")

    _count(NOW - periods.COUNTS - SECOND)
    monkeypatch.setattr("privacy.retention.audit.record", broken)
    with pytest.raises(OperationalError):
        retention.apply(now=NOW, by=BY)
    assert Tally.objects.count() == 1
