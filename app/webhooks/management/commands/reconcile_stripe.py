"""`manage.py reconcile_stripe`: compare the shop with Stripe and mend what differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from webhooks.differences import Difference
from webhooks.models import Kind
from webhooks.reconcile import LOOKS_BACK, Report, reconcile


class Command(BaseCommand):
    """Exits with 1 when something is left to a person, or could not be read."""

    help = "Compare payments, refunds, disputes and subscriptions with Stripe, and mend them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            help=f"made at or after this date or time; else {LOOKS_BACK.days} days ago",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what differs, write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        report = reconcile(
            since=since or timezone.now() - LOOKS_BACK,
            by=system("command:reconcile_stripe"),
            clock=timezone.now,
            dry_run=dry_run,
        )
        for kind in Kind:
            self.stdout.write(f"{kind:<17} {report.answers.count(kind)} at Stripe")
        for told in _told(report):
            self.stdout.write(f"  {told}")
        self.stdout.write(report.line)
        if report.left or report.answers.unread or (dry_run and report.found):
            raise SystemExit(1)


def _told(report: Report) -> list[str]:
    outcomes = [(one.difference, one.why_not or "mended") for one in report.outcomes]
    found = outcomes or [(one, "differs") for one in report.found]
    unread = [f"{kind} not read: {why}" for kind, why in report.answers.unread.items()]
    return [*(f"{_both(one)}: {what}" for one, what in found), *unread]


def _both(one: Difference) -> str:
    name = one.subject if one.subject == one.stripe_id else f"{one.subject} ({one.stripe_id})"
    return f"{name}: here {one.shop}; at Stripe {one.stripe}"
