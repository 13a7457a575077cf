from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from .conftest import Raw, Receiver


def _tell(raw: Raw, verb: str, **arguments: Any) -> Any:
    body = json.dumps(arguments)
    return raw("POST", f"/_twin/{verb}", body, key="", form=False, Content_Type="application/json")


def test_whole_story_over_http(
    raw: Raw, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    assert _tell(raw, "misbehave", fault="hold", times=2, type="charge.*").status == 200
    paid = _tell(raw, "pay", session=session.id, card="4000002500003155", authenticate=True)
    assert paid.json["outcome"] == "succeeded"
    intent = paid.json["payment_intent"]["id"]
    refund = _tell(raw, "refund_from_dashboard", payment_intent=intent, amount=300)
    assert _tell(raw, "fail", id=refund.json["id"]).json["status"] == "failed"
    assert _tell(raw, "deliver").json == {"queued": 2}
    assert _tell(raw, "wait_idle", timeout_s=5).json == {"idle": True}

    state = raw("GET", "/_twin/state", key="").json
    assert state["objects"]["refund"] == 1
    assert state["webhooks"] == {"delivered": len(receiver.events)}

    assert _tell(raw, "reset").json["objects"] == {"webhook_endpoint": 1}
    assert raw("GET", f"/v1/checkout/sessions/{session.id}").status == 404


@pytest.mark.parametrize(
    ("verb", "arguments", "status", "says"),
    [
        ("explode", {}, 404, "expected one of pay, "),
        ("pay", {}, 400, "session: missing, expected str"),
        ("pay", {"session": 5}, 400, "session: found 5, expected str"),
        ("pay", {"session": "cs_test_x"}, 400, "No such checkout.session: 'cs_test_x'"),
        ("pay", {"sesion": "x"}, 400, "sesion: unknown; this verb takes session, card"),
        ("settle", {"id": "re_1"}, 400, "refund re_1: not found"),
        ("fail", {"id": "re_1", "reason": "boredom"}, 400, "reason: found 'boredom'"),
        ("misbehave", {"fault": "laugh"}, 400, "fault: found 'laugh', expected one of error_b"),
        ("misbehave", {"fault": "drop", "times": 0}, 400, "times 1 to 10,000"),
        ("misbehave", {"fault": "drop", "times": True}, 400, "times: found True, expected int"),
        ("webhook", {"url": "http://example.com/"}, 400, "expected http:// on this machine"),
        ("deliver", {"events": ["evt_1"]}, 400, "event evt_1: not found"),
        ("refund_from_dashboard", {"amount": -5}, 400, "found -5, expected at least 1"),
        ("refund_from_dashboard", {}, 400, "exactly one of: charge, payment_intent"),
        ("__init__", {}, 404, "expected one of"),
        ("_require", {}, 404, "expected one of"),
    ],
)
def test_bad_orders_are_refused_in_a_sentence(
    raw: Raw, verb: str, arguments: dict[str, Any], status: int, says: str
) -> None:
    answer = _tell(raw, verb, **arguments)

    assert answer.status == status
    assert says in answer.json["error"]


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "\x00"])
def test_body_that_is_no_object_is_refused(raw: Raw, body: str) -> None:
    answer = raw("POST", "/_twin/reset", body, key="", form=False, Content_Type="application/json")

    assert answer.json == {"error": "body: expected a JSON object of arguments"}


def test_form_of_another_site_is_refused(raw: Raw) -> None:
    assert raw("POST", "/_twin/reset", "a=b", key="").status == 415


def test_name_of_another_site_that_leads_here_is_refused(raw: Raw) -> None:
    assert raw("GET", "/_twin/state", key="", Host="example.com").status == 403
    assert raw("GET", "/_twin/state", key="", Host="localhost:80").status == 200
