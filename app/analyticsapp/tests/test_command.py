"""`manage.py take_snapshots`: which days it takes, what it says, and what it refuses."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.test import TestCase

from analyticsapp.models import DailySnapshot
from analyticsapp.tests.past import NOW, Past, at, day


def run(*words: str, now: datetime = NOW) -> str:
    out = StringIO()
    with patch("django.utils.timezone.now", return_value=now):
        call_command("take_snapshots", *words, stdout=out)
    return out.getvalue()


def taken() -> list[str]:
    days = DailySnapshot.objects.order_by("day").values_list("day", flat=True)
    return [str(one) for one in days]


class CommandTests(TestCase):
    def setUp(self) -> None:
        Past().paid(at(0))

    def test_alone_it_takes_yesterday(self) -> None:
        said = run()
        assert taken() == ["2026-03-10"]
        assert said == (
            "  2026-03-10 to 2026-03-10: 2 rows changed\nSnapshots: 1 days, 2 rows changed.\n"
        )

    def test_it_takes_the_day_named(self) -> None:
        run("--date", "2026-03-02")
        assert taken() == ["2026-03-02"]

    def test_it_takes_the_range_named_and_up_to_yesterday_without_an_end(self) -> None:
        run("--from", "2026-03-02", "--to", "2026-03-04")
        assert taken() == ["2026-03-02", "2026-03-03", "2026-03-04"]
        run("--from", "2026-03-09")
        assert taken()[3:] == ["2026-03-09", "2026-03-10"]

    def test_again_it_says_that_nothing_changed(self) -> None:
        run("--date", str(day(1)))
        assert run("--date", str(day(1))).endswith("Snapshots: 1 days, 0 rows changed.\n")

    def test_what_cannot_be_asked_is_refused_and_changes_nothing(self) -> None:
        for words, sentence in (
            (
                ("--date", "2026-03-11"),
                "Day: 2026-03-11 is not over yet; the latest that can be asked is 2026-03-10.",
            ),
            (
                ("--from", "2026-03-04", "--to", "2026-03-02"),
                "Days: found 2026-03-04 to 2026-03-02, which is reversed; swap the two.",
            ),
            (("--date", "soon"), "Day: found 'soon', expected a day like 2026-03-31."),
            (("--date", ""), "Day: found '', expected a day like 2026-03-31."),
            (
                ("--to", "2026-03-02"),
                "Days: found --to without --from; say where the range begins.",
            ),
            (
                ("--date", "2026-03-02", "--to", "2026-03-02"),
                "Days: found --date and a range, expected one of them; leave one out.",
            ),
        ):
            with self.subTest(words), self.assertRaises(CommandError) as caught:
                run(*words)
            assert str(caught.exception) == f"take_snapshots: {sentence}"
        assert taken() == []
