from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations, islice
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from accounts.models import User
from audit.models import Entry
from core.actor import Actor
from exports import stream
from exports.statement import Chosen, compose
from exports.stream import Stream
from exports.tables import CUSTOMERS, ORDERS
from tests.app.exports.conftest import sha256

ALICE = Actor(id=1, role="admin", origin="web")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _stream(table: Any = CUSTOMERS) -> Stream:
    return Stream(table=table, chosen=Chosen(status="paid"), by=ALICE, clock=lambda: NOW)


@pytest.fixture
def many(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough customers for several chunks."""
    monkeypatch.setattr(stream, "CHUNK_BYTES", 8 * 1024)
    people = User.objects.bulk_create(
        User(username=f"p{n}", email=f"{'long' * 20}{n}@example.org") for n in range(300)
    )
    Group.objects.get(name="customer").user_set.add(*people)


def test_a_whole_file_is_audited_with_its_rows_and_hash(many: None, ended: Any) -> None:
    body = b"".join(_stream())
    assert ended() == {
        "subject": "export:customers",
        "result": "done",
        "filter": {"status": "paid"},
        "rows": 300,
        "bytes": len(body),
        "sha256": sha256(body),
    }
    assert body.count(b"\n") == 301


def test_a_file_comes_in_chunks_that_do_not_grow_with_it(many: None) -> None:
    chunks = list(_stream())
    assert len(chunks) > 1
    assert max(map(len, chunks)) < stream.CHUNK_BYTES + 1000


@pytest.mark.slow
def test_a_chunk_leaves_with_the_row_that_makes_it_long_enough(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [User.objects.create(username=f"p{n}", email=f"p{n}@example.org") for n in range(4)]
    Group.objects.get(name="customer").user_set.add(*people)
    [whole] = islice(_stream(), 9)
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 5
    runs = {sum(map(len, lines[a:b])) for a, b in combinations(range(6), 2)}
    for long_enough in sorted({run + off for run in runs for off in (-1, 0, 1)}):
        monkeypatch.setattr(stream, "CHUNK_BYTES", long_enough)
        expected = [b""]
        for line in lines:
            expected[-1] += line
            if len(expected[-1]) >= long_enough:
                expected.append(b"")
        assert list(islice(_stream(), 9)) == expected


def test_a_close_stops_the_query_before_it_is_audited(db: None) -> None:
    export, told = _stream(), []

    class Reading:
        def close(self) -> None:
            told.extend(Entry.objects.values_list("action", flat=True))

    export._chunks = Reading()
    export.close()
    assert told == ["export-started"]


def test_a_reader_who_goes_away_is_audited_and_the_query_stops(many: None, ended: Any) -> None:
    export = _stream()
    first = next(export)
    export.close()
    export.close()
    assert ended() == {
        "subject": "export:customers",
        "result": "aborted",
        "filter": {"status": "paid"},
        "rows": first.count(b"\n") - 1,
        "bytes": len(first),
        "sha256": sha256(first),
    }
    assert Entry.objects.filter(action="exported").count() == 1
    assert User.objects.count() == 300
    assert connection.connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


def test_a_reader_who_never_reads_leaves_two_entries(db: None, ended: Any) -> None:
    _stream(ORDERS).close()
    assert list(Entry.objects.values_list("action", "result")) == [
        ("export-started", "done"),
        ("exported", "aborted"),
    ]
    assert (ended()["bytes"], ended()["rows"]) == (0, 0)


def test_a_query_that_takes_too_long_is_audited_as_failed(
    cara_customer: Any, ended: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*of: Any) -> Any:
        found = compose(*of)
        slowly = found.sql.replace("SELECT", "SELECT pg_sleep(0.5)::text AS slow,", 1)
        return type(found)(slowly, found.parameters)

    monkeypatch.setattr(stream, "compose", slow)
    monkeypatch.setattr(stream, "LONGEST_S", 0.02)
    with pytest.raises((DatabaseError, psycopg.Error)):
        list(_stream())
    assert (ended()["result"], ended()["rows"]) == ("failed", 0)


def test_the_audit_names_nobody(many: None) -> None:
    list(_stream())
    written = str(list(Entry.objects.values_list()))
    assert "example.org" not in written
    assert "p299" not in written
