"""Answers kept for an Idempotency-Key, as Stripe keeps them.

Source: docs.stripe.com/api/idempotent_requests. The first answer to a key is kept for a day,
whether it succeeded or failed; nothing is kept when no work had begun.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from stripe_twin.account import Account
from stripe_twin.errors import StripeError
from stripe_twin.store import Json

KEPT_S = 24 * 3600
_LONGEST = 255


@dataclass(frozen=True)
class Answer:
    """Status and body, exactly as they went over the wire."""

    status: int
    body: str
    request_id: str

    @classmethod
    def giving(cls, obj: Json, *, request_id: str) -> Answer:
        """Success, with this object."""
        return cls(200, _text(obj), request_id)

    @classmethod
    def refusing(cls, error: StripeError, *, request_id: str) -> Answer:
        """Stripe's error object."""
        return cls(error.status, _text(error.body(request_id)), request_id)


def begin(account: Account, *, key: str, path: str, params: str) -> Answer | None:
    """The kept answer, or None and the key is now in use.

    Raises 400 idempotency_error for another path or other params, 409 while the first request
    with the key is still being worked on. `params` is any text that differs when they do.
    """
    if len(key) > _LONGEST:
        raise StripeError(
            f"Idempotency keys can be at most {_LONGEST} characters, yours has {len(key)}.",
            began=False,
        )
    asked = hashlib.sha256(params.encode()).hexdigest()
    with account.store.change():
        record = account.store.get("idempotency", key)
        if record and record["until"] <= account.clock.now():
            record = None
        if record is None:
            until = account.clock.now() + KEPT_S
            fresh = {"id": key, "path": path, "params": asked, "until": until, "answer": None}
            account.store.put("idempotency", fresh)
            return None
        _require_same(record["path"], path, record["params"], asked, key)
        if record["answer"] is None:
            raise _in_use(key)
        return Answer(**record["answer"])


def keep(account: Account, *, key: str, answer: Answer) -> None:
    """Keep the answer for whoever asks again."""
    with account.store.change():
        record = account.store.get("idempotency", key)
        if record:
            record["answer"] = {
                "status": answer.status,
                "body": answer.body,
                "request_id": answer.request_id,
            }
            account.store.put("idempotency", record)


def forget(account: Account, *, key: str) -> None:
    """No work began: the key is free again."""
    with account.store.change():
        account.store.remove("idempotency", key)


def forget_unfinished(account: Account) -> None:
    """After a restart nobody works on anything."""
    with account.store.change():
        for record in account.store.all("idempotency"):
            if record["answer"] is None:
                account.store.remove("idempotency", record["id"])


def _text(obj: Json) -> str:
    return json.dumps(obj, indent=2, ensure_ascii=False)


def _require_same(first_path: str, path: str, first: str, asked: str, key: str) -> None:
    if first_path != path:
        raise StripeError(
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{path}' vs '{first_path}'). Try using a key other than '{key}' if you "
            "meant to execute a different request.",
            kind="idempotency_error",
            began=False,
        )
    if first != asked:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            kind="idempotency_error",
            began=False,
        )


def _in_use(key: str) -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Stripe-Idempotency-Key (that "
        "probably means you submitted twice, and the other request is still going through): "
        f"{key}. Try again later.",
        status=409,
        code="idempotency_key_in_use",
        began=False,
    )
