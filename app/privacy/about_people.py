"""The inventory's first part: tables about people, their sign-ins and what was done."""

from __future__ import annotations

from privacy import periods
from privacy.classes import Holding

_ACCOUNT = (
    f"until erased: on request, or {periods.IDLE_CUSTOMERS.days} days after a customer's last "
    "sign-in and order"
)
_FACTOR = "until replaced or reset, or the account is erased"
_ATTEMPTS = f"{periods.ATTEMPTS.days} days"
_OFF = "no rows: this list is switched off"

HOLDINGS = (
    Holding(
        "accounts.User",
        "signing in, and whom an order is for",
        _ACCOUNT,
        personal="username first_name last_name email password last_login",
        pseudonymous="id",
        none="is_superuser is_staff is_active date_joined",
    ),
    Holding(
        "accounts.User_groups",
        "the role of each person",
        _ACCOUNT,
        pseudonymous="id user_id",
        none="group_id",
    ),
    Holding(
        "accounts.User_user_permissions",
        "always empty: a check finds permissions given past the roles",
        "not kept",
        pseudonymous="id user_id",
        none="permission_id",
    ),
    Holding(
        "otp_totp.TOTPDevice",
        "the second factor of staff",
        _FACTOR,
        personal="key last_used_at",
        pseudonymous="id user_id",
        none="name confirmed throttling_failure_timestamp throttling_failure_count created_at step "
        "t0 digits tolerance drift last_t",
    ),
    Holding(
        "otp_static.StaticDevice",
        "the recovery codes of staff",
        _FACTOR,
        personal="last_used_at",
        pseudonymous="id user_id",
        none="name confirmed throttling_failure_timestamp throttling_failure_count created_at",
    ),
    Holding(
        "otp_static.StaticToken",
        "keyed hashes of recovery codes",
        f"until used, and {_FACTOR}",
        personal="token",
        pseudonymous="id device_id",
    ),
    Holding(
        "sessions.Session",
        "who is signed in, and their basket",
        f"two weeks at most, and {periods.ENDED_SESSIONS.days} day after its end",
        personal="session_data",
        pseudonymous="session_key",
        none="expire_date",
    ),
    Holding(
        "axes.AccessAttempt",
        "locking out who guesses passwords; of the name that was typed a keyed hash",
        _ATTEMPTS,
        personal="ip_address user_agent http_accept get_data post_data",
        pseudonymous="id username",
        none="path_info attempt_time failures_since_start",
    ),
    Holding(
        "axes.AccessAttemptExpiration",
        "belongs to the row above",
        _ATTEMPTS,
        pseudonymous="access_attempt_id",
        none="expires_at",
    ),
    Holding(
        "axes.AccessFailureLog",
        "not used",
        _OFF,
        personal="ip_address user_agent http_accept username",
        none="id path_info attempt_time locked_out",
    ),
    Holding(
        "axes.AccessLog",
        "not used: sign-ins are audited by key",
        _OFF,
        personal="ip_address user_agent http_accept username",
        pseudonymous="session_hash",
        none="id path_info attempt_time logout_time",
    ),
    Holding(
        "core.Tally",
        "limiting how often somebody may do what is dear; of an address a keyed hash",
        f"{periods.COUNTS.days} day",
        pseudonymous="key",
        none="began_at times",
    ),
    Holding(
        "audit.Entry",
        "proving who did what, and why",
        "for good: the record only grows. Names nobody, so it outlives an erasure",
        pseudonymous="id actor_id subject reason details",
        none="at actor_role origin action result previous_hash hash",
    ),
)
