"""monitoring.checks.production: what a shop for real lacks opens its own issue, which resolves when
it is there and opens again when it is gone. A demo lacks none of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command, get_commands
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from demo.people import PEOPLE
from monitoring.checks import production
from monitoring.models import Issue, RestoreDrill
from monitoring.services import run_checks
from tests.app.conftest import person

pytestmark = pytest.mark.django_db
NAMES = [check.name for check in production.CHECKS]


class Real:
    """A shop for real in which nothing is missing."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.olivia = person("olivia", "ops")
        self.enrol(self.olivia)
        self.carl = person("carl", "customer")
        self.drill(now - timedelta(days=90))

    def enrol(self, user: User, *, confirmed: bool = True) -> None:
        TOTPDevice.objects.create(user=user, name="phone", confirmed=confirmed)

    def drill(self, at: datetime, outcome: str = "succeeded") -> None:
        RestoreDrill.objects.create(
            performed_at=at, backup_taken_at=at, outcome=outcome, note="compared all sums"
        )


@pytest.fixture
def real(now: datetime, settings: Any) -> Real:
    settings.SHOP_IS_DEMO, settings.SECOND_FACTOR_REQUIRED = False, True
    return Real(now)


@dataclass(frozen=True)
class Lack:
    """How to make something missing and there again, and the issue that must open."""

    check: str
    lose: Callable[[Real], object]
    mend: Callable[[Real], object]
    subject: str
    expected: str
    actual: str


def _unconfirmed(real: Real) -> None:
    TOTPDevice.objects.update(confirmed=False)


def _confirmed(real: Real) -> None:
    TOTPDevice.objects.update(confirmed=True)


def _demo_account(real: Real) -> None:
    if not User.objects.filter(username="cara_customer").update(is_active=True):
        real.cara = person("cara_customer", "customer")  # type: ignore[attr-defined]


def _deactivated(real: Real) -> None:
    """As the entry of the check says."""
    [subject] = [finding.subject for finding in production.demo_accounts(real.now)]
    call_command("deactivate_person", subject, "--why", "of the demo", stdout=StringIO())


def _later(real: Real) -> None:
    """Time passes: what was in order a moment ago is a second too old."""
    real.now += timedelta(seconds=1)


def _drilled(real: Real) -> None:
    real.now += timedelta(days=200)
    real.drill(real.now - timedelta(days=90))


def _drill_failed(real: Real) -> None:
    real.now += timedelta(hours=1)
    real.drill(real.now, "failed")


def _drill_repeated(real: Real) -> None:
    real.now += timedelta(hours=1)
    real.drill(real.now)


LACKS = [
    Lack(
        "staff-without-second-factor",
        _unconfirmed,
        _confirmed,
        "user:{olivia}",
        "a confirmed authenticator",
        "ops, and none",
    ),
    Lack(
        "demo-accounts-in-production",
        _demo_account,
        _deactivated,
        "user:{cara}",
        "no account of the demo",
        "cara_customer can sign in",
    ),
    Lack(
        "restore-drill-overdue",
        _later,
        _drilled,
        "restore-drill",
        "a drill that succeeded within 90 days",
        "the last succeeded on 2025-12-02 12:00 UTC",
    ),
    Lack(
        "restore-drill-overdue",
        _drill_failed,
        _drill_repeated,
        "restore-drill",
        "a drill that succeeded within 90 days",
        "the last failed on 2026-03-02 13:00 UTC",
    ),
]


def _unresolved() -> list[Issue]:
    return list(Issue.objects.exclude(status="resolved"))


def test_a_shop_for_real_that_lacks_nothing_has_no_issue(real: Real) -> None:
    run_checks(now=real.now, only=NAMES)
    assert not Issue.objects.exists()


@pytest.mark.parametrize("lack", LACKS, ids=lambda one: f"{one.check} {one.lose.__name__}")
def test_a_lack_opens_its_issue_which_resolves_and_reopens(real: Real, lack: Lack) -> None:
    lack.lose(real)
    run_checks(now=real.now, only=NAMES)
    assert len(_unresolved()) == 1
    [issue] = _unresolved()
    assert (issue.check_name, issue.status) == (lack.check, "open")
    keys = dict(User.objects.values_list("username", "pk"))
    assert issue.subject == lack.subject.format(
        olivia=keys["olivia"], cara=keys.get("cara_customer")
    )
    assert (issue.expected, issue.actual) == (lack.expected, lack.actual)

    lack.mend(real)
    run_checks(now=real.now, only=NAMES)
    assert _unresolved() == []

    lack.lose(real)
    run_checks(now=real.now, only=NAMES)
    [again] = _unresolved()
    assert (again.pk, again.status, again.times_opened) == (issue.pk, "open", 2)


def test_a_shop_that_never_tried_a_restore_is_told_so(now: datetime, settings: Any) -> None:
    settings.SHOP_IS_DEMO, settings.SECOND_FACTOR_REQUIRED = False, True
    run_checks(now=now, only=NAMES)
    assert [(one.subject, one.actual) for one in _unresolved()] == [("restore-drill", "none yet")]


@pytest.mark.parametrize("role", ["admin", "analyst"])
def test_every_role_of_the_staff_needs_one_and_only_while_it_can_sign_in(
    real: Real, role: str
) -> None:
    real.enrol(person("ada", "admin"))  # The last one could not be deactivated.
    user = person("new_one", role)
    run_checks(now=real.now, only=NAMES)
    assert [(one.subject, one.actual) for one in _unresolved()] == [
        (f"user:{user.pk}", f"{role}, and none")
    ]
    real.enrol(user, confirmed=False)
    run_checks(now=real.now, only=NAMES)
    assert len(_unresolved()) == 1
    call_command("deactivate_person", "new_one", "--why", "left the team", stdout=StringIO())
    run_checks(now=real.now, only=NAMES)
    assert _unresolved() == []


@pytest.mark.parametrize("name", ["staff-without-second-factor", "demo-accounts-in-production"])
def test_whoever_must_not_sign_in_is_led_to_the_command_that_ends_it(name: str) -> None:
    [check] = [check for check in production.CHECKS if check.name == name]
    [command] = [word for word in check.what_to_do.split() if "_" in word]
    assert command == "deactivate_person"
    assert get_commands()[command] == "accounts"


def test_a_demo_lacks_nothing(now: datetime, alice_admin: Any) -> None:
    run_checks(now=now, only=NAMES)
    assert not Issue.objects.exists()


def test_the_demos_people_are_those_that_production_looks_for(real: Real) -> None:
    for one in PEOPLE:
        person(one.username, one.role.value)
    found = [finding.actual for finding in production.demo_accounts(real.now)]
    assert found == [f"{one.username} can sign in" for one in PEOPLE]
