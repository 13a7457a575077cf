"""The inventory's last part: tables that keep the shop running and know nobody."""

from __future__ import annotations

from core.tasks import KEEP_OTHERS_HOURS, KEEP_RUNS_DAYS
from privacy.classes import Holding

_BUILT_IN = "as long as the shop: written by migrations"
_JOBS = f"{KEEP_RUNS_DAYS} days, those for events {KEEP_OTHERS_HOURS} hours"
_FIGURES = "for good: sums, never about one person"
_LIFE = "for good: how the shop's figures were watched"

HOLDINGS = (
    Holding(
        "auth.Permission",
        "the names of permissions",
        _BUILT_IN,
        none="""
        id name content_type_id codename""",
    ),
    Holding("auth.Group", "the roles", _BUILT_IN, none="id name"),
    Holding(
        "auth.Group_permissions",
        "what each role may do",
        _BUILT_IN,
        none="""
        id group_id permission_id""",
    ),
    Holding(
        "contenttypes.ContentType",
        "the names of tables",
        _BUILT_IN,
        none="""
        id app_label model""",
    ),
    Holding(
        "procrastinate.ProcrastinateWorker",
        "workers that are alive",
        "while alive",
        none="""
        id last_heartbeat""",
    ),
    Holding(
        "procrastinate.ProcrastinateJob",
        "work to be done",
        _JOBS,
        none="""
        id queue_name task_name priority lock args status scheduled_at attempts queueing_lock
        abort_requested worker_id""",
    ),
    Holding(
        "procrastinate.ProcrastinateEvent",
        "what became of a job",
        _JOBS,
        none="""
        id job_id type at""",
    ),
    Holding(
        "procrastinate.ProcrastinatePeriodicDefer",
        "what was due when",
        _JOBS,
        none="""
        id task_name defer_timestamp job_id periodic_id""",
    ),
    Holding(
        "core.JobRun",
        "how scheduled runs went",
        _JOBS,
        none="""
        id name job_id attempt due_at started_at finished_at status said""",
    ),
    Holding(
        "monitoring.Issue",
        "mismatches and who knows of them",
        _LIFE,
        pseudonymous="acknowledged_by_id acknowledged_why subject fingerprint expected actual",
        none="""id check_name status times_opened times_seen first_seen_at last_seen_at reopened_at
        resolved_at acknowledged_until""",
    ),
    Holding(
        "monitoring.CheckRun",
        "how each check went",
        _LIFE,
        none="""
        id check_name started_at finished_at found error""",
    ),
    Holding(
        "monitoring.RestoreDrill",
        "how restores went",
        _LIFE,
        none="""
        id performed_at backup_taken_at outcome note""",
    ),
    Holding(
        "analyticsapp.DailySnapshot",
        "figures of a day",
        _FIGURES,
        none="""
        id day currency orders_placed orders_paid orders_fulfilled orders_canceled captured_pennies
        refunded_pennies returned_pennies active_subscriptions mrr_pennies taken_at""",
    ),
    Holding(
        "analyticsapp.MrrMovement",
        "how MRR moved in a day",
        _FIGURES,
        none="""
        id day currency start_pennies new_pennies expansion_pennies reactivation_pennies
        contraction_pennies churn_pennies end_pennies taken_at""",
    ),
)
