"""accounts.second_factor: a password alone lets no member of staff in, and no code works twice."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.access import actor_for
from audit.models import Entry
from core.actor import system
from core.limits import SECOND_FACTOR
from core.models import Tally

pytestmark = pytest.mark.django_db
VERIFY = reverse("accounts:second-factor")
ENROL = reverse("accounts:second-factor-enrol")
ORDERS = reverse("orders:staff-list")
PASSWORD = "correct horse battery"


def _code(key: str, *, steps: int = 0) -> str:
    """What the phone shows now, or so many half minutes later."""
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def _wrong(key: str) -> str:
    """Six digits that this phone does not show about now."""
    right = {_code(key, steps=steps) for steps in range(-2, 4)}
    return next(code for code in map("{:06d}".format, range(10)) if code not in right)


def _signed_in(user: Any) -> Client:
    """By password alone."""
    client = Client()
    client.force_login(user)
    return client


def _enrol(client: Client) -> tuple[str, list[str]]:
    """Through the page; the phone's key and the recovery codes."""
    client.get(ENROL)
    key = client.session["second-factor-key"]
    page = client.post(ENROL, {"code": _code(key)})
    assert page.status_code == 200
    assert "Second factor set up." in page.text
    return key, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.text)


def _told() -> list[str]:
    return list(
        Entry.objects.filter(action__startswith="second-factor")
        .order_by("id")
        .values_list("action", flat=True)
    )


def _waited() -> None:
    """So long after the last wrong code that the next one is looked at."""
    long_ago = timezone.now() - timedelta(days=1)
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.update(throttling_failure_timestamp=long_ago)


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.mark.slow
@pytest.mark.parametrize("role", ["alice_admin", "olly_ops", "ana_analyst"])
def test_in_production_staff_without_a_factor_reach_the_enrolment_and_nothing_else(
    required: None, request: pytest.FixtureRequest, role: str
) -> None:
    client = _signed_in(request.getfixturevalue(role))
    for page in ("/", ORDERS, reverse("accounts:account"), VERIFY):
        way = client.get(page, follow=True).redirect_chain
        assert way, f"{page} opened"
        assert way[-1][0].partition("?")[0] == ENROL
    # What a form sent is lost, so there is nothing to come back to.
    assert client.post(reverse("orders:basket-add"))["Location"] == ENROL
    assert client.post(reverse("accounts:sign-out")).status_code == 302
    assert client.get(ORDERS)["Location"].startswith(reverse("accounts:sign-in"))


def test_a_customer_and_a_visitor_need_none(required: None, cara_customer: Any) -> None:
    assert _signed_in(cara_customer).get(reverse("orders:mine")).status_code == 200
    assert Client().get("/").status_code == 200


def test_elsewhere_staff_may_go_without(olly_ops: Any) -> None:
    assert _signed_in(olly_ops).get(ORDERS).status_code == 200


@pytest.mark.slow
def test_who_enrols_is_proven_in_that_session_and_asked_in_the_next(olly_ops: Any) -> None:
    client = _signed_in(olly_ops)
    before = client.session.session_key
    key, _ = _enrol(client)
    assert client.session.session_key != before
    assert client.get(ORDERS).status_code == 200
    other = _signed_in(olly_ops)
    assert other.get(ORDERS)["Location"] == f"{VERIFY}?next={ORDERS.replace('/', '%2F')}"
    session = other.session.session_key
    answer = other.post(VERIFY, {"code": _code(key, steps=1), "next": ORDERS})
    assert answer["Location"] == ORDERS
    assert other.get(ORDERS).status_code == 200
    assert other.session.session_key != session
    assert _told() == ["second-factor-enrolled", "second-factor-passed"]


@pytest.mark.slow
def test_signing_in_by_form_leads_to_the_code_and_then_on(olly_ops: Any) -> None:
    key, _ = _enrol(_signed_in(olly_ops))
    client = Client()
    form = {"username": "olly_ops", "password": PASSWORD}
    page = client.post(reverse("accounts:sign-in"), form, follow=True)
    assert page.redirect_chain[-1][0].startswith(VERIFY)
    assert (page.status_code, 'class="wrong"' in page.text) == (200, False)
    assert client.post(VERIFY, {"code": _code(key, steps=1)})["Location"] == ORDERS


def test_it_never_leads_to_another_site(olly_ops: Any) -> None:
    key, _ = _enrol(_signed_in(olly_ops))
    sent = {"code": _code(key, steps=1), "next": "https://example.org/"}
    assert _signed_in(olly_ops).post(VERIFY, sent)["Location"] == ORDERS


@pytest.mark.slow
def test_a_code_that_was_used_opens_nothing(olly_ops: Any) -> None:
    key, _ = _enrol(_signed_in(olly_ops))
    code = _code(key, steps=1)
    assert _signed_in(olly_ops).post(VERIFY, {"code": code}).status_code == 302
    client = _signed_in(olly_ops)
    again = client.post(VERIFY, {"code": code})
    assert again.status_code == 400
    assert "Code: wrong, or used already; type the next one, or a recovery code." in again.text
    assert client.get(ORDERS).status_code == 302


def test_a_recovery_code_opens_once_as_it_was_written_down(olly_ops: Any) -> None:
    _, codes = _enrol(_signed_in(olly_ops))
    assert len(set(codes)) == 10
    sent = {"code": f" {codes[3].upper()} "}
    assert _signed_in(olly_ops).post(VERIFY, sent).status_code == 302
    assert second_factor.codes_left(olly_ops) == 9
    assert _signed_in(olly_ops).post(VERIFY, sent).status_code == 400


def test_the_database_holds_no_recovery_code(olly_ops: Any) -> None:
    _, codes = _enrol(_signed_in(olly_ops))
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10
    assert kept.isdisjoint({*codes, *(code.replace("-", "") for code in codes)})


def test_guessing_waits_twice_as_long_each_time_and_a_right_code_waits_too(olly_ops: Any) -> None:
    key, _ = _enrol(_signed_in(olly_ops))
    client = _signed_in(olly_ops)
    for _ in range(5):
        client.post(VERIFY, {"code": _wrong(key)})
        _waited()
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now())
    refused = client.post(VERIFY, {"code": _code(key, steps=1)})
    assert refused.status_code == 400
    assert re.search(r"Code: wrong 5 times in a row; wait 1[56] s and try again\.", refused.text)
    _waited()
    assert client.post(VERIFY, {"code": _code(key, steps=1)}).status_code == 302
    assert _told() == [
        "second-factor-enrolled",
        *["second-factor-failed"] * 6,
        "second-factor-passed",
    ]


def test_guessing_recovery_codes_waits_as_well(olly_ops: Any) -> None:
    _, codes = _enrol(_signed_in(olly_ops))
    client = _signed_in(olly_ops)
    client.post(VERIFY, {"code": "aaaaa-aaaaa"})
    StaticDevice.objects.update(throttling_failure_timestamp=timezone.now())
    assert "wait" in client.post(VERIFY, {"code": codes[0]}).text
    assert second_factor.codes_left(olly_ops) == 10


def test_codes_are_limited_per_minute_as_well(olly_ops: Any) -> None:
    _enrol(_signed_in(olly_ops))
    client = _signed_in(olly_ops)
    counted = Tally.objects.filter(key=f"second-factor:user:{olly_ops.pk}")
    assert counted.update(times=SECOND_FACTOR.most - 1) == 1
    answers = [client.post(page, {"code": "1"}).status_code for page in (VERIFY, VERIFY, ENROL)]
    assert answers == [400, 429, 429]


def test_who_owes_a_code_is_offered_no_menu(required: None, olly_ops: Any) -> None:
    client = _signed_in(olly_ops)
    link = f'<a href="{ORDERS}"'
    assert link not in client.get(ENROL).text
    _enrol(client)
    assert link in client.get(ENROL).text
    assert link not in _signed_in(olly_ops).get(VERIFY).text


def test_where_it_is_optional_the_menu_stays(olly_ops: Any) -> None:
    assert f'<a href="{ORDERS}"' in _signed_in(olly_ops).get(ENROL).text


def test_a_password_alone_cannot_enrol_another_phone(olly_ops: Any) -> None:
    key, _ = _enrol(_signed_in(olly_ops))
    thief = _signed_in(olly_ops)
    assert thief.get(ENROL)["Location"] == VERIFY
    assert thief.post(ENROL, {"code": "123456"})["Location"] == VERIFY
    assert TOTPDevice.objects.get().key == key


def test_two_who_enrol_at_once_leave_the_first_phone(olly_ops: Any) -> None:
    """The page was open before the other session enrolled: the domain refuses it."""
    actor = actor_for(olly_ops, origin="web")
    key, _ = _enrol(_signed_in(olly_ops))
    other = second_factor.new_key()
    with pytest.raises(second_factor.CodeRefused, match="there is one already"):
        second_factor.enrol(
            user=olly_ops, key=other, code=_code(other), by=actor, now=timezone.now()
        )
    assert TOTPDevice.objects.get().key == key


def test_whoever_proved_it_can_replace_phone_and_codes(olly_ops: Any) -> None:
    client = _signed_in(olly_ops)
    old, old_codes = _enrol(client)
    new, new_codes = _enrol(client)
    assert TOTPDevice.objects.get().key == new != old
    assert set(old_codes).isdisjoint(new_codes)
    assert _signed_in(olly_ops).post(VERIFY, {"code": old_codes[0]}).status_code == 400


@pytest.mark.parametrize("code", ["", "123", "abcdef", "１２３４５６", "0" * 41, "1\x002345"])
def test_a_wrong_code_enrols_nothing_and_the_page_says_so(olly_ops: Any, code: str) -> None:
    client = _signed_in(olly_ops)
    client.get(ENROL)
    key = client.session["second-factor-key"]
    page = client.post(ENROL, {"code": code})
    assert page.status_code == 400
    assert 'class="wrong"' in page.text
    assert client.session["second-factor-key"] == key
    assert not TOTPDevice.objects.exists()


def test_the_page_shows_the_key_as_a_picture_and_in_letters(olly_ops: Any) -> None:
    client = _signed_in(olly_ops)
    page = client.get(ENROL).text
    assert "<svg" in page
    assert second_factor.spelt(client.session["second-factor-key"]) in page
    assert "style=" not in page


@pytest.mark.slow
def test_a_factor_of_somebody_else_proves_nothing(olly_ops: Any, alice_admin: Any) -> None:
    _enrol(_signed_in(alice_admin))
    key, _ = _enrol(_signed_in(olly_ops))
    client = _signed_in(alice_admin)
    assert client.post(VERIFY, {"code": _code(key, steps=1)}).status_code == 400
    device = TOTPDevice.objects.get(user=olly_ops)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    assert client.get(ORDERS)["Location"].startswith(VERIFY)


def test_reset_makes_every_session_unproven_and_is_audited(required: None, olly_ops: Any) -> None:
    client = _signed_in(olly_ops)
    _enrol(client)
    out = StringIO()
    call_command("reset_second_factor", "olly_ops", "--why", "phone lost", stdout=out)
    assert out.getvalue() == f"second factor  user {olly_ops.pk}, forgotten\n"
    assert client.get(ORDERS)["Location"].startswith(ENROL)
    assert not StaticToken.objects.exists()
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("second-factor-reset", f"user:{olly_ops.pk}")
    assert (entry.reason, entry.origin) == ("phone lost", "command:reset_second_factor")


def test_a_reset_of_nothing_says_so(olly_ops: Any) -> None:
    out = StringIO()
    call_command("reset_second_factor", "olly_ops", "--why", "phone lost", stdout=out)
    assert out.getvalue() == f"second factor  user {olly_ops.pk}, there was none\n"


@pytest.mark.slow
def test_a_reset_lets_nobody_enrol_meanwhile(
    olly_ops: Any, is_held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the record would say that the factor went, and there would be one."""
    held = []
    monkeypatch.setattr(second_factor, "forget", lambda user: held.append(is_held(user)))
    second_factor.reset(user=olly_ops, why="phone lost", by=system("test"), now=timezone.now())
    assert [*held, is_held(olly_ops)] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody", "--why", "x"], "'nobody' is nobody's name here"),
        (["olly_ops", "--why", "  "], "no reason given; say why the second factor is reset"),
        (["olly_ops"], "--why"),
    ],
)
def test_reset_wants_somebody_and_a_reason(
    olly_ops: Any, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("reset_second_factor", *arguments)


def test_the_account_page_says_how_it_stands(olly_ops: Any, cara_customer: Any) -> None:
    client = _signed_in(olly_ops)
    assert "Not set up." in client.get(reverse("accounts:account")).text
    _enrol(client)
    assert "Set up; 10 recovery codes left." in client.get(reverse("accounts:account")).text
    assert "Second factor" not in _signed_in(cara_customer).get(reverse("accounts:account")).text
