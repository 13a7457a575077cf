"""One API request from bytes to bytes: who asks, what, has it been answered, do it, answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, request

from stripe_twin import idempotency
from stripe_twin.account import Account, current_request
from stripe_twin.api import faults, incoming
from stripe_twin.api.expand import render
from stripe_twin.api.params import Hash, ListOf, Spec, Text
from stripe_twin.asked import Asked, asked
from stripe_twin.errors import StripeError
from stripe_twin.idempotency import Answer
from stripe_twin.ids import new_id
from stripe_twin.misbehave import Fault, Rule
from stripe_twin.store import Json
from stripe_twin.versions import as_of

_EXPAND: Mapping[str, Spec] = {"expand": ListOf(Text(longest=200), most=20)}


@dataclass(frozen=True)
class Endpoint:
    """`act(account, params, **ids from the path)` gives the object or list to answer with."""

    method: str
    path: str
    act: Callable[..., Json]
    takes: Mapping[str, Spec] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def blueprint(endpoints: list[Endpoint]) -> Blueprint:
    """Routes for all endpoints."""
    room = Blueprint("api", __name__)
    for endpoint in endpoints:
        room.add_url_rule(
            endpoint.path,
            endpoint=f"{endpoint.method} {endpoint.path}".replace(".", "_"),
            view_func=_view(endpoint),
            methods=[endpoint.method],
        )
    return room


def answer_with(error: StripeError) -> Response:
    """A refusal met before there was a request to speak of."""
    request_id = new_id("req", 14)
    return _respond(Answer.refusing(error, request_id=request_id))


def _view(endpoint: Endpoint) -> Callable[..., Response]:
    def view(**path_ids: str) -> Response:
        request_id = new_id("req", 14)
        key = request.headers.get("Idempotency-Key", "") if endpoint.method == "POST" else ""
        token = current_request.set({"id": request_id, "idempotency_key": key or None})
        try:
            return _serve(asked(), endpoint, path_ids, request_id, key)
        except StripeError as error:
            return _respond(Answer.refusing(error, request_id=request_id))
        finally:
            current_request.reset(token)

    return view


def _serve(
    twin: Asked,
    endpoint: Endpoint,
    path_ids: dict[str, str],
    request_id: str,
    key: str,
) -> Response:
    account = twin.account
    raw = incoming.body(request)
    incoming.authenticate(account, request)
    version = incoming.version(account, request)
    spec = Hash({**endpoint.takes, **_EXPAND}, required=endpoint.needs)
    params = spec.read(incoming.form(request, raw))
    rule = account.rules.for_request(method=request.method, path=request.path)
    faults.before(rule)
    asked = json.dumps({"params": params, "version": version}, sort_keys=True)
    kept = idempotency.begin(account, key=key, path=request.path, params=asked) if key else None
    if kept:
        answer, replayed = kept, True
    else:
        if rule and rule.fault is Fault.SLOW_WORK:
            twin.stopping.wait(rule.seconds)
        work = _Work(endpoint, params, path_ids, version=version, request_id=request_id, key=key)
        answer, replayed = _do(account, work, rule), False
    answer = faults.after(rule, answer, twin.stopping)
    return _respond(answer, request_id=request_id, version=version, key=key, replayed=replayed)


@dataclass(frozen=True)
class _Work:
    """What is asked, by whom and in which version."""

    endpoint: Endpoint
    params: Json
    path_ids: dict[str, str]
    version: str
    request_id: str
    key: str


def _do(account: Account, work: _Work, rule: Rule | None) -> Answer:
    """Do what is asked and keep the answer for the key; a bug frees the key and rises."""
    key, request_id, began = work.key, work.request_id, False
    try:
        with account.store.change():
            obj = work.endpoint.act(account, work.params, **work.path_ids)
            shown = render(account, obj, work.params.get("expand", []))
            shown = as_of(account, shown, work.version)
        answer, began = Answer.giving(shown, request_id=request_id), True
    except StripeError as error:
        answer, began = Answer.refusing(error, request_id=request_id), error.began
    finally:
        if key and not began:
            idempotency.forget(account, key=key)
    if rule and rule.fault is Fault.ERROR_AFTER:
        answer = Answer.refusing(faults.broken(), request_id=request_id)
    if key and began:
        idempotency.keep(account, key=key, answer=answer)
    return answer


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
