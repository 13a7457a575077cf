"""`POST /_twin/<verb>` with a JSON object of arguments: the control verbs over HTTP."""

from __future__ import annotations

import inspect
import typing
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from stripe_twin.asked import asked
from stripe_twin.control import Control, Refused
from stripe_twin.settings import NotLoopback, is_loopback

_VERBS = tuple(
    name for name, verb in vars(Control).items() if callable(verb) and not name.startswith("_")
)


def blueprint() -> Blueprint:
    """The control room. It has no key: the twin listens on loopback only."""
    room = Blueprint("control", __name__, url_prefix="/_twin")

    @room.before_request
    def refuse_borrowed_names() -> tuple[Response, int] | None:
        # A page elsewhere can make its own name lead here; then the name is its own.
        if is_loopback(urlsplit(request.host_url).hostname or ""):
            return None
        return _no(f"host: found {request.host}, expected an address of this machine", 403)

    @room.get("/state")
    def state() -> Response:
        return jsonify(asked().control.state())

    @room.post("/<verb>")
    def act(verb: str) -> tuple[Response, int]:
        if verb not in _VERBS:
            return _no(f"verb: found {verb!r}, expected one of {', '.join(_VERBS)}", 404)
        # A page of another site can post a form here, but not JSON.
        if request.mimetype != "application/json":
            return _no("body: expected a JSON object with Content-Type: application/json", 415)
        try:
            method = getattr(asked().control, verb)
            return jsonify(method(**_arguments(method, request.get_json(silent=True)))), 200
        except (Refused, NotLoopback) as refusal:
            return _no(str(refusal), 400)

    return room


def _no(message: str, status: int) -> tuple[Response, int]:
    return jsonify({"error": message}), status


def _arguments(method: Any, given: Any) -> dict[str, Any]:
    """The arguments, checked against what the verb takes; raises Refused."""
    if not isinstance(given, dict):
        raise Refused("body: expected a JSON object of arguments")
    hints = typing.get_type_hints(method)
    known = inspect.signature(method).parameters
    for name, value in given.items():
        if name not in known:
            raise Refused(f"{name}: unknown; this verb takes {', '.join(known) or 'nothing'}")
        if not _is_a(value, hints[name]):
            raise Refused(f"{name}: found {value!r}, expected {known[name].annotation}")
    for name, parameter in known.items():
        if parameter.default is inspect.Parameter.empty and name not in given:
            raise Refused(f"{name}: missing, expected {parameter.annotation}")
    return given


def _is_a(value: Any, hint: Any) -> bool:
    options = typing.get_args(hint)
    if typing.get_origin(hint) is list:
        return isinstance(value, list) and all(_is_a(item, options[0]) for item in value)
    if options:
        return any(_is_a(value, option) for option in options)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
