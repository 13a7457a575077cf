"""`manage.py pull_stripe_events`: fetch events that Stripe could not deliver."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from payments import gateway
from webhooks import pull


class Command(BaseCommand):
    """Put what Stripe lists into the inbox, each event once; process_events works on them."""

    help = "Ask Stripe for its events since a moment and put the new ones into the inbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            help=f"made at or after this date or time; else {pull.LOOKS_BACK.days} days ago",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
            pulled = pull.pull(
                since=since or now - pull.LOOKS_BACK,
                by=system("command:pull_stripe_events"),
                now=now,
            )
        except (Refused, gateway.GatewayError) as no:
            raise CommandError(f"pull_stripe_events: {no}") from no
        if pulled.is_cut:
            self.stderr.write(
                f"--since: Stripe keeps events for {pull.KEPT.days} days, so none from before "
                f"{pulled.since:%Y-%m-%d %H:%M} UTC; reconcile_stripe looks at the objects."
            )
        self.stdout.write(pulled.line)
