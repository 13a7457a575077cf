"""Compare the shop with Stripe, object by object, and mend what differs by the worker's own code.

Some events are never sent at all, so replaying events alone is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.clock import Clock
from core.refusal import Refused
from payments import gateway
from subscriptions.services import database_time
from webhooks import differences, facts, said
from webhooks.asking import Answers, ask
from webhooks.differences import Difference
from webhooks.models import Kind, Reconciliation, StripeRecord

# Stripe can fail a refund for about a month after it succeeded.
LOOKS_BACK = timedelta(days=35)
# What has left the window and was not heard of since is not compared for ever.
KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Mended:
    """A difference, and why it could not be mended; empty when it was."""

    difference: Difference
    why_not: str


@dataclass(frozen=True)
class Report:
    """What Stripe was asked, what differed, and what became of each difference: nothing yet, when
    nothing was to be written."""

    answers: Answers
    found: list[Difference]
    outcomes: list[Mended]
    is_dry: bool = False

    @property
    def left(self) -> list[Mended]:
        """What a person must look at."""
        return [one for one in self.outcomes if one.why_not]

    @property
    def line(self) -> str:
        """What came of it."""
        unread = f"; not read: {', '.join(self.answers.unread)}" if self.answers.unread else ""
        if self.is_dry:
            return f"reconciled  nothing; {len(self.found)} differ{unread}"
        mended = len(self.outcomes) - len(self.left)
        return (
            f"reconciled  {len(self.answers.said)} looked at, {len(self.found)} differed, "
            f"{mended} mended, {len(self.left)} left to look at{unread}"
        )


def reconcile(*, since: datetime, by: Actor, clock: Clock, dry_run: bool = False) -> Report:
    """Shop and Stripe agree about everything made since then and everything still open, save what
    the report says is left. Any number of times; audited when it mended something.

    Stripe is asked with no transaction open. Each difference is mended at its own time, as events
    are worked on. A dry run writes nothing.
    """
    at = database_time()
    answers = ask(since=since)
    found = _compare(answers, at=at, dry_run=dry_run)
    if dry_run:
        return Report(answers, found, [], is_dry=True)
    tried = [Mended(one, _mend(one, now=clock())) for one in found]
    still = {one.stripe_id for one in differences.everything()}
    outcomes = [_judged(one, still) for one in tried]
    _conclude(answers, outcomes, since=since, at=at, by=by, now=clock())
    return Report(answers, found, outcomes)


def _compare(answers: Answers, *, at: datetime, dry_run: bool) -> list[Difference]:
    """Keep what was said and find what differs; a dry run takes back what it kept."""
    with transaction.atomic():
        said.keep(answers.said, at=at)
        found = differences.everything()
        transaction.set_rollback(dry_run)
    return found


def _mend(difference: Difference, *, now: datetime) -> str:
    """Look again and write it as the worker would; why that did not work, or nothing."""
    at = database_time()
    try:
        fetched = facts.look(difference.kind, difference.stripe_id)
        with transaction.atomic():
            facts.apply(fetched, now=now)
            said.keep(list(said.about(fetched)), at=at)
    except (gateway.GatewayError, Refused, DatabaseError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def _judged(tried: Mended, still: set[str]) -> Mended:
    if tried.difference.stripe_id in still and not tried.why_not:
        return Mended(tried.difference, "written, and it differs still")
    return tried


def _conclude(
    answers: Answers,
    outcomes: list[Mended],
    *,
    since: datetime,
    at: datetime,
    by: Actor,
    now: datetime,
) -> None:
    mended = sum(not one.why_not for one in outcomes)
    with transaction.atomic():
        StripeRecord.objects.filter(said_at__lt=at - KEPT).delete()
        if Kind.ENDPOINT not in answers.unread:
            StripeRecord.objects.filter(kind=Kind.ENDPOINT, said_at__lt=at).delete()
        if not answers.unread:
            Reconciliation.objects.create(
                since=since,
                said_at=at,
                looked_at=len(answers.said),
                differed=len(outcomes),
                mended=mended,
            )
        if mended:
            audit.record(
                actor=by,
                action=Action.EVENTS_REPLAYED,
                subject="stripe",
                result=Result.DONE,
                reason=f"reconciled with Stripe since {since:%Y-%m-%d %H:%M} UTC",
                details={"count": mended},
                now=now,
            )
