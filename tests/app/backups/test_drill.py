"""A backup of a shop that sold something, restored for real into a server of its own."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection

from audit import services as audit
from audit.actions import Action, Result
from backups import drill, programs
from backups.contents import contents, differences, totals
from backups.dump import Backup, back_up, read_backup
from backups.management.commands import restore_drill
from backups.programs import NoBackup
from backups.restore import restore
from core import database_role
from core.actor import system
from local_postgres.fresh import fresh_server
from monitoring.models import Issue, RestoreDrill
from monitoring.services import run_checks


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with fresh_server() as url:
        yield url


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    """An empty database on a server that is not the shop's."""
    with psycopg.connect(server, autocommit=True) as link:
        link.execute("DROP DATABASE IF EXISTS again WITH (FORCE)")
        link.execute("CREATE DATABASE again")
        yield server.replace("/purelaka?", "/again?")
        link.execute("DROP DATABASE again WITH (FORCE)")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def role() -> Iterator[str]:
    """A role for the shop that the other server does not know, as production has one."""
    name = f"purelaka_drill_{os.getpid()}"
    database_role.make(role=name)
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_backup_comes_back_whole_on_a_fresh_server(
    shop: Any,
    role: str,
    empty: str,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The checks of a shop of tests miss its snapshots; the gate asks them on a whole shop.
    monkeypatch.setattr(drill, "questions", lambda backup: (("verify_audit_chain",),))
    shop.paid_order()
    audit.record(
        actor=system("test"),
        action=Action.RETENTION_APPLIED,
        subject="shop",
        result=Result.DONE,
        now=shop.now,
    )
    made = back_up(tmp_path / "shop.dump", now=shop.now)
    mode = made.file.stat().st_mode
    read = read_backup(made.file)

    restore(read, empty)
    found = drill.examine(read, empty, say=said.append)

    assert stat.S_IMODE(mode) == 0o600
    assert found.wrong == ()
    assert said[0].endswith(": the same")
    assert said[-1] == "asked     manage.py verify_audit_chain: exit code 0"
    with psycopg.connect(empty) as link:
        captured = link.execute("SELECT captured_pennies, status FROM orders_order").fetchone()
        entries = link.execute("SELECT action FROM audit_entry").fetchall()
        with pytest.raises(psycopg.Error, match="append-only, DELETE refused"):
            link.execute("DELETE FROM audit_entry")
    assert captured == (10000, "paid")
    assert entries == [("retention-applied",)]

    _break(empty)
    broken = drill.examine(read, empty, say=said.append)
    assert "table accounts_user: as many rows as expected, but not the same ones" in broken.wrong
    assert any("enabled D" in sentence for sentence in broken.wrong)


def _break(url: str) -> None:
    """What a careless restore leaves: another name, and a trigger switched off."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("ALTER TABLE orders_ordertransition DISABLE TRIGGER USER")
        link.execute("UPDATE accounts_user SET first_name = 'Somebody else'")


def test_same_database_has_no_differences(db: None) -> None:
    assert differences(contents(), contents()) == []


def test_contents_are_rows_digests_and_every_kind_of_rule(db: None) -> None:
    Group.objects.all().delete()
    before = contents()
    Group.objects.create(name="somebody")
    after = contents()

    assert before["tables"]["auth_group"] == {"rows": 0, "digest": "0"}
    assert after["tables"]["auth_group"]["rows"] == 1
    assert int(after["tables"]["auth_group"]["digest"])
    assert "table auth_group: 1 rows, expected 0" in differences(before, after)
    assert list(after) == [
        *("format", "tables", "constraints", "indexes", "triggers", "functions", "sequences")
    ]
    assert after["format"] == 1
    assert list(after["tables"]) == sorted(connection.introspection.table_names())
    assert all(after.values())


@pytest.fixture
def held(db: None) -> dict[str, Any]:
    return contents()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("triggers", "audit_entry"),
        ("constraints", "payments_payment"),
        ("indexes", "payments_payment"),
        ("functions", "pgtrigger"),
    ],
)
def test_rule_that_did_not_come_back_is_named(held: dict[str, Any], kind: str, name: str) -> None:
    lost = deepcopy(held)
    rule = next(key for key in lost[kind] if name in key)
    del lost[kind][rule]

    assert differences(held, lost) == [f"{kind}: {rule} is missing"]
    assert differences(lost, held) == [f"{kind}: {rule} is not in the backup"]


def test_table_that_differs_is_named(held: dict[str, Any]) -> None:
    other = deepcopy(held)
    other["tables"]["orders_order"] = {"rows": 7, "digest": "1"}
    other["tables"]["auth_group"]["digest"] = "1"
    del other["tables"]["refunds_refund"]

    assert differences(held, other) == [
        "table auth_group: as many rows as expected, but not the same ones",
        "table orders_order: 7 rows, expected 0",
        "table refunds_refund: missing",
    ]


def test_sequence_may_have_gone_on_but_never_back(held: dict[str, Any]) -> None:
    name = "orders_order_id_seq"
    on, back = deepcopy(held), deepcopy(held)
    held["sequences"][name] = "5"
    on["sequences"][name], back["sequences"][name] = "7", "4"

    assert differences(held, on) == []
    assert differences(held, back) == [f"sequences: {name} is 4, expected 5"]


def test_casts_that_a_dump_moves_are_no_difference(held: dict[str, Any]) -> None:
    before, after = deepcopy(held), deepcopy(held)
    before["constraints"]["a.b"] = "CHECK ((s = ANY ((ARRAY['x'::character varying])::text[])))"
    after["constraints"]["a.b"] = "CHECK ((s = ANY (ARRAY[('x'::character varying)::text])))"

    assert differences(before, after) == []
    after["constraints"]["a.b"] = after["constraints"]["a.b"].replace("'x'", "'y'")
    assert len(differences(before, after)) == 1


@pytest.mark.django_db(transaction=True)
def test_failed_dump_leaves_nothing(
    tmp_path: Path, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "program", lambda name: "/bin/false")

    with pytest.raises(NoBackup, match="pg_dump: failed with code 1"):
        back_up(tmp_path / "shop.dump", now=now)
    assert list(tmp_path.iterdir()) == []


def test_dump_without_its_description_proves_nothing(tmp_path: Path) -> None:
    dump = tmp_path / "shop.dump"
    with pytest.raises(NoBackup, match="no such backup; make one with: backup FILE"):
        read_backup(dump)
    dump.write_bytes(b"PGDMP")
    with pytest.raises(NoBackup, match="not beside the dump; without it nothing can be compared"):
        read_backup(dump)


def ended(code: int, out: str = "", err: str = "") -> CompletedProcess[str]:
    return CompletedProcess([], code, out, err)


def test_restored_shop_is_compared_and_asked(
    held: dict[str, Any], tmp_path: Path, said: list[str], now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = Backup(tmp_path / "shop.dump", now, held)
    asked: dict[tuple[str, ...], CompletedProcess[str]] = {
        ("contents",): ended(0, json.dumps(held)),
        **dict.fromkeys(drill.questions(backup), ended(0, "all is well")),
    }
    monkeypatch.setattr(drill, "_asked", lambda url, *command: asked[command])
    much = totals(held)

    assert drill.examine(backup, "postgresql:///again", say=said.append) == drill.Drill(
        f"{much}; audit chain and checks passed", ()
    )
    assert said == [
        f"compared  {much}: the same",
        "left out  restore-drill-overdue: this drill is what it asks for",
        "left out  runs-as-owner: the server of a drill has no role but its owner",
        "asked     manage.py verify_audit_chain: exit code 0",
        f"asked     manage.py {' '.join(drill.questions(backup)[1])}: exit code 0",
    ]


@pytest.mark.parametrize(
    ("answer", "shown", "last"),
    [
        (
            ended(1, "ok      a\nfound   b\n  b:1\nlast\n", "not this"),
            ["found   b", "  b:1"],
            "last",
        ),
        (ended(1, " ", "first\nwhy\n"), ["first"], "why"),
        (ended(1), [], ""),
    ],
)
def test_what_the_restored_shop_says_against_itself_is_wrong(
    answer: CompletedProcess[str],
    shown: list[str],
    last: str,
    held: dict[str, Any],
    tmp_path: Path,
    said: list[str],
    now: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = deepcopy(held)
    del lost["tables"]["refunds_refund"]
    backup = Backup(tmp_path / "shop.dump", now, held)
    chain, checks = drill.questions(backup)
    asked = {("contents",): ended(0, json.dumps(lost)), chain: answer, checks: ended(0)}
    monkeypatch.setattr(drill, "_asked", lambda url, *command: asked[command])

    found = drill.examine(backup, "postgresql:///again", say=said.append)

    assert said[0] == f"compared  {totals(lost)}: 1 differences"
    assert said[3] == "asked     manage.py verify_audit_chain: exit code 1"
    assert said[4:-1] == [f"          {line}" for line in shown]
    assert found == drill.Drill(
        "table refunds_refund: missing",
        (
            "table refunds_refund: missing",
            f"verify_audit_chain on the restored database: {last}",
        ),
    )


def test_what_is_left_out_is_all_that_no_drill_could_pass(
    db: None, now: Any, settings: Any, tmp_path: Path
) -> None:
    """A restored shop under production's settings, as its server's superuser, never drilled."""
    settings.SHOP_IS_DEMO, settings.SECOND_FACTOR_REQUIRED = False, True
    _, (command, *options) = drill.questions(Backup(tmp_path / "shop.dump", now, {}))
    call_command(command, *options, stdout=StringIO())
    assert not Issue.objects.exists()

    run_checks(now=now)
    assert {issue.check_name for issue in Issue.objects.all()} == set(drill.LEFT_OUT)


def test_restored_shop_is_judged_by_the_time_of_its_backup(now: Any, tmp_path: Path) -> None:
    moment = now.isoformat()
    assert drill.questions(Backup(tmp_path / "shop.dump", now, {})) == (
        ("verify_audit_chain",),
        (
            *("run_checks", "--fail-on-issues", "--as-of", moment, "--since", moment),
            *("--except", "restore-drill-overdue", "--except", "runs-as-owner"),
        ),
    )


@pytest.fixture
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A backup, and a fresh server on which it comes back as each test says."""
    told = {"taken_at": "2026-03-01T02:00:00+00:00", "held": {"format": 1}}
    (tmp_path / "shop.dump").write_bytes(b"PGDMP")
    (tmp_path / "shop.dump.json").write_text(json.dumps(told), encoding="utf-8")
    urls: list[str] = []
    monkeypatch.setattr(restore_drill, "fresh_server", lambda: nullcontext("postgresql:///again"))
    monkeypatch.setattr(restore_drill, "restore", lambda backup, url: urls.append(url))
    return urls


STEPS = ["server    a fresh one, with a cluster of its own", "restored  shop.dump", "compared"]


@pytest.mark.parametrize(
    ("wrong", "outcome", "last"),
    [
        ((), "succeeded", ["drill     succeeded, on record"]),
        (("table a: missing", "table b: missing"), "failed", ["wrong     table a: missing"]),
    ],
)
def test_drill_is_on_record_however_it_went(
    db: None,
    tmp_path: Path,
    restored: list[str],
    monkeypatch: pytest.MonkeyPatch,
    wrong: tuple[str, ...],
    outcome: str,
    last: list[str],
) -> None:
    def examine(backup: Backup, url: str, *, say: Any) -> drill.Drill:
        say("compared")
        return drill.Drill("43 tables", wrong)

    monkeypatch.setattr(restore_drill, "examine", examine)
    out = StringIO()

    refused = pytest.raises(CommandError, match=r"^restore drill: 2 wrong; do not rely on it\.$")
    with refused if wrong else nullcontext():
        call_command("restore_drill", str(tmp_path / "shop.dump"), stdout=out)

    last += ["wrong     table b: missing"] if wrong else []
    assert out.getvalue().splitlines() == [*STEPS, *last]
    assert restored == ["postgresql:///again"]
    drilled = RestoreDrill.objects.get()
    assert (drilled.outcome, drilled.note) == (outcome, "43 tables")
    assert drilled.backup_taken_at.isoformat() == "2026-03-01T02:00:00+00:00"


def test_drill_leaves_no_record_where_none_is_wanted(
    db: None, tmp_path: Path, restored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drill.Drill("43 tables", ())
    monkeypatch.setattr(restore_drill, "examine", lambda backup, url, say: found)
    out = StringIO()
    call_command("restore_drill", str(tmp_path / "shop.dump"), "--no-record", stdout=out)
    assert out.getvalue().splitlines()[-1] == "drill     succeeded"
    assert not RestoreDrill.objects.exists()


def test_drill_of_what_is_no_backup_gets_a_sentence(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"restore drill: shop\.dump: no such backup"):
        call_command("restore_drill", str(tmp_path / "shop.dump"))
    assert not RestoreDrill.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_contents_are_printed_as_json() -> None:
    out = StringIO()
    call_command("contents", stdout=out)
    assert json.loads(out.getvalue())["format"] == 1
