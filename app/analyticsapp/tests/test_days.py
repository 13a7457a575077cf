"""analyticsapp.days: which days can be asked for, and how the others are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from unittest import TestCase

from analyticsapp.days import MOST_DAYS, Days, NoSuchDays, days, parse, yesterday
from analyticsapp.tests.past import NOW, day


class DaysTests(TestCase):
    def test_yesterday_is_that_of_utc_wherever_the_clock_hangs(self) -> None:
        late = datetime(2026, 3, 11, 1, 0, tzinfo=timezone(timedelta(hours=5)))
        assert yesterday(now=late) == date(2026, 3, 9)

    def test_portions_hold_every_day_once_and_in_order(self) -> None:
        wanted = Days(day(0), day(70))
        portions = wanted.portions(31)
        assert [portion.count for portion in portions] == [31, 31, 9]
        assert [one for portion in portions for one in portion.every()] == wanted.every()

    def test_bounds_hold_the_first_moment_and_not_that_of_the_next_day(self) -> None:
        assert Days(day(0), day(0)).bounds == {
            "start": datetime(2026, 3, 1, tzinfo=UTC),
            "end": datetime(2026, 3, 2, tzinfo=UTC),
        }

    def test_days_that_cannot_be_are_refused_with_a_sentence(self) -> None:
        for first, last, sentence in (
            (
                day(3),
                day(1),
                "Days: found 2026-03-04 to 2026-03-02, which is reversed; swap the two.",
            ),
            (
                day(3),
                day(10),
                "Day: 2026-03-11 is not over yet; the latest that can be asked is 2026-03-10.",
            ),
            (
                date.min,
                date.max,
                "Day: 9999-12-31 is not over yet; the latest that can be asked is 2026-03-10.",
            ),
            (
                day(0) - timedelta(days=MOST_DAYS),
                day(0),
                "Days: found 3,661 of them, expected at most 3,660; ask for fewer.",
            ),
        ):
            with self.subTest(sentence), self.assertRaises(NoSuchDays) as caught:
                days(first=first, last=last, now=NOW)
            assert str(caught.exception) == sentence

    def test_what_is_no_date_is_refused_with_a_sentence(self) -> None:
        for text in ("", "yesterday", "2026-02-30", "31.3.2026", "2026-03-01\0", "99999-01-01"):
            with self.subTest(text), self.assertRaises(NoSuchDays) as caught:
                parse(text)
            assert "expected a day like 2026-03-31." in str(caught.exception)
