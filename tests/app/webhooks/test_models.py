"""What PostgreSQL refuses about the inbox, whoever asks."""

from __future__ import annotations

from typing import Any

INSERT = """
    INSERT INTO webhooks_stripeevent (stripe_id, type, api_version, livemode, object_type,
        object_id, payload, status, attempts, next_attempt_at, last_error, created_at, received_at)
    VALUES (%s, 'x', '', false, 'x', 'x', '{}', %s, 0, now(), '', now(), now())
"""


def test_an_event_is_kept_once(execute: Any, refused: Any) -> None:
    execute(INSERT, "evt_1", "received")
    assert "stripe_id" in refused(INSERT, "evt_1", "received")


def test_an_unknown_status_is_refused(refused: Any) -> None:
    assert "event_status_is_known" in refused(INSERT, "evt_1", "lost")


def test_a_record_of_an_unknown_kind_is_refused(refused: Any) -> None:
    said = refused(
        "INSERT INTO webhooks_striperecord (kind, stripe_id, status, currency, amount_pennies,"
        " intent_id, key, terms, said_at) VALUES ('planet', 'x', 'x', '', 0, '', '', '', now())"
    )
    assert "record_kind_is_known" in said


def test_an_object_has_one_record(execute: Any, refused: Any) -> None:
    insert = (
        "INSERT INTO webhooks_striperecord (kind, stripe_id, status, currency, amount_pennies,"
        " intent_id, key, terms, said_at) VALUES ('refund', 're_1', 'x', '', 0, '', '', '', now())"
    )
    execute(insert)
    assert "stripe_id" in refused(insert)
