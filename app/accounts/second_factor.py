"""The second factor of staff: a code from an app on their phone, or a recovery code.

django-otp keeps the devices, checks the codes, refuses one that was used and makes whoever guesses
wait twice as long after each wrong code. Of recovery codes only keyed hashes are kept, so a copy of
the database opens nothing with them.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from datetime import datetime
from math import ceil

import segno
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.access import may
from accounts.models import User
from accounts.roles import Permission
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused

RECOVERY_CODES = 10
# 32 letters and digits that nobody takes for each other: 10 of them are 50 bits.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
CODE = re.compile("[0-9]{6}")


class CodeRefused(Refused):
    """A code that is wrong, was used or comes too soon; or there is nothing that it could open."""


def is_verified(user: User | AnonymousUser) -> bool:
    """Whether a second factor stands behind the request that this user came with."""
    return getattr(user, "otp_device", None) is not None


def has_factor(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


def missing_page(user: User | AnonymousUser) -> str | None:
    """The page that this person must pass first, by its name; None when nothing is missing. Staff
    who enrolled prove it in every session; production lets no staff in without."""
    if isinstance(user, AnonymousUser) or not may(user, Permission.SECOND_FACTOR_USE):
        return None
    if is_verified(user):
        return None
    if has_factor(user):
        return "accounts:second-factor"
    return "accounts:second-factor-enrol" if settings.SECOND_FACTOR_REQUIRED else None


def new_key() -> str:
    """A key to enrol with, as hexadecimal digits."""
    return secrets.token_hex(20)


def picture(*, user: User, key: str) -> str:
    """What the phone scans, as an inline SVG: black on white, or it is not read."""
    address = TOTPDevice(user=user, key=key).config_url
    return segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff", border=4)


def spelt(key: str) -> str:
    """The key for whoever types it: base 32 in groups of four."""
    letters = b32encode(bytes.fromhex(key)).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def enrol(*, user: User, key: str, code: str, by: Actor, now: datetime) -> tuple[Device, list[str]]:
    """The person's phone holds the key, as the code shows: it replaces the factor that they had.
    Their device, and the recovery codes, which nobody can read again. Raises CodeRefused, also for
    somebody who has a factor and did not prove it in this session."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if has_factor(user) and not is_verified(user):
            raise CodeRefused("Second factor: there is one already; give a code of it first.")
        totp = TOTP(bytes.fromhex(key))
        totp.time = now.timestamp()
        typed = _cleaned(code)
        if not CODE.fullmatch(typed) or not totp.verify(int(typed), tolerance=1):
            raise CodeRefused(
                "Code: not the one that this key gives now; look whether the phone's clock is "
                "right, and type the six digits that it shows."
            )
        forget(user)
        device = TOTPDevice.objects.create(
            user=user, key=key, name="phone", confirmed=True, last_t=totp.t()
        )
        codes = _new_codes(user)
        audit.record(
            actor=by,
            action=Action.SECOND_FACTOR_ENROLLED,
            subject=f"user:{user.pk}",
            result=Result.DONE,
            now=now,
        )
    return device, codes


def verify(*, user: User, code: str, by: Actor, now: datetime) -> Device:
    """The device that the code belongs to. Audited either way. Raises CodeRefused with a sentence
    after a wrong code, and without looking at it while the person has to wait."""
    typed = _cleaned(code)
    is_phone = CODE.fullmatch(typed) is not None
    kind = TOTPDevice if is_phone else StaticDevice
    with transaction.atomic():
        device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
        refused = _refused(device, typed if is_phone else _hashed(typed), now)
        audit.record(
            actor=by,
            action=Action.SECOND_FACTOR_FAILED if refused else Action.SECOND_FACTOR_PASSED,
            subject=f"user:{user.pk}",
            result=Result.REFUSED if refused else Result.DONE,
            reason=refused,
            details={"by": "phone" if is_phone else "recovery code"},
            now=now,
        )
    if refused:
        raise CodeRefused(refused)
    return device


def reset(*, user: User, why: str, by: Actor, now: datetime) -> bool:
    """Forget the person's second factor: the phone is lost. Every session of theirs is unproven
    at once. Whether there was one. Audited; raises Refused without a reason."""
    if not why.strip():
        raise Refused(f"User {user.pk}: no reason given; say why the second factor is reset.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        had = has_factor(user)
        forget(user)
        audit.record(
            actor=by,
            action=Action.SECOND_FACTOR_RESET,
            subject=f"user:{user.pk}",
            result=Result.DONE,
            reason=why.strip(),
            now=now,
        )
    return had


def _refused(device: Device | None, token: str, now: datetime) -> str:
    """Why the code opens nothing; empty when it does, and is used up."""
    if device is None:
        return "Code: there is no second factor that it belongs to; ask an administrator."
    allowed, why = device.verify_is_allowed()
    if not allowed:
        wait_s = max(1, ceil((why["locked_until"] - now).total_seconds()))
        return f"Code: wrong {why['failure_count']} times in a row; wait {wait_s} s and try again."
    if device.verify_token(token):
        return ""
    return "Code: wrong, or used already; type the next one, or a recovery code."


def _new_codes(user: User) -> list[str]:
    device = StaticDevice.objects.create(user=user, name="recovery codes", confirmed=True)
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_hashed(code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def forget(user: User) -> None:
    """The person's phone and recovery codes open nothing any more."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _cleaned(code: str) -> str:
    """As it was shown: people type spaces and dashes, and phones capitals."""
    return re.sub(r"[\s-]", "", code).lower()


def _hashed(code: str) -> str:
    """As long as django-otp's column."""
    return salted_hmac("accounts.recovery-code", code, algorithm="sha256").hexdigest()[:16]
