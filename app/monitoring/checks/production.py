"""What a shop for real must have and a demo need not: staff who prove that they are themselves, no
account with a public password, and a backup that was seen to come back. Each of these finds
nothing under settings that say that this is a demo."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from accounts.demo_names import DEMO_NAMES
from accounts.roles import TABLE, Permission, Role
from monitoring.checks.check import Check, Finding, rows
from monitoring.models import DrillOutcome

STAFF = [role.value for role in Role if Permission.SECOND_FACTOR_USE in TABLE[role]]
DRILL_DAYS = 90


def staff_without_second_factor(now: datetime) -> list[Finding]:
    """People of the staff who can sign in and have no confirmed authenticator."""
    query = """
        SELECT accounts_user.id, min(auth_group.name) FROM accounts_user
        JOIN accounts_user_groups ON accounts_user_groups.user_id = accounts_user.id
        JOIN auth_group ON auth_group.id = accounts_user_groups.group_id
        WHERE %(is_required)s AND is_active AND auth_group.name = ANY(%(staff)s) AND NOT EXISTS (
            SELECT FROM otp_totp_totpdevice
            WHERE otp_totp_totpdevice.user_id = accounts_user.id AND confirmed)
        GROUP BY accounts_user.id ORDER BY accounts_user.id
    """
    staff = {"staff": STAFF, "is_required": settings.SECOND_FACTOR_REQUIRED}
    return [
        Finding(f"user:{key}", "a confirmed authenticator", f"{role}, and none")
        for key, role in rows(query, staff)
    ]


def demo_accounts(now: datetime) -> list[Finding]:
    """Accounts of the demo, whose password everybody knows, that can sign in."""
    query = """
        SELECT id, username FROM accounts_user
        WHERE NOT %(is_demo)s AND is_active AND username = ANY(%(names)s) ORDER BY id
    """
    names = {"names": list(DEMO_NAMES), "is_demo": settings.SHOP_IS_DEMO}
    return [
        Finding(f"user:{key}", "no account of the demo", f"{name} can sign in")
        for key, name in rows(query, names)
    ]


def restore_drill_overdue(now: datetime) -> list[Finding]:
    """A shop whose last restore drill failed, is too long ago, or never happened."""
    query = """
        SELECT newest.outcome, newest.performed_at
        FROM (SELECT) AS shop LEFT JOIN (
            SELECT outcome, performed_at FROM monitoring_restoredrill
            ORDER BY performed_at DESC, id DESC LIMIT 1
        ) AS newest ON true
        WHERE NOT %(is_demo)s AND (newest.outcome = %(succeeded)s
            AND newest.performed_at >= %(since)s) IS NOT TRUE
    """
    parameters = {
        "succeeded": DrillOutcome.SUCCEEDED.value,
        "since": now - timedelta(days=DRILL_DAYS),
        "is_demo": settings.SHOP_IS_DEMO,
    }
    return [
        Finding(
            "restore-drill",
            f"a drill that succeeded within {DRILL_DAYS} days",
            f"the last {outcome} on {performed:%Y-%m-%d %H:%M} UTC" if outcome else "none yet",
        )
        for outcome, performed in rows(query, parameters)
    ]


CHECKS = (
    Check(
        "staff-without-second-factor",
        "Staff without a second factor",
        "Ask them to enrol an authenticator when they sign in; run deactivate_person for who left.",
        staff_without_second_factor,
    ),
    Check(
        "demo-accounts-in-production",
        "Demo account in production",
        "Run deactivate_person for the account at once; read in the audit record what it did.",
        demo_accounts,
    ),
    Check(
        "restore-drill-overdue",
        "Restore drill overdue",
        "Run restore_drill with the newest backup: it restores into a server of its own, compares, "
        "asks the shop there and writes down how it went.",
        restore_drill_overdue,
    ),
)
