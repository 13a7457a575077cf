"""The newest hash leaves the database, where its owner cannot reach it."""

from __future__ import annotations

import logging
from datetime import datetime

from audit.models import Entry
from audit.services import GENESIS
from core.schedule import scheduled

log = logging.getLogger(__name__)


@scheduled(
    name="log_audit_head",
    cron="5 * * * *",
    does="Writes the audit record's newest hash to the log",
    command="jobs --run log_audit_head",
)
def log_audit_head(now: datetime) -> str:
    """The log says how long the record is and how it ends; kept elsewhere, it shows later whether
    the end was cut off or all of it written anew."""
    key, digest = Entry.objects.order_by("-id").values_list("id", "hash").first() or (0, GENESIS)
    said = f"audit head  entry {key} {digest}"
    log.info(said)
    return said
