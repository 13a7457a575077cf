"""audit.services: entries are chained, and the first one that was changed is found."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.actions import Action, Result
from audit.models import Entry
from audit.services import GENESIS, hash_of, head_hash, record, verify_chain
from core.actor import Actor, system

OLLY = Actor(id=7, role="ops", origin="web")


def _record(now: datetime, subject: str = "order:1", **given: object) -> Entry:
    return record(
        actor=OLLY,
        action=Action.ORDER_CANCELED,
        subject=subject,
        result=Result.DONE,
        now=now,
        **given,  # type: ignore[arg-type]
    )


@contextmanager
def _as_owner() -> Iterator[None]:
    """What only the table's owner can do: switch its triggers off."""
    cursor = connection.cursor()
    cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    yield
    cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


@pytest.mark.django_db
def test_record_keeps_who_what_why_from_where_and_how_it_ended(now: datetime) -> None:
    told = _record(now, reason="asked by phone", details={"pennies": 1250, "lines": ["a", "b"]})
    entry = Entry.objects.get()
    assert told == entry
    assert (entry.at, entry.actor_id, entry.actor_role, entry.origin) == (now, 7, "ops", "web")
    assert (entry.action, entry.subject, entry.result) == ("order-canceled", "order:1", "done")
    assert entry.reason == "asked by phone"
    assert entry.details == {"pennies": 1250, "lines": ["a", "b"]}


@pytest.mark.django_db
def test_each_entry_carries_the_hash_of_the_one_before(now: datetime) -> None:
    assert head_hash() == GENESIS
    first, second = _record(now), _record(now)
    assert first.previous_hash == GENESIS
    assert second.previous_hash == first.hash
    assert head_hash() == second.hash
    assert len({first.hash, second.hash, GENESIS}) == 3
    assert verify_chain() is None


def test_the_hash_is_over_every_field_as_json_that_any_program_can_write(now: datetime) -> None:
    """Whoever changes this breaks the chain of every shop."""
    entry = Entry(
        previous_hash="0" * 64,
        at=now,
        actor_id=7,
        actor_role="ops",
        origin="web",
        action=Action.ORDER_CANCELED,
        subject="order:1",
        result=Result.DONE,
        reason="Süd",
        details={"b": [1, None], "a": "x"},
    )
    text = (
        f'["{"0" * 64}","2026-03-02T12:00:00.000000+00:00",7,"ops","web","order-canceled",'
        '"order:1","done","S\\u00fcd",{"a":"x","b":[1,null]}]'
    )
    assert hash_of(entry) == sha256(text.encode("ascii")).hexdigest()


@pytest.mark.django_db
def test_the_chain_holds_whatever_the_zone_the_time_was_given_in(now: datetime) -> None:
    _record(now.astimezone(timezone(timedelta(hours=9))))
    assert Entry.objects.get().at == now
    assert verify_chain() is None


@pytest.mark.django_db
def test_details_of_every_allowed_kind_verify_after_the_database_had_them(now: datetime) -> None:
    odd = {"ä": "ß\U0001f600\\ \"'", "bb": [1, None, True], "a": {"z": 0, "y": -(2**62)}, "": ""}
    _record(now, details=odd)
    assert Entry.objects.get().details == odd
    assert verify_chain() is None


@pytest.mark.django_db
def test_a_fraction_in_the_details_is_a_mistake_of_the_caller(now: datetime) -> None:
    with pytest.raises(TypeError, match=r"found 0\.5, expected whole numbers; give it as text"):
        _record(now, details={"share": 0.5})
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_reason_longer_than_its_column_is_kept_as_far_as_it_fits(now: datetime) -> None:
    entry = _record(now, reason="x" * 501)
    assert entry.reason == "x" * 499 + "…"
    assert _record(now, reason="y" * 500).reason == "y" * 500
    assert verify_chain() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-03-02 12:00:00.000001+00"),
        ("actor_id", "8"),
        ("actor_role", "admin"),
        ("origin", "worker"),
        ("action", "order-fulfilled"),
        ("subject", "order:2"),
        ("result", "failed"),
        ("reason", "nothing happened"),
        ("details", '{"pennies": 1}'),
        ("previous_hash", "0" * 63 + "1"),
        ("hash", "0" * 63 + "1"),
    ],
)
def test_verify_finds_the_entry_in_which_anything_was_edited(
    now: datetime, column: str, value: str
) -> None:
    _record(now)
    edited = _record(now, reason="as it was")
    _record(now)
    with _as_owner():
        connection.cursor().execute(
            f"UPDATE audit_entry SET {column} = %s WHERE id = %s",  # noqa: S608
            [value, edited.pk],
        )
    assert verify_chain() == edited


@pytest.mark.django_db
def test_the_whole_chain_is_read_by_one_query(
    now: datetime, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        _record(now)
    with django_assert_num_queries(1):
        assert verify_chain() is None


@pytest.mark.django_db
def test_verify_finds_the_entry_that_follows_a_deleted_one(now: datetime) -> None:
    _record(now)
    gone, after = _record(now), _record(now)
    with _as_owner():
        Entry.objects.filter(pk=gone.pk).delete()
    assert verify_chain() == after


@pytest.mark.django_db
def test_verify_finds_that_the_first_entry_is_gone(now: datetime) -> None:
    gone, after = _record(now), _record(now)
    with _as_owner():
        Entry.objects.filter(pk=gone.pk).delete()
    assert verify_chain() == after


@pytest.mark.django_db
def test_an_edit_whose_hash_was_made_to_fit_breaks_the_entry_after_it(now: datetime) -> None:
    edited, after = _record(now), _record(now)
    edited.reason = "nothing happened"
    edited.hash = hash_of(edited)
    with _as_owner():
        edited.save()
    assert verify_chain() == after


@pytest.mark.django_db
def test_an_entry_goes_when_what_it_tells_of_is_rolled_back(now: datetime) -> None:
    first = _record(now)
    with transaction.atomic():
        _record(now)
        transaction.set_rollback(True)
    assert head_hash() == first.hash
    _record(now)
    assert verify_chain() is None


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_an_unbroken_chain(now: datetime) -> None:
    def write(writer: int) -> None:
        for turn in range(5):
            record(
                actor=system("worker"),
                action=Action.EVENTS_REPLAYED,
                subject=f"writer:{writer}",
                result=Result.DONE,
                details={"turn": turn},
                now=now,
            )
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert Entry.objects.count() == 40
    assert verify_chain() is None


@pytest.mark.django_db
def test_the_command_says_that_the_chain_is_whole_and_shows_its_head(now: datetime) -> None:
    _record(now)
    out = StringIO()
    call_command("verify_audit_chain", stdout=out)
    assert out.getvalue() == f"audit chain  1 entries, whole\nhead  {head_hash()}\n"


@pytest.mark.django_db
def test_the_command_fails_at_the_first_broken_entry(now: datetime) -> None:
    broken = _record(now)
    with _as_owner():
        Entry.objects.update(reason="nothing happened")
    with pytest.raises(CommandError, match=f"entry {broken.pk} is not what was written"):
        call_command("verify_audit_chain")


@pytest.mark.django_db
def test_the_command_can_begin_with_what_was_written_lately(now: datetime) -> None:
    edited, _ = _record(now), _record(now)
    for days in (1, 2):
        _record(now + timedelta(days=days))
    with _as_owner():
        Entry.objects.filter(pk=edited.pk).update(reason="nothing happened")
    out = StringIO()
    call_command("verify_audit_chain", "--since", "2026-03-03", stdout=out)
    assert out.getvalue() == f"audit chain  2 entries, whole\nhead  {head_hash()}\n"
    out = StringIO()
    call_command("verify_audit_chain", "--since", "2026-04-01", stdout=out)
    assert out.getvalue().startswith("audit chain  0 entries, whole\n")
    with pytest.raises(CommandError, match=f"entry {edited.pk} is not what was written"):
        call_command("verify_audit_chain", "--since", "2026-03-02")
    with pytest.raises(CommandError, match="--since: found 'lately', expected 2026-03-01"):
        call_command("verify_audit_chain", "--since", "lately")


@pytest.mark.django_db
def test_what_is_verified_lately_still_follows_the_entry_before_it(now: datetime) -> None:
    gone, after = _record(now), _record(now + timedelta(days=1))
    with _as_owner():
        Entry.objects.filter(pk=gone.pk).delete()
    assert verify_chain(since=now + timedelta(days=1)) == after
