"""Bodies of events hold what payers typed at Stripe. The worker does not need them: it fetches the
object as it is now. So they can be emptied while the event stays known."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from webhooks.models import WAITING, StripeEvent

# What a body says of whom it is about: the object itself, or the object it belongs to.
_NAMED_BY = ("customer", "payment_intent", "subscription", "charge")
_ABOUT = " OR ".join(f"payload #>> '{{data,object,{name}}}' = ANY(%(ids)s)" for name in _NAMED_BY)


def empty_about(stripe_ids: Collection[str]) -> int:
    """Empty the bodies of events about these objects at Stripe, or that belong to them; how many.
    What is known by the events just emptied is not followed further."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE webhooks_stripeevent SET payload = '{{}}'
            WHERE payload <> '{{}}' AND (object_id = ANY(%(ids)s) OR {_ABOUT})
            """,  # noqa: S608 (written here; ids are parameters)
            {"ids": sorted(stripe_ids)},
        )
        return int(cursor.rowcount)


def empty_old(*, before: datetime) -> int:
    """Empty the bodies of events that arrived before then and wait for nothing; how many."""
    old = StripeEvent.objects.filter(received_at__lt=before).exclude(status__in=WAITING)
    return old.exclude(payload={}).update(payload={})
