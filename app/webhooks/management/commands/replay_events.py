"""`manage.py replay_events`: have the worker look at events once more."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from webhooks.about import events_about
from webhooks.models import EventStatus, StripeEvent
from webhooks.replay import NothingToReplay, replay


class Command(BaseCommand):
    """Put events back into the queue by id, by what they are about, by time of arrival, or all
    that are dead."""

    help = "Put events back into the queue: --id, --about, --since or --dead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", help="one event, by Stripe's id")
        which.add_argument(
            "--about",
            metavar="ROW",
            help="all about a row that an issue names, such as payment:12, or about Stripe's pi_…",
        )
        which.add_argument("--since", help="received at or after this date or time, in UTC")
        which.add_argument("--dead", action="store_true", help="every dead event")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            events, what = _wanted(options)
            count = replay(
                events=events,
                what=what,
                by=system("command:replay_events"),
                now=timezone.now(),
            )
        except NothingToReplay as no:
            way_out = " pull_stripe_events fetches what did not arrive." if options["about"] else ""
            raise CommandError(f"{no}{way_out}") from no
        except Refused as no:
            raise CommandError(str(no)) from no
        self.stdout.write(f"events  {count} back in the queue; process_events works on them")


def _wanted(options: dict[str, Any]) -> tuple[QuerySet[StripeEvent], str]:
    every = StripeEvent.objects.all()
    if options["id"]:
        return every.filter(stripe_id=options["id"]), f"id {options['id']}"
    if options["about"]:
        return events_about(options["about"]), f"news of {options['about']}"
    if options["since"]:
        since = parse_moment(options["since"], option="--since")
        return every.filter(received_at__gte=since), f"arrival since {since:%Y-%m-%d %H:%M} UTC"
    return every.filter(status=EventStatus.DEAD), "status dead"
