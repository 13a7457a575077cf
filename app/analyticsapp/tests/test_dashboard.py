"""analyticsapp.views: the page of figures by day, its range and what it says of gaps."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.services import give_role
from analyticsapp import dashboard, snapshots
from analyticsapp.days import Days
from analyticsapp.models import DailySnapshot
from analyticsapp.tests.past import NOW, Past, at, day

PAGE = reverse("analyticsapp:overview")


class DashboardTests(TestCase):
    def setUp(self) -> None:
        past = Past()
        self.paid = past.paid(at(0), pennies=250_000)
        past.refund(self.paid, 1000, at(2))
        past.subscribe(1250, at(1))
        past.paid(at(1), pennies=900, currency="JPY")
        snapshots.rebuild(first=day(0), last=day(9), now=NOW)

    def test_each_currency_is_a_report_of_its_own_with_sums_charts_and_every_day(self) -> None:
        pounds, yen = dashboard.reports(Days(day(0), day(3)))
        assert (pounds.currency, yen.currency) == ("GBP", "JPY")
        assert pounds.sums == (
            ("Placed", "1"),
            ("Paid", "1"),
            ("Captured", "£2,500.00"),
            ("Refunded", "£10.00"),
            ("MRR at the end", "£12.50"),
        )
        assert [row.day for row in pounds.rows] == [day(3), day(2), day(1), day(0)]
        assert dict(pounds.rows[3].figures)["Captured"] == "£2,500.00"
        assert dict(pounds.rows[1].figures)["Refunded"] == "£10.00"
        assert list(dict(pounds.rows[0].figures)) == dashboard.headings()

    def test_a_chart_holds_the_same_figures_as_the_table(self) -> None:
        [pounds, _] = dashboard.reports(Days(day(0), day(3)))
        drawn = {chart.key: chart for chart in pounds.charts}
        assert sorted(drawn) == ["money-gbp", "mrr-gbp", "orders-gbp"]
        captured, refunded = drawn["money-gbp"].series
        assert [dot.text for dot in captured.dots] == [
            "1 Mar: £2,500",
            "2 Mar: £0",
            "3 Mar: £0",
            "4 Mar: £0",
        ]
        assert refunded.dots[2].text == "3 Mar: £10"
        assert drawn["mrr-gbp"].series[0].dots[3].text == "4 Mar: £12.50"
        assert [one.name for one in drawn["orders-gbp"].series] == [
            "Placed",
            "Paid",
            "Fulfilled",
            "Canceled",
        ]

    def test_a_day_without_a_snapshot_is_a_gap_and_said(self) -> None:
        DailySnapshot.objects.filter(day=day(2), currency="GBP").delete()
        pounds, yen = dashboard.reports(Days(day(0), day(3)))
        assert (pounds.missing, yen.missing) == (1, 0)
        assert pounds.rows[1].figures == ()
        assert [dot.text[:5] for dot in pounds.charts[2].series[0].dots] == [
            "1 Mar",
            "2 Mar",
            "4 Mar",
        ]

    def test_before_its_first_snapshot_a_currency_misses_nothing(self) -> None:
        earlier = Days(day(0) - timedelta(days=5), day(1))
        pounds, yen = dashboard.reports(earlier)
        assert (len(pounds.rows), pounds.missing) == (2, 0)
        assert (len(yen.rows), yen.missing) == (1, 0)

    def test_without_snapshots_there_is_no_report(self) -> None:
        assert dashboard.reports(Days(day(20), day(25))) == []


class PageTests(TestCase):
    def setUp(self) -> None:
        self.analyst = User.objects.create_user("ana_analyst")
        give_role(user=self.analyst, role=Role.ANALYST)
        self.client.force_login(self.analyst)
        clock = patch("analyticsapp.views.timezone.now", return_value=NOW)
        clock.start()
        self.addCleanup(clock.stop)

    def test_it_shows_the_month_that_ended_yesterday_unless_asked(self) -> None:
        page = self.client.get(PAGE)
        self.assertContains(page, 'value="2026-02-09"')
        self.assertContains(page, 'value="2026-03-10"')
        self.assertContains(page, "No snapshot in these days.")

    def test_it_shows_the_days_asked_for_with_charts_and_a_table(self) -> None:
        Past().paid(at(0))
        snapshots.rebuild(first=day(0), last=day(9), now=NOW)
        DailySnapshot.objects.filter(day=day(1)).delete()
        page = self.client.get(PAGE, {"first": "2026-03-01", "last": "2026-03-03"})
        self.assertContains(page, "GBP, 1 Mar 2026 to 3 Mar 2026")
        self.assertContains(page, '<figure class="chart">', count=3)
        self.assertContains(page, "no snapshot</td>", count=1)
        self.assertContains(page, "take_snapshots --from 2026-03-01 --to 2026-03-03")
        self.assertContains(page, "Subscriptions whose MRR was above nought when the day ended.")

    def test_it_asks_the_database_no_more_often_for_a_year_than_for_a_day(self) -> None:
        Past().paid(at(0))
        snapshots.rebuild(first=day(0), last=day(9), now=NOW)
        for first in ("2025-03-12", "2026-03-10"):
            with self.subTest(first=first), self.assertNumQueries(6):
                self.client.get(PAGE, {"first": first})

    def test_a_range_that_makes_no_sense_gets_a_sentence(self) -> None:
        for asked, sentence in (
            ({"first": "yesterday"}, "From: not a date; write it like 2026-03-31."),
            ({"last": "2026-02-30"}, "To: not a date; write it like 2026-03-31."),
            ({"first": "\x00"}, "From: not a date; write it like 2026-03-31."),
            ({"first": "2026-03-05", "last": "2026-03-01"}, "which is reversed; swap the two."),
            ({"last": "2026-03-11"}, "2026-03-11 is not over yet; the latest that can be asked"),
            ({"first": "2020-01-01"}, "expected at most 366 on one page; choose fewer."),
            ({"first": "0001-01-01"}, "of them, expected at most 3,660; ask for fewer."),
        ):
            with self.subTest(asked=asked):
                page = self.client.get(PAGE, asked)
                self.assertContains(page, sentence, status_code=400)

    def test_a_leap_year_of_days_is_the_most_on_one_page(self) -> None:
        for first, status in (("2025-03-10", 200), ("2025-03-09", 400)):
            with self.subTest(first=first):
                page = self.client.get(PAGE, {"first": first, "last": "2026-03-10"})
                self.assertEqual(page.status_code, status)

    def test_it_is_for_analysts_to_look_at(self) -> None:
        self.assertEqual(self.client.get(PAGE).status_code, 200)
        self.assertEqual(self.client.post(PAGE).status_code, 405)
        give_role(user=self.analyst, role=Role.OPS)
        self.assertEqual(self.client.get(PAGE).status_code, 403)

    def test_the_first_days_of_the_calendar_are_no_crash(self) -> None:
        page = self.client.get(PAGE, {"last": "0001-01-01"})
        self.assertContains(page, "No snapshot in these days.")
