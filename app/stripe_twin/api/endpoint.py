"""One API request from bytes to bytes: who asks, what, has it been answered, do it, answer."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Request, Response, request

from stripe_twin import idempotency
from stripe_twin.account import Account, current_request
from stripe_twin.api.expand import render
from stripe_twin.api.form import decode
from stripe_twin.api.params import Hash, ListOf, Spec, Text
from stripe_twin.errors import StripeError
from stripe_twin.idempotency import Answer
from stripe_twin.ids import new_id
from stripe_twin.misbehave import Fault, Rule
from stripe_twin.store import Json

_EXPAND: Mapping[str, Spec] = {"expand": ListOf(Text(longest=200), most=20)}
_LARGEST_BODY = 1 << 20
_DRAINED = 32 << 20
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


@dataclass(frozen=True)
class Endpoint:
    """`act(account, params, **ids from the path)` gives the object or list to answer with."""

    method: str
    path: str
    act: Callable[..., Json]
    takes: Mapping[str, Spec] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def blueprint(account: Account, endpoints: list[Endpoint], stopping: threading.Event) -> Blueprint:
    """Routes for all endpoints. `stopping` ends the waits of misbehaving requests early."""
    room = Blueprint("api", __name__)
    for endpoint in endpoints:
        room.add_url_rule(
            endpoint.path,
            endpoint=f"{endpoint.method} {endpoint.path}".replace(".", "_"),
            view_func=_view(account, endpoint, stopping),
            methods=[endpoint.method],
        )
    return room


def answer_with(error: StripeError) -> Response:
    """A refusal met before there was a request to speak of."""
    request_id = new_id("req", 14)
    return _respond(Answer(error.status, _dump(error.body(request_id)), request_id))


def _view(
    account: Account, endpoint: Endpoint, stopping: threading.Event
) -> Callable[..., Response]:
    def view(**path_ids: str) -> Response:
        request_id = new_id("req", 14)
        key = request.headers.get("Idempotency-Key", "") if endpoint.method == "POST" else ""
        token = current_request.set({"id": request_id, "idempotency_key": key or None})
        try:
            return _serve(account, endpoint, stopping, path_ids, request_id, key)
        except StripeError as error:
            return _respond(Answer(error.status, _dump(error.body(request_id)), request_id))
        finally:
            current_request.reset(token)

    return view


def _serve(
    account: Account,
    endpoint: Endpoint,
    stopping: threading.Event,
    path_ids: dict[str, str],
    request_id: str,
    key: str,
) -> Response:
    raw = _body(request)
    _authenticate(account, request)
    version = _version(account, request)
    params = _params(endpoint, request, raw)
    rule = account.rules.for_request(method=request.method, path=request.path)
    _misbehave_before(rule)
    asked = json.dumps({"params": params, "version": version}, sort_keys=True)
    kept = idempotency.begin(account, key=key, path=request.path, params=asked) if key else None
    if kept:
        answer, replayed = kept, True
    else:
        if rule and rule.fault is Fault.SLOW_WORK:
            stopping.wait(rule.seconds)
        answer, replayed = _work(account, endpoint, params, path_ids, request_id, key, rule), False
    answer = _misbehave_after(rule, answer, stopping)
    return _respond(answer, request_id=request_id, version=version, key=key, replayed=replayed)


def _work(
    account: Account,
    endpoint: Endpoint,
    params: Json,
    path_ids: dict[str, str],
    request_id: str,
    key: str,
    rule: Rule | None,
) -> Answer:
    """Do what is asked and keep the answer for the key; a bug frees the key and rises."""
    began = False
    try:
        with account.store.change():
            obj = endpoint.act(account, params, **path_ids)
            shown = render(account, obj, params.get("expand", []))
        answer, began = Answer(200, _dump(shown), request_id), True
    except StripeError as error:
        answer, began = Answer(error.status, _dump(error.body(request_id)), request_id), error.began
    finally:
        if key and not began:
            idempotency.forget(account, key=key)
    if rule and rule.fault is Fault.ERROR_AFTER:
        answer = Answer(500, _dump(_broken().body(request_id)), request_id)
    if key and began:
        idempotency.keep(account, key=key, answer=answer)
    return answer


def _misbehave_before(rule: Rule | None) -> None:
    if rule is None:
        return
    if rule.fault is Fault.ERROR_BEFORE:
        raise _broken()
    if rule.fault is Fault.RATE_LIMIT:
        raise StripeError(
            "Request rate limit exceeded. Learn more about rate limits at "
            "https://stripe.com/docs/rate-limits.",
            status=429,
            code="rate_limit",
            began=False,
        )
    if rule.fault is Fault.CUT_BEFORE:
        _cut()
        raise _broken()  # nobody hears it; it ends the request


def _misbehave_after(rule: Rule | None, answer: Answer, stopping: threading.Event) -> Answer:
    if rule is None:
        return answer
    if rule.fault is Fault.ANSWER_LOST:
        return Answer(500, _dump(_broken().body(answer.request_id)), answer.request_id)
    if rule.fault is Fault.TIMEOUT_AFTER:
        stopping.wait(rule.seconds)
    if rule.fault is Fault.CUT_AFTER:
        _cut()
    return answer


def _broken() -> StripeError:
    return StripeError(
        "An unknown error occurred. Please try again later.",
        status=500,
        kind="api_error",
        began=False,
    )


def _cut() -> None:
    """Close the connection under the answer, as a failing network does."""
    link = request.environ.get("werkzeug.socket")
    if isinstance(link, socket.socket):
        link.shutdown(socket.SHUT_RDWR)


def _body(asked: Request) -> bytes:
    """The raw form, from the body or the query. A huge body is read to its end, then refused,
    for a client that is still sending cannot hear the answer."""
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


def _authenticate(account: Account, asked: Request) -> None:
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


def _basic_user(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _version(account: Account, asked: Request) -> str:
    """The version to answer in. The twin's objects have one shape; it is honest about dates."""
    version = asked.headers.get("Stripe-Version", "") or account.settings.api_version
    if not _VERSION.fullmatch(version):
        raise StripeError(
            f"Invalid Stripe API version: {version[:40]}. This twin speaks "
            f"{account.settings.api_version}.",
            began=False,
        )
    return version


def _params(endpoint: Endpoint, asked: Request, raw: bytes) -> Json:
    if asked.method == "POST" and raw and asked.mimetype != "application/x-www-form-urlencoded":
        raise StripeError(
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded). If you have questions, we can help at "
            "https://support.stripe.com/.",
            began=False,
        )
    spec = Hash({**endpoint.takes, **_EXPAND}, required=endpoint.needs)
    return spec.read(decode(raw))


def _respond(
    answer: Answer,
    *,
    request_id: str = "",
    version: str = "",
    key: str = "",
    replayed: bool = False,
) -> Response:
    response = Response(answer.body, status=answer.status, content_type="application/json")
    response.headers["Request-Id"] = request_id or answer.request_id
    if version:
        response.headers["Stripe-Version"] = version
    if key:
        response.headers["Idempotency-Key"] = key
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = answer.request_id
    if answer.status >= 500:
        # A kept failure would only be replayed; the library obeys this header.
        response.headers["Stripe-Should-Retry"] = "false" if replayed else "true"
    return response


def _dump(obj: Json) -> str:
    return json.dumps(obj, indent=2, ensure_ascii=False)
