"""analyticsapp.models: what PostgreSQL itself refuses, whoever writes."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from analyticsapp import snapshots
from analyticsapp.tests.past import NOW, Past, at, day


class RulesTests(TestCase):
    def setUp(self) -> None:
        Past().subscribe(1000, at(0))
        snapshots.take(day=day(0), now=NOW)

    def _refused(self, sql: str) -> str:
        with (
            self.assertRaises(IntegrityError) as caught,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
        return str(caught.exception)

    def test_a_movement_that_does_not_add_up_is_refused(self) -> None:
        for column in ("start", "new", "expansion", "reactivation", "contraction", "churn", "end"):
            with self.subTest(column):
                sql = f"UPDATE analyticsapp_mrrmovement SET {column}_pennies = {column}_pennies + 1"
                assert "movement_adds_up" in self._refused(sql)

    def test_a_second_row_of_a_day_and_currency_is_refused(self) -> None:
        for table, rule in (
            ("dailysnapshot", "snapshot_once_a_day"),
            ("mrrmovement", "movement_once_a_day"),
        ):
            with self.subTest(table), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT string_agg(column_name, ', ') FROM information_schema.columns "
                    "WHERE table_name = %s AND column_name <> 'id'",
                    [f"analyticsapp_{table}"],
                )
                [columns] = cursor.fetchone()
                sql = f"INSERT INTO analyticsapp_{table} ({columns}) SELECT {columns} FROM "
                assert rule in self._refused(f"{sql} analyticsapp_{table}")

    def test_figures_below_nought_and_currencies_that_are_none_are_refused(self) -> None:
        for change, rule in (
            ("dailysnapshot SET orders_paid = -1", "snapshot_not_negative"),
            ("dailysnapshot SET currency = 'gbp'", "snapshot_currency_is_iso"),
            ("mrrmovement SET currency = 'X'", "movement_currency_is_iso"),
            (
                "mrrmovement SET new_pennies = -1, end_pennies = start_pennies - 1",
                "movement_not_negative",
            ),
        ):
            with self.subTest(change):
                assert rule in self._refused(f"UPDATE analyticsapp_{change}")
