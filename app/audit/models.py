from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from audit.actions import Action, Result
from core.append_only import AppendOnly


class Entry(models.Model):
    """One line of the record: who, what, on what, why, from where, with what result.

    Append-only by trigger. Each line carries the hash of the one before. No personal data: the
    actor is a key and a role, the subject is a kind and a key.
    """

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_role = models.CharField(max_length=20)
    origin = models.CharField(max_length=60)
    action = models.CharField(max_length=40, choices=[(a.value, a.name) for a in Action])
    subject = models.CharField(max_length=80)
    result = models.CharField(max_length=20, choices=[(r.value, r.name) for r in Result])
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "entries"
        triggers: ClassVar = [AppendOnly()]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(action__in=list(Action)), name="entry_action_known"),
            models.CheckConstraint(condition=Q(result__in=list(Result)), name="entry_result_known"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_role} {self.action} {self.subject}"
