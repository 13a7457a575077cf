"""What comes in: who asks, in which version, and the raw form."""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from flask import Request

from stripe_twin.account import Account
from stripe_twin.api.form import Tree, decode
from stripe_twin.errors import StripeError

_LARGEST_BODY = 1 << 20
_DRAINED = 32 << 20
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


def body(asked: Request) -> bytes:
    """The raw form, from the body or the query.

    A huge body is read to its end, then refused: a client still sending cannot hear an answer.
    """
    kept, read = b"", 0
    while chunk := asked.stream.read(1 << 16):
        read += len(chunk)
        if read <= _LARGEST_BODY:
            kept += chunk
        elif read > _DRAINED:
            break
    if read > _LARGEST_BODY:
        raise StripeError(
            f"Request body: found more than {_LARGEST_BODY} bytes, expected less; send fewer "
            "parameters.",
            status=413,
            began=False,
        )
    return kept if asked.method == "POST" else asked.query_string


def authenticate(account: Account, asked: Request) -> None:
    """Stripe takes the key as a bearer token, or as the user of basic authentication."""
    scheme, _, given = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        given = _basic_user(given)
    if scheme.lower() not in ("bearer", "basic") or not given.strip():
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY').",
            status=401,
            began=False,
        )
    given = given.strip()
    if not hmac.compare_digest(given.encode(), account.settings.secret_key.encode()):
        masked = "*" * max(0, len(given) - 4) + given[-4:] if len(given) > 8 else "*" * len(given)
        raise StripeError(
            f"Invalid API Key provided: {masked[-40:]}",
            status=401,
            code="api_key_invalid",
            began=False,
        )


def version(account: Account, asked: Request) -> str:
    """The version to answer in; one that is newer than the twin's own is refused."""
    found = asked.headers.get("Stripe-Version", "") or account.settings.api_version
    if not _VERSION.fullmatch(found) or _date(found) > _date(account.settings.api_version):
        raise StripeError(
            f"Invalid Stripe API version: {found[:40]}. This twin speaks "
            f"{account.settings.api_version}.",
            began=False,
        )
    return found


def _date(version: str) -> str:
    return version.partition(".")[0]


def form(asked: Request, raw: bytes) -> Tree:
    """The nested form of the body or the query."""
    if asked.method == "POST" and raw and asked.mimetype != "application/x-www-form-urlencoded":
        raise StripeError(
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded). If you have questions, we can help at "
            "https://support.stripe.com/.",
            began=False,
        )
    return decode(raw)


def _basic_user(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
