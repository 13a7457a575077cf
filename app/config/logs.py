"""How the shop logs: one event a line on standard error, JSON in production.

Everything passes `core.redaction` last, whoever wrote it: the shop, Django or a library.
"""

from __future__ import annotations

from typing import Any

import structlog

from core.redaction import redact

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def settings(*, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING, and structlog set up to write through it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    render: Any = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact,
                    render,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Its own handlers would write past the redaction, and mail.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Written with what was typed as address; core.request_log says it without.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL"},
            # It names the host that was asked for, which anybody can make up.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Lockouts are audited by accounts.lockout, without name and address.
            "axes": {"level": "CRITICAL"},
            "stripe": {"level": "WARNING"},
            # They repeat the schedule at every start and once for each due job.
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
        },
    }
