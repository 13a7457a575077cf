"""How long each thing is kept: the one place that says so. `retention` acts on it, the inventory
and the published page quote it."""

from __future__ import annotations

from datetime import timedelta

# Longer than any lock; whoever looks into an attack on the next day still finds it.
ATTEMPTS = timedelta(days=7)
# Limits count over minutes.
COUNTS = timedelta(days=1)
# From the end of a session; what has ended signs nobody in.
ENDED_SESSIONS = timedelta(days=1)
# From when an event arrived: as long as Stripe itself lets events be looked up, three times over.
EVENT_BODIES = timedelta(days=90)
# From the last sign-in and the last order, whichever is later.
IDLE_CUSTOMERS = timedelta(days=3 * 365)
# From the day after which a thing should be gone until somebody is told that it is not.
GRACE = timedelta(days=2)
