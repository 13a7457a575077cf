"""Everything that Stripe has to say since a moment, whether or not it ever sent an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model, Q

from payments import gateway
from payments.models import LIVE, Dispute, Payment
from refunds.models import RESERVED, Refund
from subscriptions.models import Subscription
from subscriptions.words import ENDED
from webhooks import facts, said
from webhooks.models import Kind
from webhooks.said import Said


@dataclass
class Answers:
    """What was said, by kind, and why a kind could not be read."""

    said: list[Said] = field(default_factory=list)
    unread: dict[Kind, str] = field(default_factory=dict)

    def count(self, kind: Kind) -> int:
        """How many objects of the kind Stripe spoke of."""
        return sum(one.kind == kind for one in self.said)


def ask(*, since: datetime) -> Answers:
    """What was made at Stripe at or after `since`, and each object that the shop has from then on
    or still waits for, however old. Makes HTTP calls; a kind that cannot be read says why."""
    answers = Answers()
    for kind, listed in _LISTS.items():
        try:
            found = list(listed(since))
            known = {one.id for one in found}
            expected = [key for key in _expected(kind, since) if key not in known]
            answers.said += [*found, *(one for key in expected for one in _look(kind, key))]
        except gateway.GatewayError as error:
            answers.unread[kind] = f"{type(error).__name__}: {error}"
    return answers


def _look(kind: Kind, stripe_id: str) -> Iterable[Said]:
    try:
        return [one for one in said.about(facts.look(kind, stripe_id)) if one.kind == kind]
    except gateway.Missing:
        return [said.missing(kind, stripe_id)]


def _expected(kind: Kind, since: datetime) -> Iterator[str]:
    """The ids of what the shop has since then, or still waits for."""
    expected = _expectations(since).get(kind)
    if expected:
        model, column, open_or_new = expected
        rows = model._default_manager.filter(open_or_new).exclude(**{column: None})
        yield from rows.values_list(column, flat=True)


def _expectations(since: datetime) -> dict[Kind, tuple[type[Model], str, Q]]:
    payments = Q(status__in=LIVE) | Q(created_at__gte=since)
    return {
        Kind.INTENT: (Payment, "stripe_intent_id", payments),
        Kind.SESSION: (Payment, "stripe_session_id", payments & Q(stripe_intent_id=None)),
        Kind.REFUND: (
            Refund,
            "stripe_refund_id",
            Q(status__in=RESERVED) | Q(requested_at__gte=since),
        ),
        Kind.DISPUTE: (Dispute, "stripe_dispute_id", Q(closed_at=None) | Q(opened_at__gte=since)),
        Kind.SUBSCRIPTION: (
            Subscription,
            "stripe_subscription_id",
            ~Q(status__in=ENDED) | Q(started_at__gte=since),
        ),
    }


def _endpoints(since: datetime) -> Iterator[Said]:
    return map(said.endpoint, gateway.list_endpoints())


_LISTS: dict[Kind, Callable[[datetime], Iterator[Said]]] = {
    Kind.INTENT: lambda since: map(said.intent, gateway.list_intents(since=since)),
    Kind.SESSION: lambda since: map(said.session, gateway.list_sessions(since=since)),
    Kind.REFUND: lambda since: map(said.refund, gateway.list_refunds(since=since)),
    Kind.DISPUTE: lambda since: map(said.dispute, gateway.list_disputes(since=since)),
    Kind.SUBSCRIPTION: lambda since: map(
        said.subscription, gateway.list_subscriptions(since=since)
    ),
    Kind.ENDPOINT: _endpoints,
}
