"""accounts.second_factor without its pages: what each code opens, and what is written of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.access import actor_for
from accounts.factor_first import owes_factor
from accounts.second_factor import CodeRefused, enrol, verify
from audit.models import Entry

pytestmark = pytest.mark.django_db
KEY = "3132333435363738393031323334353637383930"


def _shown(now: datetime, *, steps: int = 0) -> str:
    """What the phone with the key shows so many half minutes from now."""
    totp = TOTP(bytes.fromhex(KEY))
    totp.time = now.timestamp() + 30 * steps
    return f"{totp.token():06d}"


def _enrol(user: Any, code: str, now: datetime) -> list[str]:
    _, codes = enrol(user=user, key=KEY, code=code, by=actor_for(user, origin="web"), now=now)
    return codes


def _verify(user: Any, code: str, now: datetime) -> Any:
    return verify(user=user, code=code, by=actor_for(user, origin="web"), now=now)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_whose_clock_is_half_a_minute_off_enrols(
    olly_ops: Any, now: datetime, steps: int
) -> None:
    codes = _enrol(olly_ops, _shown(now, steps=steps), now)
    assert len(codes) == 10
    assert TOTPDevice.objects.get().key == KEY


@pytest.mark.parametrize("code", [-2, 2, "12345", "abcdef", "１２３４５６"])
def test_a_code_that_the_phone_does_not_show_enrols_nothing(
    olly_ops: Any, now: datetime, code: int | str
) -> None:
    typed = code if isinstance(code, str) else _shown(now, steps=code)
    with pytest.raises(CodeRefused, match="not the one that this key gives now"):
        _enrol(olly_ops, typed, now)
    assert not TOTPDevice.objects.exists()


def test_an_enrolment_that_cannot_be_put_on_record_is_none(
    olly_ops: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(second_factor.audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        _enrol(olly_ops, _shown(now), now)
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_of_two_who_enrol_or_prove_at_once_one_waits(olly_ops: Any, now: datetime) -> None:
    with CaptureQueriesContext(connection) as sent:
        _enrol(olly_ops, _shown(now), now)
    asked = [query["sql"] for query in sent]
    held = next(number for number, sql in enumerate(asked) if "FOR UPDATE" in sql)
    looked = next(number for number, sql in enumerate(asked) if "otp_totp" in sql)
    assert 'FROM "accounts_user"' in asked[held]
    assert held < looked
    with CaptureQueriesContext(connection) as sent, pytest.raises(CodeRefused):
        _verify(olly_ops, "000000", now)
    [held_device] = [query["sql"] for query in sent if "FOR UPDATE" in query["sql"]]
    assert 'FROM "otp_totp_totpdevice"' in held_device


def test_each_try_is_on_record_with_what_it_was_and_how_it_ended(
    olly_ops: Any, now: datetime
) -> None:
    codes = _enrol(olly_ops, _shown(now), now)
    assert {len(kept) for kept in StaticToken.objects.values_list("token", flat=True)} == {16}
    _verify(olly_ops, codes[0], now)
    with pytest.raises(CodeRefused):
        _verify(olly_ops, _shown(now), now)  # Used when it enrolled.
    tries = Entry.objects.filter(subject=f"user:{olly_ops.pk}").order_by("-id")[:2]
    assert [(one.action, one.result, one.details) for one in tries] == [
        ("second-factor-failed", "refused", {"by": "phone"}),
        ("second-factor-passed", "done", {"by": "recovery code"}),
    ]


def test_a_code_that_cannot_be_put_on_record_is_not_used_up(
    olly_ops: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    codes = _enrol(olly_ops, _shown(now), now)
    monkeypatch.setattr(second_factor.audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        _verify(olly_ops, codes[0], now)
    assert second_factor.codes_left(olly_ops) == 10


def test_a_code_without_a_second_factor_opens_nothing(olly_ops: Any, now: datetime) -> None:
    with pytest.raises(CodeRefused, match="there is no second factor that it belongs to"):
        _verify(olly_ops, "123456", now)


@pytest.mark.parametrize(("left_s", "said"), [(-1.0, 1), (0.2, 1), (1.5, 2), (16.0, 16)])
def test_who_has_to_wait_is_told_how_long_in_whole_seconds(
    olly_ops: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, left_s: float, said: int
) -> None:
    why = {"locked_until": now + timedelta(seconds=left_s), "failure_count": 3}
    _enrol(olly_ops, _shown(now), now)
    monkeypatch.setattr(TOTPDevice, "verify_is_allowed", lambda device: (False, why))
    with pytest.raises(CodeRefused, match=f"wrong 3 times in a row; wait {said} s and try again"):
        _verify(olly_ops, _shown(now, steps=1), now)


def test_a_page_that_is_at_no_address_owes_nothing() -> None:
    request = RequestFactory().get("/nowhere/")
    request.user = AnonymousUser()
    assert not owes_factor(request)
