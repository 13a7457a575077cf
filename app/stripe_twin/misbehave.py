"""Rules that make the twin behave as badly as a network and a payment company can."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from stripe_twin.ids import new_id


class Fault(StrEnum):
    """What goes wrong. The first group meets API requests, the second webhooks, the third refunds.

    error_after keeps the 500 for the idempotency key, as Stripe does for a failure of its own;
    answer_lost, timeout_after and cut_after keep the true answer, so a retry is told what happened.
    """

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    ANSWER_LOST = "answer_lost"
    RATE_LIMIT = "rate_limit"
    SLOW_WORK = "slow_work"
    TIMEOUT_AFTER = "timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"

    DUPLICATE = "duplicate"
    DROP = "drop"
    DELAY = "delay"
    HOLD = "hold"
    REORDER = "reorder"
    BAD_SIGNATURE = "bad_signature"

    REFUND_FAILS = "refund_fails"
    REFUND_PENDING = "refund_pending"


ON_REQUEST = frozenset(list(Fault)[:8])
ON_WEBHOOK = frozenset(list(Fault)[8:14])
ON_REFUND = frozenset(list(Fault)[14:])


@dataclass
class Rule:
    """One fault for the next `times` things that match; patterns are shell globs."""

    fault: Fault
    times: int = 1
    method: str = "*"
    path: str = "*"
    type: str = "*"
    seconds: float = 0.0
    copies: int = 2
    id: str = field(default_factory=lambda: new_id("rule", 8))
    asked: int = 0
    held: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asked = self.times


class Rules:
    """The rules in force, oldest first; the first that matches is used up by one."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def all(self) -> list[Rule]:
        with self._lock:
            return list(self._rules)

    def for_request(self, *, method: str, path: str) -> Rule | None:
        return self._take(
            ON_REQUEST,
            lambda rule: fnmatchcase(method, rule.method.upper()) and fnmatchcase(path, rule.path),
        )

    def for_webhook(self, *, event_type: str) -> Rule | None:
        return self._take(ON_WEBHOOK, lambda rule: fnmatchcase(event_type, rule.type))

    def for_refund(self) -> Rule | None:
        return self._take(ON_REFUND, lambda rule: True)

    def _take(self, faults: frozenset[Fault], fits: Callable[[Rule], bool]) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.fault in faults and rule.times > 0 and fits(rule):
                    rule.times -= 1
                    return rule
        return None
