"""What pages quote about the shop, read from the code that it rests on. Needs no database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import mark_of
from accounts.roles import TABLE, Permission, Role
from audit.actions import Action
from core import schedule, tasks, worker
from core.money import display
from demo.guard_facts import guard_facts
from demo.mrr_facts import mrr_facts
from demo.people import PEOPLE
from demo.status_facts import status_rows
from demo.stripe_facts import event_types, key_permissions
from monitoring.checks import CHECKS, FAILED
from monitoring.checks.jobs import SILENT_HOURS
from monitoring.checks.production import DRILL_DAYS
from monitoring.services import LONGEST_ACKNOWLEDGEMENT_DAYS
from orders.lifecycle import TRANSITIONS, OrderStatus
from refunds import policy
from webhooks import backoff, pull, reconcile

EXAMPLE_PENNIES = 10_000
EXAMPLE_ASKED = (3_000, 8_000, 7_000, 1)

Fact = str | int | list[str] | list[dict[str, str]] | list[dict[str, str | list[str]]]


def facts() -> dict[str, Fact]:
    """Flat, dotted keys; values are numbers, texts, lists of texts, or rows of a table."""
    return {
        **guard_facts(),
        **mrr_facts(),
        "audit.actions": [action.value for action in Action],
        "checks": _checks(),
        "commands": _commands(),
        "demo.people": [
            {"username": person.username, "role": person.role.value, "can": person.can}
            for person in PEOPLE
        ],
        "drills.days": DRILL_DAYS,
        "issues.longest_acknowledgement_days": LONGEST_ACKNOWLEDGEMENT_DAYS,
        "jobs.attempts": schedule.MOST_ATTEMPTS,
        "jobs.dead_worker_s": tasks.DEAD_WORKER_S,
        "jobs.first_wait_s": round(schedule.FIRST_WAIT_S),
        "jobs.kept_days": tasks.KEEP_RUNS_DAYS,
        "jobs.made_up_hours": settings.JOBS_MADE_UP_HOURS,
        "jobs.schedule": [
            {"name": job.name, "cron": job.cron, "does": job.does, "command": job.command}
            for job in schedule.schedule()
        ],
        "jobs.silent_hours": SILENT_HOURS,
        "jobs.threads": worker.THREADS,
        "orders.statuses": [status.value for status in OrderStatus],
        "orders.transitions": _transitions(),
        "refunds.longest_reason": policy.LONGEST_REASON,
        "refunds.roles": _roles_with(Permission.REFUND_ISSUE),
        "refunds.smallest_pennies": policy.SMALLEST_PENNIES,
        "refunds.window_days": policy.WINDOW_DAYS,
        "refunds.worked_example": _worked_example(),
        "roles.addresses": _addresses(),
        "roles.names": [role.value for role in Role],
        "roles.table": [
            {"permission": permission.value, "roles": _roles_with(permission)}
            for permission in Permission
        ],
        "shop.currency": settings.SHOP_CURRENCY,
        "shop.name": settings.SHOP_NAME,
        "statuses": status_rows(),
        "stripe.api_version": settings.STRIPE_API_VERSION,
        "stripe.key_permissions": key_permissions(),
        "stripe.timeout_s": settings.STRIPE_TIMEOUT_S,
        "webhooks.attempts_before_dead": backoff.MOST_ATTEMPTS,
        "webhooks.event_types": event_types(),
        "webhooks.kept_days": pull.KEPT.days,
        "webhooks.max_bytes": settings.STRIPE_WEBHOOK_MAX_BYTES,
        "webhooks.reconciled_days": reconcile.LOOKS_BACK.days,
        "webhooks.tolerance_s": settings.STRIPE_WEBHOOK_TOLERANCE_S,
    }


def _checks() -> list[dict[str, str]]:
    """What the runbook says of each check."""
    return [
        {
            "name": check.name,
            "title": check.title,
            "means": check.means,
            "what_to_do": check.what_to_do,
            "command": check.command,
        }
        for check in (*CHECKS, FAILED)
    ]


def _commands() -> list[dict[str, str]]:
    """Every command of this shop's own, with the first sentence of its help."""
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == settings.APP_DIR}
    found = []
    for name, app in sorted(get_commands().items()):
        if app in ours:
            command = load_command_class(app, name)
            found.append({"name": name, "help": str(command.help).partition(". ")[0].rstrip(".")})
    return found


def _addresses() -> list[dict[str, str]]:
    """Every address of the shop with its name, and the permission that it asks for."""
    found = [
        {
            "name": f"{outer.namespace}:{inner.name}",
            "address": f"/{outer.pattern}{inner.pattern}",
            "asks": mark_of(inner.callback) or "",
        }
        for outer in get_resolver().url_patterns
        if isinstance(outer, URLResolver)
        for inner in outer.url_patterns
        if isinstance(inner, URLPattern)
    ]
    return sorted(found, key=lambda row: row["address"])


def _transitions() -> list[dict[str, str]]:
    return [
        {
            "from": move.source.value,
            "to": move.target.value,
            "who": ", ".join(sorted(move.who)),
            "only_when": move.only_when,
        }
        for move in TRANSITIONS
    ]


def _roles_with(permission: Permission) -> list[str]:
    return [role.value for role in Role if permission in TABLE[role]]


def _worked_example() -> list[dict[str, str]]:
    """One order, refunded step by step by the function that decides in the shop."""
    currency, paid_at = settings.SHOP_CURRENCY, datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    rows, refunded = [], 0
    for number, asked in enumerate(EXAMPLE_ASKED, start=1):
        holding = policy.Holding(
            order_id=1042,
            currency=currency,
            captured_pennies=EXAMPLE_PENNIES,
            refunded_pennies=refunded,
            reserved_pennies=0,
            disputed_pennies=0,
            paid_at=paid_at,
            is_canceled=False,
        )
        answer = policy.assess(holding=holding, asked_pennies=asked, now=paid_at)
        rows.append(
            {
                "step": str(number),
                "asked": display(asked, currency),
                "left_before": display(holding.left_pennies, currency),
                "answer": answer.refused or "Refund sent.",
            }
        )
        refunded += 0 if answer.refused else asked
    return rows
